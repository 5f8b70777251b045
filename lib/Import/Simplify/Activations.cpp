//===- Activations.cpp - Activations that are spelled out -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Exporters write silu, gelu, hard_swish and mish as products. A product is
// read as a bag of factors and one number, in whatever order it was written.
//
//===----------------------------------------------------------------------===//

#include "Simplify.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::octet;

namespace {
/// A product of values and one constant number.
struct Product {
  SmallVector<Value> factors;
  double number = 1;
};
} // namespace

/// Reads a tree of products; inner nodes must have no other use.
static void readProduct(Value value, bool isRoot, Product &product) {
  Operation *op = value.getDefiningOp();
  bool inner = isRoot || value.hasOneUse();
  if (auto mul = dyn_cast_or_null<MulOp>(op); mul && inner && !mul.getClamp()) {
    for (Value operand : mul->getOperands()) {
      if (auto number = getSplat(operand))
        product.number *= *number;
      else
        readProduct(operand, false, product);
    }
    return;
  }
  if (auto div = dyn_cast_or_null<DivOp>(op); div && inner)
    if (auto number = getSplat(div.getRhs())) {
      product.number /= *number;
      return readProduct(div.getLhs(), false, product);
    }
  product.factors.push_back(value);
}

static Product readProduct(Value value) {
  Product product;
  readProduct(value, true, product);
  return product;
}

/// x + number, or null.
static Value matchSum(Value value, double number) {
  auto add = value.getDefiningOp<AddOp>();
  if (!add || add.getClamp())
    return {};
  auto split = splitSplat(add);
  return split && isNear(split->second, number) ? split->first : Value();
}

/// The value that `value` multiplies by `number`, or null.
static Value matchScaled(Value value, double number) {
  Product product = readProduct(value);
  return product.factors.size() == 1 && isNear(product.number, number)
             ? product.factors[0]
             : Value();
}

/// clip(x + 3, 0, 6): x
static Value matchShiftedRelu6(Value value) {
  auto clip = value.getDefiningOp<ClipOp>();
  if (!clip || !clip.getLow().isZero() ||
      !isNear(clip.getHigh().convertToDouble(), 6))
    return {};
  return matchSum(clip.getInput(), 3);
}

/// sqrt(2 / pi) * (x + 0.044715 * x^3)
static bool isTanhArgument(Value value, Value x) {
  Value sum = matchScaled(value, std::sqrt(2 / M_PI));
  auto add = sum ? sum.getDefiningOp<AddOp>() : AddOp();
  if (!add)
    return false;
  for (unsigned i : {0u, 1u}) {
    if (add->getOperand(i) != x)
      continue;
    Product cube = readProduct(add->getOperand(1 - i));
    bool written =
        llvm::all_of(cube.factors, [&](Value f) { return f == x; }) &&
        cube.factors.size() == 3;
    if (cube.factors.size() == 1)
      if (auto pow = cube.factors[0].getDefiningOp<PowOp>()) {
        auto exponent = getSplat(pow.getRhs());
        written = pow.getLhs() == x && exponent && *exponent == 3;
      }
    if (written && isNear(cube.number, 0.044715))
      return true;
  }
  return false;
}

namespace {
/// What x * f(x) is called.
struct RecognizeProduct : OpRewritePattern<MulOp> {
  RecognizeProduct(MLIRContext *context, SimplifyCounts &counts)
      : OpRewritePattern(context, /*benefit=*/2), counts(counts) {}

  LogicalResult matchAndRewrite(MulOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getClampAttr())
      return rewriter.notifyMatchFailure(op, "has a clamp");
    Product product = readProduct(op);
    if (product.factors.size() != 2)
      return rewriter.notifyMatchFailure(op, "is no product of two values");
    for (unsigned i : {0u, 1u}) {
      Value x = product.factors[i], f = product.factors[1 - i];
      if (x.getType() != op.getType())
        continue;
      if (Operation *fused = build(rewriter, op, x, f, product.number)) {
        rewriter.replaceOp(op, fused);
        ++counts.fused;
        return success();
      }
    }
    return rewriter.notifyMatchFailure(op, "is no known activation");
  }

  static Operation *build(PatternRewriter &rewriter, MulOp op, Value x, Value f,
                          double number) {
    Location loc = op.getLoc();
    Type type = op.getType();
    if (auto sigmoid = f.getDefiningOp<SigmoidOp>())
      if (number == 1 && sigmoid.getInput() == x)
        return SiluOp::create(rewriter, loc, type, x);
    if (auto hard = f.getDefiningOp<HardSigmoidOp>())
      if (number == 1 && hard.getInput() == x &&
          isNear(hard.getAlpha().convertToDouble(), 1.0 / 6) &&
          isNear(hard.getBeta().convertToDouble(), 0.5))
        return HardSwishOp::create(rewriter, loc, type, x);
    if (isNear(number, 1.0 / 6) && matchShiftedRelu6(f) == x)
      return HardSwishOp::create(rewriter, loc, type, x);
    if (auto tanh = f.getDefiningOp<TanhOp>())
      if (auto soft = tanh.getInput().getDefiningOp<SoftplusOp>())
        if (number == 1 && soft.getInput() == x)
          return MishOp::create(rewriter, loc, type, x);
    return isNear(number, 0.5) ? buildGelu(rewriter, op, x, f) : nullptr;
  }

  /// 0.5 * x * (1 + erf(x / sqrt(2))), or with a tanh.
  static Operation *buildGelu(PatternRewriter &rewriter, MulOp op, Value x,
                              Value f) {
    Value inner = matchSum(f, 1);
    if (!inner)
      return nullptr;
    if (auto erf = inner.getDefiningOp<ErfOp>())
      if (matchScaled(erf.getInput(), M_SQRT1_2) == x)
        return GeluOp::create(rewriter, op.getLoc(), op.getType(), x,
                              UnitAttr());
    if (auto tanh = inner.getDefiningOp<TanhOp>())
      if (isTanhArgument(tanh.getInput(), x))
        return GeluOp::create(rewriter, op.getLoc(), op.getType(), x,
                              rewriter.getUnitAttr());
    return nullptr;
  }

  SimplifyCounts &counts;
};

/// x * clip(x + 3, 0, 6) / 6 with the division last.
struct RecognizeQuotient : OpRewritePattern<DivOp> {
  RecognizeQuotient(MLIRContext *context, SimplifyCounts &counts)
      : OpRewritePattern(context, /*benefit=*/2), counts(counts) {}

  LogicalResult matchAndRewrite(DivOp op,
                                PatternRewriter &rewriter) const override {
    auto number = getSplat(op.getRhs());
    if (!number || !isNear(*number, 6))
      return rewriter.notifyMatchFailure(op, "divisor is not 6");
    if (Value x = matchShiftedRelu6(op.getLhs())) {
      rewriter.replaceOpWithNewOp<HardSigmoidOp>(
          op, op.getType(), x, rewriter.getF64FloatAttr(1.0 / 6),
          rewriter.getF64FloatAttr(0.5));
      ++counts.fused;
      return success();
    }
    Product product = readProduct(op.getLhs());
    for (unsigned i : {0u, 1u})
      if (product.factors.size() == 2 && product.number == 1 &&
          product.factors[i].getType() == op.getType() &&
          matchShiftedRelu6(product.factors[1 - i]) == product.factors[i]) {
        rewriter.replaceOpWithNewOp<HardSwishOp>(op, op.getType(),
                                                 product.factors[i]);
        ++counts.fused;
        return success();
      }
    return rewriter.notifyMatchFailure(op, "is no known activation");
  }

  SimplifyCounts &counts;
};

/// Small powers are products, and a root is a root.
struct ExpandPower : OpRewritePattern<PowOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PowOp op,
                                PatternRewriter &rewriter) const override {
    auto exponent = getSplat(op.getRhs());
    Value x = op.getLhs();
    if (!exponent || x.getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "exponent is no constant number");
    if (*exponent == 2)
      rewriter.replaceOpWithNewOp<MulOp>(op, op.getType(), x, x, ClampAttr());
    else if (*exponent == 0.5)
      rewriter.replaceOpWithNewOp<SqrtOp>(op, op.getType(), x);
    else if (*exponent == 1)
      rewriter.replaceOp(op, x);
    else
      return rewriter.notifyMatchFailure(op, "exponent is not 0.5, 1 or 2");
    return success();
  }
};

/// Bounds of a function that only cuts.
static std::optional<std::pair<double, double>> getBounds(Operation *op) {
  if (auto clip = dyn_cast_or_null<ClipOp>(op))
    return std::pair(clip.getLow().convertToDouble(),
                     clip.getHigh().convertToDouble());
  if (isa_and_nonnull<ReluOp>(op))
    return std::pair(0.0, std::numeric_limits<double>::infinity());
  return std::nullopt;
}

/// clip(clip(x)), with relu as a clip.
template <typename OpT> struct MergeClips : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    Operation *source = op.getInput().getDefiningOp();
    auto inner = getBounds(source), outer = getBounds(op);
    if (!inner || !outer || source->getOperand(0).getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "input is no clip");
    auto cut = [&](double x) {
      return std::min(std::max(x, outer->first), outer->second);
    };
    if (inner->first > inner->second)
      return rewriter.notifyMatchFailure(op, "bounds are not ordered");
    double low = cut(inner->first), high = cut(inner->second);
    if (low == 0 && std::isinf(high))
      rewriter.replaceOpWithNewOp<ReluOp>(op, op.getType(),
                                          source->getOperand(0));
    else
      rewriter.replaceOpWithNewOp<ClipOp>(
          op, op.getType(), source->getOperand(0),
          rewriter.getF64FloatAttr(low), rewriter.getF64FloatAttr(high));
    return success();
  }
};

/// x + 0, x - 0, x * 1, x / 1.
template <typename OpT> struct DropNeutral : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    constexpr bool commutes =
        std::is_same_v<OpT, MulOp> || std::is_same_v<OpT, AddOp>;
    constexpr double neutral =
        std::is_same_v<OpT, MulOp> || std::is_same_v<OpT, DivOp>;
    if (op->hasAttr("clamp"))
      return rewriter.notifyMatchFailure(op, "has a clamp");
    for (unsigned i : {1u, 0u}) {
      if (i == 0 && !commutes)
        break;
      auto number = getSplat(op->getOperand(i));
      Value x = op->getOperand(1 - i);
      if (number && *number == neutral && x.getType() == op.getType()) {
        rewriter.replaceOp(op, x);
        return success();
      }
    }
    return rewriter.notifyMatchFailure(op, "changes its operand");
  }
};
} // namespace

void mlir::octet::populateActivationPatterns(RewritePatternSet &patterns,
                                             SimplifyCounts &counts) {
  patterns.add<RecognizeProduct, RecognizeQuotient>(patterns.getContext(),
                                                    counts);
  patterns.add<ExpandPower, MergeClips<ClipOp>, MergeClips<ReluOp>,
               DropNeutral<AddOp>, DropNeutral<SubOp>, DropNeutral<MulOp>,
               DropNeutral<DivOp>>(patterns.getContext());
}
