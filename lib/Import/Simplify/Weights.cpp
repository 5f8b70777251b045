//===- Weights.cpp - Constant factors and terms become weights -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A factor or a term that is constant for each output channel moves into the
// weights and the bias of the convolution or product before it.
//
//===----------------------------------------------------------------------===//

#include "Simplify.h"

#include <cmath>

using namespace mlir;
using namespace mlir::octet;

/// The axis of a weighted operator's result that has an entry an output
/// channel.
static int64_t getChannelAxis(Operation *op) {
  int64_t rank = getShape(op->getResult(0)).size();
  auto layout = dyn_cast<LayoutOpInterface>(op);
  return layout && layout.getDataLayout() == Layout::ChannelsFirst ? 1
                                                                   : rank - 1;
}

/// The values of a constant that, broadcast to `type`, varies along `axis`
/// only.
static std::optional<SmallVector<double>>
readPerChannel(Value value, RankedTensorType type, int64_t axis) {
  if (!getConstantAttr(value) || !getElementTypeOrSelf(value).isF32())
    return std::nullopt;
  ArrayRef<int64_t> shape = getShape(value);
  int64_t offset = type.getRank() - int64_t(shape.size());
  int64_t channels = type.getDimSize(axis);
  for (int64_t i = 0, e = shape.size(); i < e; ++i)
    if (shape[i] != 1 && i + offset != axis)
      return std::nullopt;
  auto values = offset < 0 ? std::nullopt : readFloats(value);
  if (!values || values->empty())
    return std::nullopt;
  if (values->size() == 1)
    return SmallVector<double>(channels, values->front());
  return std::move(*values);
}

/// Multiplies the elements of `weight` by their channel's factor.
static ConstantData scaleWeight(WeightedOpInterface op,
                                const ConstantData &weight,
                                ArrayRef<double> factors) {
  ConstantData scaled = weight;
  MutableArrayRef<float> values = scaled.as<float>();
  op.getOutputChannels().forEach(
      values.size(), [&](int64_t i, int64_t channel) {
        values[i] = float(values[i] * factors[channel]);
      });
  return scaled;
}

/// Replaces `user`, which applies `factors` and then `terms` to the result of
/// `op`, by `op` with other weights. The caller has checked `canAbsorb`.
static void absorb(PatternRewriter &rewriter, WeightedOpInterface op,
                   Operation *user, ArrayRef<double> factors,
                   ArrayRef<double> terms) {
  Location loc = rewriter.getFusedLoc({op->getLoc(), user->getLoc()});
  rewriter.setInsertionPoint(user);
  Operation *copy = rewriter.clone(*op.getOperation());
  copy->setLoc(loc);
  auto target = cast<WeightedOpInterface>(copy);
  SmallVector<float> bias(terms.begin(), terms.end());
  if (Value old = op.getBiasValue())
    for (auto [i, value] : llvm::enumerate(*readFloats(old)))
      bias[i] = float(value * (factors.empty() ? 1.0 : factors[i]) + terms[i]);
  if (!factors.empty()) {
    ConstantData weight = *readConstant(op.getWeightOperand().get());
    target.getWeightOperand().set(
        makeConstant(rewriter, op.getWeightOperand().get().getLoc(),
                     scaleWeight(op, weight, factors)));
  }
  if (op.getBiasValue() || llvm::any_of(terms, [](double t) { return t; })) {
    Value value = makeFloats(rewriter, loc, bias, {int64_t(bias.size())});
    target.setBiasValue(value);
  }
  rewriter.replaceOp(user, copy);
}

/// The convolution or product behind a value, if nothing else uses it and its
/// bias, and its weights where `weights` is set, are constants in f32.
static WeightedOpInterface getAbsorbing(Value value, bool weights) {
  auto op = value.getDefiningOp<WeightedOpInterface>();
  if (!op || !value.hasOneUse() || !getElementTypeOrSelf(value).isF32() ||
      cast<ClampableOpInterface>(op.getOperation()).getResultClamp())
    return {};
  Value bias = op.getBiasValue();
  if (op.getResidualOperand() || (bias && !getConstantAttr(bias)))
    return {};
  if (weights && !getConstantAttr(op.getWeightOperand().get()))
    return {};
  if (!getElementTypeOrSelf(op.getInputOperand().get()).isF32())
    return {};
  return op;
}

namespace {
/// op(x, w) * k, / k, + k, - k with a constant for each channel.
template <typename OpT> struct AbsorbConstant : OpRewritePattern<OpT> {
  AbsorbConstant(MLIRContext *context, SimplifyCounts &counts)
      : OpRewritePattern<OpT>(context), counts(counts) {}

  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    constexpr bool isFactor =
        std::is_same_v<OpT, MulOp> || std::is_same_v<OpT, DivOp>;
    constexpr bool commutes =
        std::is_same_v<OpT, MulOp> || std::is_same_v<OpT, AddOp>;
    if constexpr (!std::is_same_v<OpT, DivOp>)
      if (op.getClampAttr())
        return rewriter.notifyMatchFailure(op, "has a clamp");
    for (bool swapped : {false, true}) {
      if (swapped && !commutes)
        break;
      Value value = swapped ? op.getRhs() : op.getLhs();
      Value other = swapped ? op.getLhs() : op.getRhs();
      WeightedOpInterface weighted = getAbsorbing(value, isFactor);
      if (!weighted || value.getType() != op.getType())
        continue;
      auto type = cast<RankedTensorType>(op.getType());
      auto numbers = readPerChannel(other, type, getChannelAxis(weighted));
      if (!numbers)
        continue;
      rewrite(op, rewriter, weighted, *numbers, isFactor);
      ++counts.factors;
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no weights to move a constant to");
  }

  void rewrite(OpT op, PatternRewriter &rewriter, WeightedOpInterface weighted,
               MutableArrayRef<double> numbers, bool isFactor) const {
    for (double &number : numbers) {
      if (std::is_same_v<OpT, DivOp>)
        number = 1 / number;
      if (std::is_same_v<OpT, SubOp>)
        number = -number;
    }
    SmallVector<double> none(numbers.size(), 0.0);
    absorb(rewriter, weighted, op, isFactor ? numbers : ArrayRef<double>(),
           isFactor ? ArrayRef<double>(none) : numbers);
  }

  SimplifyCounts &counts;
};

/// Batch normalization with constant statistics: into the weights before it, or
/// else x * scale + shift.
struct FoldBatchNorm : OpRewritePattern<BatchNormOp> {
  FoldBatchNorm(MLIRContext *context, SimplifyCounts &counts)
      : OpRewritePattern(context), counts(counts) {}

  LogicalResult matchAndRewrite(BatchNormOp op,
                                PatternRewriter &rewriter) const override {
    auto gamma = readFloats(op.getScale()), beta = readFloats(op.getBias());
    auto mean = readFloats(op.getMean());
    auto variance = readFloats(op.getVariance());
    if (!gamma || !beta || !mean || !variance ||
        !getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "statistics are no constants");
    double epsilon = op.getEpsilon().convertToDouble();
    SmallVector<double> factors, terms;
    for (size_t i = 0; i < gamma->size(); ++i) {
      double factor = (*gamma)[i] / std::sqrt((*variance)[i] + epsilon);
      factors.push_back(factor);
      terms.push_back((*beta)[i] - (*mean)[i] * factor);
    }
    WeightedOpInterface weighted = getAbsorbing(op.getInput(), true);
    if (weighted && getChannelAxis(weighted) == 1)
      absorb(rewriter, weighted, op, factors, terms);
    else
      spellOut(op, rewriter, factors, terms);
    ++counts.norms;
    return success();
  }

  static void spellOut(BatchNormOp op, PatternRewriter &rewriter,
                       ArrayRef<double> factors, ArrayRef<double> terms) {
    SmallVector<int64_t> shape(getShape(op.getInput()).size() - 1, 1);
    shape[0] = factors.size();
    auto make = [&](ArrayRef<double> values) {
      return makeFloats(rewriter, op.getLoc(),
                        SmallVector<float>(values.begin(), values.end()),
                        shape);
    };
    Value product = MulOp::create(rewriter, op.getLoc(), op.getType(),
                                  op.getInput(), make(factors), ClampAttr());
    rewriter.replaceOpWithNewOp<AddOp>(op, op.getType(), product, make(terms),
                                       ClampAttr());
  }

  SimplifyCounts &counts;
};

/// A product with a transposed matrix reads it in the other order.
struct AbsorbTranspose : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatMulOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getRhs().getDefiningOp<TransposeOp>();
    if (!transpose || !getConstantAttr(transpose.getInput()))
      return rewriter.notifyMatchFailure(op, "rhs is no transposed constant");
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    int64_t rank = permutation.size();
    for (int64_t i = 0; i < rank; ++i) {
      int64_t swapped = i == rank - 1 ? rank - 2 : i == rank - 2 ? rank - 1 : i;
      if (permutation[i] != swapped)
        return rewriter.notifyMatchFailure(op, "other axes move too");
    }
    rewriter.modifyOpInPlace(op, [&] {
      op.getRhsMutable().assign(transpose.getInput());
      op.setTransposeRhs(!op.getTransposeRhs());
    });
    return success();
  }
};
} // namespace

void mlir::octet::populateWeightPatterns(RewritePatternSet &patterns,
                                         SimplifyCounts &counts) {
  patterns.add<AbsorbConstant<MulOp>, AbsorbConstant<DivOp>,
               AbsorbConstant<AddOp>, AbsorbConstant<SubOp>, FoldBatchNorm>(
      patterns.getContext(), counts);
  patterns.add<AbsorbTranspose>(patterns.getContext());
}
