//===- NormalizationPatterns.cpp - Softmax and norms to linalg --*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Floats only; what is narrower than f32 computes in f32.
//
//===----------------------------------------------------------------------===//

#include "Numerics.h"
#include "Patterns.h"
#include "Reduction.h"

#include <limits>

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

namespace {
struct LowerSoftmax : OpConversionPattern<SoftmaxOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(SoftmaxOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value input = adaptor.getInput();
    ArrayRef<int64_t> shape = getShape(input);
    Type element = getElementTypeOrSelf(op.getType());
    SmallVector<int64_t> axes{int64_t(op.getAxis())};
    SmallVector<int64_t> kept = getKeptAxes(shape.size(), axes);
    Value max = buildLargest(rewriter, loc, input, axes);
    Value powers = buildShifted(rewriter, op, input, max, kept, /*exp=*/true);
    Value sums = buildFloatSum(rewriter, loc, powers, axes);
    // The logarithm of the quotient is a difference, exact where powers are 0.
    Value numerator = powers;
    if (op.getLog())
      numerator = buildShifted(rewriter, op, input, max, kept, /*exp=*/false);
    Elementwise work(rewriter, loc, shape);
    unsigned x = work.add(numerator);
    unsigned scale =
        work.addAlong(buildScale(rewriter, loc, sums, op.getLog()), kept);
    auto body = [&](Body &body, ArrayRef<Value> args) {
      Value y = op.getLog() ? body.sub(args[x], args[scale])
                            : body.mul(args[x], args[scale]);
      return body.resizeFloat(y, element);
    };
    rewriter.replaceOp(op, work.build(element, body));
    return success();
  }

  /// 1 / sum, or its logarithm: once for all elements of the sum.
  static Value buildScale(OpBuilder &b, Location loc, Value sums, bool log) {
    Elementwise work(b, loc, getShape(sums));
    unsigned sum = work.add(sums);
    Type type = getElementTypeOrSelf(sums);
    return work.build(type, [&](Body &body, ArrayRef<Value> args) {
      return log ? body.make<math::LogOp>(args[sum])
                 : body.div(body.constant(type, 1), args[sum]);
    });
  }

  /// The largest number. NaN need not be told here: the sum of powers is NaN
  /// then.
  static Value buildLargest(OpBuilder &b, Location loc, Value input,
                            ArrayRef<int64_t> axes) {
    auto larger = [](Body &body, Value x, Value best) {
      return body.select(body.compare(arith::CmpFPredicate::OGT, x, best), x,
                         best);
    };
    TypedAttr least = getScalarAttr(getElementTypeOrSelf(input.getType()),
                                    -std::numeric_limits<double>::infinity());
    return buildReductionInLanes(b, loc, input, axes, least, larger, larger);
  }

  /// x - max, or its exponential.
  static Value buildShifted(OpBuilder &b, SoftmaxOp op, Value input, Value max,
                            ArrayRef<int64_t> kept, bool exp) {
    Elementwise work(b, op.getLoc(), getShape(input));
    unsigned x = work.add(input), m = work.addAlong(max, kept);
    Type wide = getWideFloat(getElementTypeOrSelf(input.getType()));
    return work.build(wide, [&](Body &body, ArrayRef<Value> args) {
      Value difference = body.sub(body.resizeFloat(args[x], wide),
                                  body.resizeFloat(args[m], wide));
      return exp ? body.make<math::ExpOp>(difference) : difference;
    });
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Layer and instance normalization
//===----------------------------------------------------------------------===//

namespace {
/// (x - mean) / sqrt(variance + epsilon) over some axes, times scale, plus
/// bias.
struct Normalization {
  SmallVector<int64_t> axes;
  double epsilon;
  bool rms = false; ///< take the mean as 0
  Value scale, bias;
  SmallVector<int64_t> parameterAxes; ///< of scale and bias

  Value build(OpBuilder &b, Location loc, Value input) const;

private:
  Value buildCentered(OpBuilder &b, Location loc, Value input) const;
  Value buildInverseDeviation(OpBuilder &b, Location loc, Value centered) const;
  int64_t count(Value input) const {
    int64_t product = 1;
    for (int64_t axis : axes)
      product *= getShape(input)[axis];
    return product;
  }
};
} // namespace

/// Sums divided by the number of elements of each.
static Value buildMean(OpBuilder &b, Location loc, Value sums, int64_t count) {
  Elementwise work(b, loc, getShape(sums));
  unsigned sum = work.add(sums);
  Type type = getElementTypeOrSelf(sums);
  return work.build(type, [&](Body &body, ArrayRef<Value> args) {
    return body.div(args[sum], body.constant(type, count));
  });
}

Value Normalization::buildCentered(OpBuilder &b, Location loc,
                                   Value input) const {
  Type element = getElementTypeOrSelf(input.getType());
  Type wide = getWideFloat(element);
  if (rms && wide == element)
    return input;
  Elementwise work(b, loc, getShape(input));
  unsigned x = work.add(input), mean = 0;
  if (!rms)
    mean = work.addAlong(
        buildMean(b, loc, buildFloatSum(b, loc, input, axes), count(input)),
        getKeptAxes(getShape(input).size(), axes));
  return work.build(wide, [&](Body &body, ArrayRef<Value> args) {
    Value value = body.resizeFloat(args[x], wide);
    return rms ? value : body.sub(value, args[mean]);
  });
}

/// 1 / sqrt(mean of squares + epsilon)
Value Normalization::buildInverseDeviation(OpBuilder &b, Location loc,
                                           Value centered) const {
  Type wide = getElementTypeOrSelf(centered.getType());
  Value squares = buildReductionInLanes(
      b, loc, centered, axes, getScalarAttr(wide, 0),
      [](Body &body, Value x, Value sum) {
        return body.add(sum, body.mul(x, x));
      },
      [](Body &body, Value x, Value y) { return body.add(x, y); });
  Elementwise work(b, loc, getShape(squares));
  unsigned sum = work.add(squares);
  return work.build(wide, [&](Body &body, ArrayRef<Value> args) {
    Value mean = body.div(args[sum], body.constant(wide, count(centered)));
    Value root =
        body.make<math::SqrtOp>(body.add(mean, body.constant(wide, epsilon)));
    return body.div(body.constant(wide, 1), root);
  });
}

Value Normalization::build(OpBuilder &b, Location loc, Value input) const {
  Value centered = buildCentered(b, loc, input);
  Value inverse = buildInverseDeviation(b, loc, centered);
  Type element = getElementTypeOrSelf(input.getType());
  Type wide = getElementTypeOrSelf(centered.getType());
  Elementwise work(b, loc, getShape(input));
  unsigned x = work.add(centered);
  unsigned factor =
      work.addAlong(inverse, getKeptAxes(getShape(input).size(), axes));
  unsigned s = scale ? work.addAlong(scale, parameterAxes) : 0;
  unsigned t = bias ? work.addAlong(bias, parameterAxes) : 0;
  return work.build(element, [&](Body &body, ArrayRef<Value> args) {
    Value y = body.mul(args[x], args[factor]);
    if (scale)
      y = body.mul(y, body.resizeFloat(args[s], wide));
    if (bias)
      y = body.add(y, body.resizeFloat(args[t], wide));
    return body.resizeFloat(y, element);
  });
}

/// Over the axes from `first` on; parameters as they are.
template <typename OpT, typename AdaptorT>
static Normalization describe(OpT op, AdaptorT adaptor, int64_t first) {
  int64_t rank = getShape(op.getInput()).size();
  Normalization norm;
  norm.axes = llvm::to_vector(llvm::seq<int64_t>(first, rank));
  norm.epsilon = op.getEpsilon().convertToDouble();
  norm.scale = adaptor.getScale();
  norm.bias = adaptor.getBias();
  return norm;
}

namespace {
struct LowerLayerNorm : OpConversionPattern<LayerNormOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(LayerNormOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Normalization norm = describe(op, adaptor, op.getAxis());
    norm.rms = op.getRms();
    norm.parameterAxes = norm.axes;
    auto fit = [&](Value value) -> Value {
      // Parameters may have leading axes of extent 1 left out or kept.
      if (!value)
        return value;
      return createReshape(rewriter, op.getLoc(), value,
                           getShape(op.getInput()).drop_front(op.getAxis()));
    };
    norm.scale = fit(norm.scale);
    norm.bias = fit(norm.bias);
    rewriter.replaceOp(op,
                       norm.build(rewriter, op.getLoc(), adaptor.getInput()));
    return success();
  }
};

struct LowerInstanceNorm : OpConversionPattern<InstanceNormOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(InstanceNormOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Normalization norm = describe(op, adaptor, 2);
    norm.parameterAxes = {1};
    rewriter.replaceOp(op,
                       norm.build(rewriter, op.getLoc(), adaptor.getInput()));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Batch normalization
//===----------------------------------------------------------------------===//

/// x * a + b with a = scale / sqrt(variance + epsilon), b = bias - mean * a.
struct LowerBatchNorm : OpConversionPattern<BatchNormOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(BatchNormOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Elementwise factors(rewriter, loc, getShape(op.getScale()));
    unsigned scale = factors.add(adaptor.getScale());
    unsigned variance = factors.add(adaptor.getVariance());
    Type element = getElementTypeOrSelf(op.getType());
    Type wide = getWideFloat(element);
    double epsilon = op.getEpsilon().convertToDouble();
    Value factor = factors.build(wide, [&](Body &body, ArrayRef<Value> args) {
      Value v = body.add(body.resizeFloat(args[variance], wide),
                         body.constant(wide, epsilon));
      return body.div(body.resizeFloat(args[scale], wide),
                      body.make<math::SqrtOp>(v));
    });
    Elementwise work(rewriter, loc, getShape(op.getInput()));
    unsigned x = work.add(adaptor.getInput());
    unsigned a = work.addAlong(factor, {1});
    unsigned mean = work.addAlong(adaptor.getMean(), {1});
    unsigned bias = work.addAlong(adaptor.getBias(), {1});
    auto body = [&](Body &body, ArrayRef<Value> args) {
      auto widen = [&](Value v) { return body.resizeFloat(v, wide); };
      Value y = body.sub(widen(args[x]), widen(args[mean]));
      y = body.add(body.mul(y, args[a]), widen(args[bias]));
      return body.resizeFloat(y, element);
    };
    rewriter.replaceOp(op, work.build(element, body));
    return success();
  }
};
} // namespace

void lower::populateNormalizationPatterns(const TypeConverter &converter,
                                          RewritePatternSet &patterns) {
  patterns.add<LowerSoftmax, LowerLayerNorm, LowerInstanceNorm, LowerBatchNorm>(
      converter, patterns.getContext());
}
