//===- Passes.cpp - The pipeline of the Propagate stage -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Propagate/Passes.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace mlir::octet;

void mlir::octet::buildPropagatePipeline(OpPassManager &pm) {
  // Joins first: afterwards every movement has operands of one scale, or is
  // meant to stay float.
  pm.addNestedPass<func::FuncOp>(createJoinScales());
  pm.addNestedPass<func::FuncOp>(createPropagateScales());
  pm.addNestedPass<func::FuncOp>(createVerifyPropagate());
}
