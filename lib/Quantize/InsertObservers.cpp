//===- InsertObservers.cpp - Mark the values whose range must be learnt -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outputs.h"
#include "Readers.h"
#include "octet/IR/Constants.h"
#include "octet/Quantize/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_INSERTOBSERVERS
#include "octet/Quantize/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// The scheme by which some operator reads this value in integers; null if
/// none does. Through operators that only move elements it is their user's.
static SchemeAttr findReader(Value value) {
  for (OpOperand &use : value.getUses()) {
    if (readsIntegers(use))
      return SchemeAttr::of(use.getOwner());
    if (isa<QuantizeOp>(use.getOwner()))
      return {};
  }
  return {};
}

/// A value that says its range itself.
static bool hasOwnRange(Value value) {
  return isa_and_present<ConstantOp, DequantizeOp, FixedOutputRangeOpInterface>(
      value.getDefiningOp());
}

/// A value whose quantized form comes from elsewhere.
static bool isRangeKnown(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (isa<ConstantOp, DequantizeOp>(op))
    return true;
  if (isa<FixedOutputRangeOpInterface>(op) && SchemeAttr::of(op))
    return true;
  // A movement keeps its operand's scale; several operands are joined later.
  return isa<SameScaleOpInterface>(op) && SchemeAttr::of(op);
}

/// The observer of a value, of an earlier run with another recipe.
static ObserveOp findObserver(Value value) {
  for (Operation *user : value.getUsers())
    if (auto observer = dyn_cast<ObserveOp>(user))
      if (observer.getSchemeAttr())
        return observer;
  return {};
}

namespace {
struct InsertObserversPass
    : octet::impl::InsertObserversBase<InsertObserversPass> {
  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    SmallVector<Value> values(body.getArguments());
    for (Operation &op : body)
      if (!isa<ObserveOp>(op))
        llvm::append_range(values, op.getResults());
    for (Value value : values)
      observe(value);
    getOperation().walk([&](WeightedOpInterface op) {
      if (SchemeAttr scheme = SchemeAttr::of(op);
          scheme && scheme.getCorrectBias())
        observeChannels(op);
    });
  }

private:
  void observe(Value value) {
    if (!getElementTypeOrSelf(value.getType()).isF32())
      return;
    ObserveOp observer = findObserver(value);
    if (observer)
      observer.getResult().replaceAllUsesWith(value);
    SchemeAttr scheme = isRangeKnown(value) ? SchemeAttr() : findReader(value);
    if (!scheme && !hasOwnRange(value))
      scheme = findOutputScheme(value);
    if (!scheme) {
      if (observer)
        observer.erase();
      return;
    }
    if (observer)
      observer.setSchemeAttr(scheme);
    else
      observer = create(value, scheme);
    // Only integer arithmetic sees the rounded values; a float operator or an
    // output beside it keeps the exact ones.
    value.replaceUsesWithIf(observer.getResult(), [](OpOperand &use) {
      return !isa<ObserveOp>(use.getOwner()) &&
             SchemeAttr::of(use.getOwner()) && !isRealResidual(use);
    });
    ++numObservers;
  }

  /// The means of the input's channels are wanted, too: by the input's
  /// observer, or by one beside it where the input has none of its own.
  void observeChannels(WeightedOpInterface op) {
    Value input = op.getInputOperand().get();
    if (!getElementTypeOrSelf(input.getType()).isF32() ||
        getConstantAttr(input) || !getConstantAttr(op.getWeightOperand().get()))
      return;
    int64_t axis = op.getInputChannelAxis();
    if (auto observer = input.getDefiningOp<ObserveOp>()) {
      if (int64_t(observer.getChannelAxis().value_or(axis)) == axis)
        return observer.setChannelAxis(axis);
      input = observer.getInput();
    }
    for (Operation *user : input.getUsers())
      if (auto observer = dyn_cast<ObserveOp>(user);
          observer && observer.getChannelAxis() == uint64_t(axis))
        return;
    create(input, SchemeAttr()).setChannelAxis(axis);
  }

  ObserveOp create(Value value, SchemeAttr scheme) {
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfterValue(value);
    return ObserveOp::create(builder, value.getLoc(), value.getType(), value,
                             scheme, /*statistics=*/StatisticsAttr(),
                             /*channel_axis=*/IntegerAttr());
  }
};
} // namespace
