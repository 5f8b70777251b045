//===- PreferFloat.cpp - Where 8 bits between operators would cost accuracy
//-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Constants.h"
#include "octet/IR/Hints.h"
#include "octet/Quantize/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_PREFERFLOAT
#include "octet/Quantize/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// The value whose elements these are, before they were moved.
static Value getMoved(Value value) {
  while (auto mover = value.getDefiningOp<SameScaleOpInterface>()) {
    if (mover.getDataOperands().size() != 1)
      break;
    value = mover.getDataOperands().front()->get();
  }
  return value;
}

/// Functions of mathematics rather than of networks. They are steep: a step of
/// the operand is many of the result, and small operands become one.
static bool isSteep(Operation *op) {
  return isa<ExpOp, LogOp, SqrtOp, ReciprocalOp, SinOp, CosOp>(op);
}

/// A product with a sigmoid or the like of something else, element by element,
/// as recurrences have it; what scales whole channels is none.
static bool isGate(Operation *op) {
  auto product = dyn_cast<MulOp>(op);
  if (!product || getShape(product.getLhs()) != getShape(product.getRhs()))
    return false;
  for (auto [gate, other] : {std::pair(product.getLhs(), product.getRhs()),
                             std::pair(product.getRhs(), product.getLhs())}) {
    Operation *function = getMoved(gate).getDefiningOp();
    if (isa_and_nonnull<FixedOutputRangeOpInterface>(function) &&
        isa<UnaryFunctionOpInterface>(function) &&
        getMoved(function->getOperand(0)) != getMoved(other) &&
        !getConstantAttr(other))
      return true;
  }
  return false;
}

/// Cuts a part out of the model's input, as a state holds several tensors: each
/// has a range of its own. Strided slices interleave pixels, which are alike.
static bool isPartOfInput(Operation *op) {
  if (auto slice = dyn_cast<SliceOp>(op)) {
    if (llvm::any_of(slice.getSteps(), [](int64_t step) { return step != 1; }))
      return false;
  } else if (!isa<GatherOp>(op)) {
    return false;
  }
  return isa<BlockArgument>(getMoved(op->getOperand(0)));
}

/// Operators that compute each element by itself, so that their integer form
/// saves conversions and little else.
static bool isPointwise(Operation *op) {
  return isa<UnaryFunctionOpInterface, AddOp, SubOp, MulOp, PReluOp>(op);
}

/// Operators that compute in float whatever a recipe says, or that prefer to.
static bool isFloat(Operation *op) {
  if (op->hasAttr(kPrefersFloatName))
    return true;
  if (isa<ConstantOp, QuantizeOp, DequantizeOp, ObserveOp>(op) ||
      !isa<OctetDialect>(op->getDialect()))
    return false;
  auto form = dyn_cast<IntegerFormOpInterface>(op);
  return !form || !form.getStaysFloatReason().empty();
}

/// Whether every operand that is no constant comes from a float operator.
static bool readsOnlyFloat(Operation *op) {
  bool any = false;
  for (Value operand : op->getOperands()) {
    if (getConstantAttr(operand))
      continue;
    Operation *source = getMoved(operand).getDefiningOp();
    if (!source || !isFloat(source))
      return false;
    any = true;
  }
  return any;
}

/// Whether the result reaches float operators and nothing else.
static bool feedsOnlyFloat(Operation *op) {
  return !op->use_empty() && llvm::all_of(op->getUsers(), [](Operation *user) {
    if (auto mover = dyn_cast<SameScaleOpInterface>(user);
        mover && mover.getDataOperands().size() == 1)
      return feedsOnlyFloat(user);
    return isFloat(user);
  });
}

namespace {
struct PreferFloatPass : octet::impl::PreferFloatBase<PreferFloatPass> {
  void runOnOperation() override {
    Block &body = getOperation().getBody().front();
    for (Operation &op : body) {
      if (isSteep(&op))
        prefer(&op, "256 codes follow this function badly");
      else if (isGate(&op))
        prefer(&op, "a gate's product is rounded at each step of a recurrence");
      else if (isPartOfInput(&op))
        prefer(&op, "each part of the input has a range of its own");
    }
    // What lies between float operators gains nothing from integers.
    for (bool changed = true; changed;) {
      changed = false;
      for (Operation &op : body)
        if (isPointwise(&op) && !isFloat(&op) &&
            (readsOnlyFloat(&op) || feedsOnlyFloat(&op))) {
          prefer(&op, "its neighbours compute in float");
          changed = true;
        }
    }
  }

private:
  void prefer(Operation *op, StringRef reason) {
    op->setAttr(kPrefersFloatName, getOverrulable(&getContext(), reason));
    ++numPreferred;
  }
};
} // namespace
