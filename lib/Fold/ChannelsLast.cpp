//===- ChannelsLast.cpp - Work on channels-last data -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Fold/Passes.h"

#include "octet/IR/Constants.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::octet {
#define GEN_PASS_DEF_CHANNELSLAST
#include "octet/Fold/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// N C s... -> N s... C
static SmallVector<int64_t> toLast(int64_t rank) {
  SmallVector<int64_t> permutation{0};
  for (int64_t i = 2; i < rank; ++i)
    permutation.push_back(i);
  permutation.push_back(1);
  return permutation;
}

static SmallVector<int64_t> invert(ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> inverse(permutation.size());
  for (auto [i, axis] : llvm::enumerate(permutation))
    inverse[axis] = i;
  return inverse;
}

static Value transpose(OpBuilder &builder, Location loc, Value value,
                       ArrayRef<int64_t> permutation) {
  Type element = getElementTypeOrSelf(value.getType());
  return createInferred<TransposeOp>(builder, loc, element, value, permutation);
}

/// Operands of a layout operator that hold data with a channel axis.
static SmallVector<OpOperand *> getImageOperands(Operation *op) {
  SmallVector<OpOperand *> operands{&op->getOpOperand(0)};
  if (auto weighted = dyn_cast<WeightedOpInterface>(op))
    if (OpOperand *residual = weighted.getResidualOperand())
      operands.push_back(residual);
  return operands;
}

static void switchLayout(LayoutOpInterface op) {
  OpBuilder builder(op);
  int64_t rank = getShape(op->getResult(0)).size();
  SmallVector<int64_t> permutation = toLast(rank);
  for (OpOperand *operand : getImageOperands(op))
    operand->set(transpose(builder, op.getLoc(), operand->get(), permutation));
  op.setDataLayout(Layout::ChannelsLast);
  Value result = op->getResult(0);
  SmallVector<int64_t> shape;
  for (int64_t axis : permutation)
    shape.push_back(getShape(result)[axis]);
  Type element = getElementTypeOrSelf(result.getType());
  result.setType(RankedTensorType::get(shape, element));
  builder.setInsertionPointAfter(op);
  Value back = transpose(builder, op.getLoc(), result, invert(permutation));
  result.replaceAllUsesExcept(back, back.getDefiningOp());
}

/// A constant (or one read through a dequantize) as if broadcast to `rank`
/// axes and transposed; null if the value is neither.
static Value transposeConstant(PatternRewriter &rewriter, Value value,
                               ArrayRef<int64_t> permutation) {
  Value base = value;
  if (auto source = value.getDefiningOp<DequantizeOp>())
    base = source.getInput();
  if (!getConstantAttr(base) || isa<quant::UniformQuantizedPerAxisType>(
                                    getElementTypeOrSelf(base.getType())))
    return {};
  SmallVector<int64_t> shape(permutation.size() - getShape(value).size(), 1);
  llvm::append_range(shape, getShape(value));
  Location loc = value.getLoc();
  if (shape.size() != getShape(value).size())
    value = createInferred<ReshapeOp>(
        rewriter, loc, getElementTypeOrSelf(value.getType()), value, shape);
  return transpose(rewriter, loc, value, permutation);
}

namespace {
/// A transposition and a reshape behind it, seen as blocks of axes: each is
/// some neighbouring axes in any order, made some others, then all are moved.
struct ReshapedBlocks {
  SmallVector<int64_t> within; ///< transposition that keeps blocks in place
  SmallVector<int64_t> shape;  ///< reshape, block by block
  SmallVector<int64_t> across; ///< transposition of whole blocks

  static std::optional<ReshapedBlocks> get(ArrayRef<int64_t> from,
                                           ArrayRef<int64_t> to,
                                           ArrayRef<int64_t> permutation);
};

/// Axes [begin, end) of a shape.
struct AxisRange {
  int64_t begin, end;
};
} // namespace

/// The least ranges of the axes of two shapes that hold equally many elements,
/// in order. Nothing where an axis is empty.
static std::optional<SmallVector<std::pair<AxisRange, AxisRange>>>
matchRanges(ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  SmallVector<std::pair<AxisRange, AxisRange>> ranges;
  int64_t i = 0, j = 0, fromRank = from.size(), toRank = to.size();
  if (llvm::is_contained(from, 0) || from.empty() || to.empty())
    return std::nullopt;
  while (i < fromRank && j < toRank) {
    AxisRange a{i, i + 1}, b{j, j + 1};
    int64_t left = from[i], right = to[j];
    while (left != right)
      if (left < right)
        left *= from[a.end++];
      else
        right *= to[b.end++];
    ranges.emplace_back(a, b);
    i = a.end, j = b.end;
  }
  // What is left has extent 1.
  ranges.back().first.end = fromRank;
  ranges.back().second.end = toRank;
  return ranges;
}

/// `from` is the shape behind `permutation`. Nothing if a block's axes are not
/// neighbours before it, if the blocks stay where they are, or if others than
/// the last axes, channels, change: positions that become one axis are followed
/// by what wants them last.
std::optional<ReshapedBlocks>
ReshapedBlocks::get(ArrayRef<int64_t> from, ArrayRef<int64_t> to,
                    ArrayRef<int64_t> permutation) {
  auto ranges = matchRanges(from, to);
  if (!ranges)
    return std::nullopt;
  SmallVector<int64_t> first; // axis of each block before all
  for (auto &[in, out] : *ranges) {
    ArrayRef<int64_t> axes = permutation.slice(in.begin, in.end - in.begin);
    auto [low, high] = std::minmax_element(axes.begin(), axes.end());
    if (*high - *low + 1 != int64_t(axes.size()))
      return std::nullopt;
    bool isKept = in.end - in.begin == 1 && out.end - out.begin == 1;
    if (!isKept && *high + 1 != int64_t(permutation.size()))
      return std::nullopt;
    first.push_back(*low);
  }
  SmallVector<int64_t> order =
      llvm::to_vector(llvm::seq<int64_t>(0, first.size()));
  llvm::sort(order, [&](int64_t a, int64_t b) { return first[a] < first[b]; });
  if (llvm::is_sorted(order))
    return std::nullopt;
  ReshapedBlocks blocks;
  blocks.across.resize(to.size());
  for (int64_t block : order) {
    auto &[in, out] = (*ranges)[block];
    llvm::append_range(blocks.within,
                       permutation.slice(in.begin, in.end - in.begin));
    for (int64_t axis = out.begin; axis < out.end; ++axis) {
      blocks.across[axis] = blocks.shape.size();
      blocks.shape.push_back(to[axis]);
    }
  }
  return blocks;
}

namespace {
/// op(transpose(x), ...) -> transpose(op(x, ...)), constants transposed too.
struct SinkTranspose : OpInterfaceRewritePattern<AxesOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(AxesOpInterface op,
                                PatternRewriter &rewriter) const override {
    if (op->getNumResults() != 1)
      return failure();
    TransposeOp first;
    for (Value operand : op->getOperands())
      if (auto source = operand.getDefiningOp<TransposeOp>())
        first = first ? first : source;
    if (!first)
      return rewriter.notifyMatchFailure(op, "no operand is transposed");
    ArrayRef<int64_t> permutation = first.getPermutation();
    if (getShape(op->getResult(0)).size() != permutation.size() ||
        isa<quant::UniformQuantizedPerAxisType>(
            getElementTypeOrSelf(op->getResult(0).getType())))
      return rewriter.notifyMatchFailure(op, "result has other axes");
    SmallVector<int64_t> inverse = invert(permutation);
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      auto source = operand.getDefiningOp<TransposeOp>();
      Value plain = source && source.getPermutation() == permutation
                        ? source.getInput()
                        : transposeConstant(rewriter, operand, inverse);
      if (!plain)
        return rewriter.notifyMatchFailure(op, "operands differ in axes");
      operands.push_back(plain);
    }
    return sink(op, operands, permutation, inverse, rewriter);
  }

private:
  static LogicalResult sink(AxesOpInterface op, ArrayRef<Value> operands,
                            ArrayRef<int64_t> permutation,
                            ArrayRef<int64_t> inverse,
                            PatternRewriter &rewriter) {
    auto clone = cast<AxesOpInterface>(rewriter.clone(*op));
    // Axis i of the new operands was axis inverse[i].
    if (failed(clone.permuteAxes(inverse))) {
      rewriter.eraseOp(clone);
      return rewriter.notifyMatchFailure(op, "attributes cannot be permuted");
    }
    clone->setOperands(operands);
    Value result = op->getResult(0);
    SmallVector<int64_t> shape;
    for (int64_t axis : inverse)
      shape.push_back(getShape(result)[axis]);
    clone->getResult(0).setType(
        RankedTensorType::get(shape, getElementTypeOrSelf(result.getType())));
    rewriter.replaceOpWithNewOp<TransposeOp>(op, result.getType(),
                                             clone->getResult(0), permutation);
    return success();
  }
};

/// reshape(transpose(x)) -> transpose(reshape(x)), as where channels are split,
/// shuffled and merged again.
struct SinkThroughReshape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto source = op.getInput().getDefiningOp<TransposeOp>();
    if (!source || isa<quant::UniformQuantizedPerAxisType>(
                       getElementTypeOrSelf(op.getType())))
      return rewriter.notifyMatchFailure(op, "operand is not transposed");
    auto blocks = ReshapedBlocks::get(getShape(source), op.getShape(),
                                      source.getPermutation());
    if (!blocks)
      return rewriter.notifyMatchFailure(op, "axes do not move as blocks");
    Location loc = op.getLoc();
    Type element = getElementTypeOrSelf(op.getType());
    Value value = source.getInput();
    if (!llvm::is_sorted(blocks->within))
      value = transpose(rewriter, loc, value, blocks->within);
    value =
        createInferred<ReshapeOp>(rewriter, loc, element, value, blocks->shape);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), value,
                                             blocks->across);
    return success();
  }
};

} // namespace

/// transpose(resize(x)) -> resize(transpose(x)), in the other layout, where
/// fewer elements move so.
static void growAfterwards(TransposeOp op) {
  auto resize = op.getInput().getDefiningOp<ResizeOp>();
  SmallVector<int64_t> back = invert(toLast(getShape(op).size()));
  if (!resize || !resize->hasOneUse() ||
      resize.getLayout() != Layout::ChannelsLast ||
      op.getPermutation() != ArrayRef(back))
    return;
  if (resize.getInput().getType().getNumElements() * 2 >
      op.getType().getNumElements())
    return;
  OpBuilder builder(resize);
  resize.getInputMutable().assign(
      transpose(builder, op.getLoc(), resize.getInput(), back));
  resize.setLayout(Layout::ChannelsFirst);
  resize.getResult().setType(op.getType());
  op.replaceAllUsesWith(resize.getResult());
  op.erase();
}

namespace {
struct ChannelsLastPass : octet::impl::ChannelsLastBase<ChannelsLastPass> {
  void runOnOperation() override {
    getOperation().walk([&](LayoutOpInterface op) {
      if (op.getDataLayout() == Layout::ChannelsLast)
        return;
      switchLayout(op);
      ++numSwitched;
    });
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkTranspose, SinkThroughReshape>(&getContext());
    TransposeOp::getCanonicalizationPatterns(patterns, &getContext());
    ReshapeOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
      getOperation().emitError("transposes did not settle");
      return signalPassFailure();
    }
    SmallVector<TransposeOp> left;
    getOperation().walk([&](TransposeOp op) { left.push_back(op); });
    numLeft += left.size();
    for (TransposeOp op : left)
      growAfterwards(op);
  }
};
} // namespace
