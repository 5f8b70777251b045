//===- Norms.cpp - Normalizations that are spelled out -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simplify.h"

using namespace mlir;
using namespace mlir::octet;

/// The value whose mean over its last axes, from `axis` on, this is.
static Value matchMean(Value value, int64_t &axis) {
  auto reduce = value.getDefiningOp<ReduceOp>();
  if (!reduce || reduce.getKind() != ReduceKind::Mean ||
      !reduce.getKeepDims() || reduce.getAxes().empty())
    return {};
  int64_t rank = getShape(reduce.getInput()).size();
  ArrayRef<int64_t> axes = reduce.getAxes();
  axis = axes.front();
  return axes.back() == rank - 1 && int64_t(axes.size()) == rank - axis
             ? reduce.getInput()
             : Value();
}

/// The value whose square this is.
static Value matchSquare(Value value) {
  if (auto mul = value.getDefiningOp<MulOp>())
    return mul.getLhs() == mul.getRhs() && !mul.getClamp() ? mul.getLhs()
                                                           : Value();
  if (auto pow = value.getDefiningOp<PowOp>()) {
    auto exponent = getSplat(pow.getRhs());
    return exponent && *exponent == 2 ? pow.getLhs() : Value();
  }
  return {};
}

/// sqrt(mean(x^2) + epsilon): x
static Value matchDeviation(Value value, int64_t &axis, double &epsilon) {
  auto root = value.getDefiningOp<SqrtOp>();
  auto add = root ? root.getInput().getDefiningOp<AddOp>() : AddOp();
  auto split = add && !add.getClamp()
                   ? splitSplat(add)
                   : std::optional<std::pair<Value, double>>();
  if (!split)
    return {};
  epsilon = split->second;
  Value square = matchMean(split->first, axis);
  return square ? matchSquare(square) : Value();
}

/// x - mean(x): x
static Value matchCentered(Value value, int64_t axis) {
  auto sub = value.getDefiningOp<SubOp>();
  int64_t found = -1;
  if (!sub || sub.getClamp() ||
      matchMean(sub.getRhs(), found) != sub.getLhs() || found != axis)
    return {};
  return sub.getLhs();
}

/// Replaces d / sqrt(mean(d^2) + epsilon) by a normalization of d, or of x
/// where d is x less its mean.
static LogicalResult recognize(Operation *op, Value d, Value deviation,
                               PatternRewriter &rewriter) {
  int64_t axis = -1;
  double epsilon = 0;
  if (matchDeviation(deviation, axis, epsilon) != d ||
      d.getType() != op->getResult(0).getType())
    return rewriter.notifyMatchFailure(op, "is no normalization");
  Value x = matchCentered(d, axis);
  rewriter.replaceOpWithNewOp<LayerNormOp>(
      op, op->getResult(0).getType(), x ? x : d, Value(), Value(),
      rewriter.getI64IntegerAttr(axis), rewriter.getF64FloatAttr(epsilon),
      x ? UnitAttr() : rewriter.getUnitAttr());
  return success();
}

namespace {
struct RecognizeNormQuotient : OpRewritePattern<DivOp> {
  RecognizeNormQuotient(MLIRContext *context, SimplifyCounts &counts)
      : OpRewritePattern(context), counts(counts) {}

  LogicalResult matchAndRewrite(DivOp op,
                                PatternRewriter &rewriter) const override {
    if (failed(recognize(op, op.getLhs(), op.getRhs(), rewriter)))
      return failure();
    ++counts.fused;
    return success();
  }

  SimplifyCounts &counts;
};

/// d * (1 / sqrt(..)), the reciprocal written as an operator or a quotient.
struct RecognizeNormProduct : OpRewritePattern<MulOp> {
  RecognizeNormProduct(MLIRContext *context, SimplifyCounts &counts)
      : OpRewritePattern(context), counts(counts) {}

  static Value getInverted(Value value) {
    if (auto reciprocal = value.getDefiningOp<ReciprocalOp>())
      return reciprocal.getInput();
    auto div = value.getDefiningOp<DivOp>();
    auto one = div ? getSplat(div.getLhs()) : std::nullopt;
    return one && *one == 1 ? div.getRhs() : Value();
  }

  LogicalResult matchAndRewrite(MulOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getClampAttr())
      return rewriter.notifyMatchFailure(op, "has a clamp");
    for (unsigned i : {0u, 1u})
      if (Value deviation = getInverted(op->getOperand(1 - i)))
        if (succeeded(recognize(op, op->getOperand(i), deviation, rewriter))) {
          ++counts.fused;
          return success();
        }
    return rewriter.notifyMatchFailure(op, "is no normalization");
  }

  SimplifyCounts &counts;
};

/// norm(x) * scale, then + bias, with constants of the normalized shape.
template <typename OpT> struct AbsorbScale : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    constexpr bool isScale = std::is_same_v<OpT, MulOp>;
    if (op.getClampAttr())
      return rewriter.notifyMatchFailure(op, "has a clamp");
    for (unsigned i : {0u, 1u}) {
      auto norm = op->getOperand(i).template getDefiningOp<LayerNormOp>();
      Value constant = op->getOperand(1 - i);
      if (!norm || !norm->hasOneUse() || norm.getType() != op.getType() ||
          norm.getBias() || (isScale && norm.getScale()) ||
          !getConstantAttr(constant))
        continue;
      Value shaped = reshape(rewriter, norm, constant);
      if (!shaped)
        continue;
      rewriter.replaceOpWithNewOp<LayerNormOp>(
          op, op.getType(), norm.getInput(), isScale ? shaped : norm.getScale(),
          isScale ? Value() : shaped, norm.getAxisAttr(), norm.getEpsilonAttr(),
          norm.getRmsAttr());
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no normalization to scale");
  }

  /// The constant without leading axes of extent 1, if that is the shape of the
  /// normalized axes.
  static Value reshape(PatternRewriter &rewriter, LayerNormOp norm,
                       Value constant) {
    ArrayRef<int64_t> wanted =
        getShape(norm.getInput()).drop_front(norm.getAxis());
    ArrayRef<int64_t> shape = getShape(constant);
    while (shape.size() > wanted.size() && shape.front() == 1)
      shape = shape.drop_front();
    if (shape != wanted)
      return {};
    if (shape.size() == getShape(constant).size())
      return constant;
    return ReshapeOp::create(
        rewriter, constant.getLoc(),
        RankedTensorType::get(shape, getElementTypeOrSelf(constant)), constant,
        SmallVector<int64_t>(shape));
  }
};
} // namespace

void mlir::octet::populateNormPatterns(RewritePatternSet &patterns,
                                       SimplifyCounts &counts) {
  patterns.add<RecognizeNormQuotient, RecognizeNormProduct>(
      patterns.getContext(), counts);
  patterns.add<AbsorbScale<MulOp>, AbsorbScale<AddOp>>(patterns.getContext());
}
