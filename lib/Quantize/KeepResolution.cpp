//===- KeepResolution.cpp - Inputs that 8 bits cannot hold ----------------===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Hints.h"
#include "octet/Quantize/Passes.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::octet {
#define GEN_PASS_DEF_KEEPRESOLUTION
#include "octet/Quantize/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// A sample that spans fewer than 32 of the 256 codes has 5 bits.
static constexpr double kLeastSpan = 1.0 / 8;

/// What a typical sample spans of all samples' range.
static double getTypicalSpan(StatisticsAttr seen) {
  double range =
      seen.getMax().convertToDouble() - seen.getMin().convertToDouble();
  double typical = seen.getSampleMax().convertToDouble() -
                   seen.getSampleMin().convertToDouble();
  return range > 0 ? typical / range : 1;
}

namespace {
struct KeepResolutionPass
    : octet::impl::KeepResolutionBase<KeepResolutionPass> {
  void runOnOperation() override {
    getOperation().walk([&](ObserveOp observer) {
      if (observer.getSchemeAttr() && observer.getStatisticsAttr() &&
          isa<BlockArgument>(observer.getInput()) &&
          getTypicalSpan(observer.getStatisticsAttr()) < kLeastSpan)
        release(observer);
    });
  }

private:
  /// Lets the products that read this input compute in float.
  void release(ObserveOp observer) {
    for (OpOperand &use :
         llvm::make_early_inc_range(observer.getResult().getUses()))
      if (canRelease(use.getOwner())) {
        released.insert(use.getOwner());
        use.set(observer.getInput());
      }
    // What reads a released movement can be released too.
    for (size_t i = 0; i < released.size(); ++i)
      if (isa<SameScaleOpInterface>(released[i]))
        released.insert_range(released[i]->getUsers());
    for (Operation *op : released)
      stayFloat(op);
    released.clear();
  }

  /// Products can give up their scheme, and so can movements all of whose users
  /// can. An observer of channel means only looks.
  static bool canRelease(Operation *user) {
    if (auto observer = dyn_cast<ObserveOp>(user))
      return !observer.getSchemeAttr();
    if (!SchemeAttr::of(user) || user->hasAttr(kRequiresIntegersName))
      return false;
    if (isa<SameScaleOpInterface>(user))
      return llvm::all_of(user->getUsers(), canRelease);
    return isa<WeightedOpInterface>(user);
  }

  void stayFloat(Operation *op) {
    if (isa<ObserveOp>(op))
      return;
    op->removeAttr(SchemeAttr::kName);
    op->setAttr(SchemeAttr::kStaysFloatName,
                getOverrulable(&getContext(),
                               "a typical sample spans fewer than 32 of the "
                               "256 codes of its input"));
    ++numReleased;
  }

  llvm::SetVector<Operation *> released;
};
} // namespace
