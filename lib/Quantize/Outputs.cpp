//===- Outputs.cpp - Outputs that shall have a quantized form --*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outputs.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlir::octet;

SchemeAttr mlir::octet::findOutputScheme(Value value) {
  bool isOutput = llvm::any_of(value.getUsers(), llvm::IsaPred<func::ReturnOp>);
  if (!isOutput || !getElementTypeOrSelf(value.getType()).isF32())
    return {};
  while (Operation *op = value.getDefiningOp()) {
    if (SchemeAttr scheme = SchemeAttr::of(op))
      return scheme;
    if (!isa<SameScaleOpInterface, UnaryFunctionOpInterface,
             FixedOutputRangeOpInterface, ObserveOp>(op))
      return {};
    value = op->getOperand(0);
  }
  return {};
}
