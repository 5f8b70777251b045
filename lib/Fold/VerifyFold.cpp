//===- VerifyFold.cpp - The contract of Fold -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Fold/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_VERIFYFOLD
#include "octet/Fold/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// Reads dequantized activations, is quantized behind, and says nothing.
static bool isUnfolded(IntegerFormOpInterface op) {
  if (op->hasAttr(SchemeAttr::kStaysFloatName) || op->use_empty())
    return false;
  auto isDequantized = [](OpOperand *operand) {
    return isa_and_present<DequantizeOp>(operand->get().getDefiningOp());
  };
  auto isQuantize = [](Operation *user) { return isa<QuantizeOp>(user); };
  SmallVector<OpOperand *> operands = op.getActivationOperands();
  return !operands.empty() && llvm::all_of(operands, isDequantized) &&
         llvm::all_of(op->getUsers(), isQuantize);
}

namespace {
struct VerifyFoldPass : octet::impl::VerifyFoldBase<VerifyFoldPass> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk([](Operation *op) {
      auto form = dyn_cast<IntegerFormOpInterface>(op);
      if (form && !isa<SameScaleOpInterface>(op) && isUnfolded(form)) {
        op->emitError("computes in float between integers without a reason");
        return WalkResult::interrupt();
      }
      // A resize has no use for channels side by side.
      auto layout = dyn_cast<LayoutOpInterface>(op);
      if (layout && !isa<ResizeOp>(op) &&
          layout.getDataLayout() != Layout::ChannelsLast) {
        op->emitError("data is not channels-last");
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
