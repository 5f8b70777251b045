//===- Readers.cpp - Who computes on integers -----------------------------===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Readers.h"

using namespace mlir;
using namespace mlir::octet;

/// Whether any operator reads integers, also behind an observer of an earlier
/// run.
static bool isReadAsIntegers(Value value) {
  return llvm::any_of(value.getUses(), [](OpOperand &use) {
    auto observer = dyn_cast<ObserveOp>(use.getOwner());
    return isa<QuantizeOp>(use.getOwner()) || readsIntegers(use) ||
           (observer && isReadAsIntegers(observer.getResult()));
  });
}

bool mlir::octet::isRealResidual(OpOperand &use) {
  auto op = dyn_cast<WeightedOpInterface>(use.getOwner());
  return op && op.getResidualOperand() == &use &&
         !isReadAsIntegers(op->getResult(0));
}

bool mlir::octet::readsIntegers(OpOperand &use) {
  auto form = dyn_cast<IntegerFormOpInterface>(use.getOwner());
  return form && SchemeAttr::of(form) &&
         llvm::is_contained(form.getActivationOperands(), &use) &&
         !isRealResidual(use);
}
