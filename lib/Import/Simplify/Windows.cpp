//===- Windows.cpp - Pads become part of the window after them -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simplify.h"

using namespace mlir;
using namespace mlir::octet;

/// The window's pads with those of `pad` added; nothing if `pad` does more than
/// surround the image with zeros.
static std::optional<SmallVector<int64_t>> addPads(PadOp pad, Layout layout,
                                                   ArrayRef<int64_t> pads) {
  if (!pad || pad.getMode() != PadMode::Constant || !pad.getValue().isZero())
    return std::nullopt;
  SmallVector<int64_t> sum(pads);
  int64_t rank = pad.getLow().size();
  int64_t first = layout == Layout::ChannelsFirst ? 2 : 1, count = rank - 2;
  for (int64_t axis = 0; axis < rank; ++axis) {
    int64_t low = pad.getLow()[axis], high = pad.getHigh()[axis];
    if (axis < first || axis >= first + count) {
      if (low || high)
        return std::nullopt;
      continue;
    }
    sum[axis - first] += low;
    sum[count + axis - first] += high;
  }
  return sum;
}

namespace {
struct FoldPadIntoConv : OpRewritePattern<ConvOp> {
  FoldPadIntoConv(MLIRContext *context, SimplifyCounts &counts)
      : OpRewritePattern(context), counts(counts) {}

  LogicalResult matchAndRewrite(ConvOp op,
                                PatternRewriter &rewriter) const override {
    auto pad = op.getInput().getDefiningOp<PadOp>();
    auto pads = addPads(pad, op.getLayout(), op.getPads());
    if (!pads)
      return rewriter.notifyMatchFailure(op, "input is not padded with zeros");
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(pad.getInput());
      op.setPads(*pads);
    });
    ++counts.pads;
    return success();
  }

  SimplifyCounts &counts;
};

/// The zeros of the pad count for the mean, as the window's own padding does
/// where it is counted.
struct FoldPadIntoAveragePool : OpRewritePattern<AveragePoolOp> {
  FoldPadIntoAveragePool(MLIRContext *context, SimplifyCounts &counts)
      : OpRewritePattern(context), counts(counts) {}

  LogicalResult matchAndRewrite(AveragePoolOp op,
                                PatternRewriter &rewriter) const override {
    auto pad = op.getInput().getDefiningOp<PadOp>();
    auto pads = addPads(pad, op.getLayout(), op.getPads());
    SmallVector<int64_t> own(op.getPads().size(), 0);
    ArrayRef<int64_t> counted =
        op.getCountedPads() ? *op.getCountedPads() : ArrayRef<int64_t>(own);
    // Padding that is not counted cannot lie outside of padding that is.
    if (!pads || counted != op.getPads())
      return rewriter.notifyMatchFailure(op, "input is not padded with zeros");
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(pad.getInput());
      op.setPads(*pads);
      op.setCountedPads(*pads);
    });
    ++counts.pads;
    return success();
  }

  SimplifyCounts &counts;
};
} // namespace

void mlir::octet::populateWindowPatterns(RewritePatternSet &patterns,
                                         SimplifyCounts &counts) {
  patterns.add<FoldPadIntoConv, FoldPadIntoAveragePool>(patterns.getContext(),
                                                        counts);
}
