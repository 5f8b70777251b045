//===- ResizePatterns.cpp - Resizes to linalg -------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shapes are static, so which elements a result is made of and with which
// weights is known here: one small table an axis and tap. Coordinates are
// computed in f32, as ONNX Runtime does: results of `nearest` depend on it.
//
//===----------------------------------------------------------------------===//

#include "Gather.h"
#include "Numerics.h"
#include "Patterns.h"

#include <cmath>

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

namespace {
/// What a result takes from one axis: for each tap, an index and a weight for
/// each of the axis's result indices.
struct AxisTaps {
  SmallVector<SmallVector<int64_t>> indices;
  SmallVector<SmallVector<float>> weights;

  void add(size_t tap, int64_t index, float weight) {
    if (indices.size() <= tap) {
      indices.resize(tap + 1);
      weights.resize(tap + 1);
    }
    indices[tap].push_back(index);
    weights[tap].push_back(weight);
  }
  /// Every result is one element.
  bool isPick() const { return indices.size() == 1; }
  /// Result i shows element i / factor; 0 if that is not so.
  int64_t getRepeat(int64_t extent) const;
};

/// One axis of a resize, by ONNX's definitions.
struct ResizeAxis {
  int64_t in, out;
  float scale;

  float getCoordinate(int64_t i, ResizeCoordinates mode) const;
  int64_t getNearest(float x, ResizeRounding rounding) const;
  AxisTaps getTaps(ResizeOp op) const;

private:
  void addLinear(AxisTaps &taps, float x) const;
  void addCubic(AxisTaps &taps, float x, ResizeOp op) const;
  int64_t cut(int64_t i) const {
    return std::min(std::max<int64_t>(i, 0), in - 1);
  }
};
} // namespace

int64_t AxisTaps::getRepeat(int64_t extent) const {
  if (!isPick() || extent == 0 || indices[0].size() % extent)
    return 0;
  int64_t factor = indices[0].size() / extent;
  for (auto [i, index] : llvm::enumerate(indices[0]))
    if (index != int64_t(i) / factor)
      return 0;
  return factor;
}

float ResizeAxis::getCoordinate(int64_t i, ResizeCoordinates mode) const {
  float at = float(i);
  switch (mode) {
  case ResizeCoordinates::HalfPixel:
    return (at + 0.5f) / scale - 0.5f;
  case ResizeCoordinates::PytorchHalfPixel:
    return out > 1 ? (at + 0.5f) / scale - 0.5f : 0.0f;
  case ResizeCoordinates::AlignCorners:
    return out == 1 ? 0.0f : at * float(in - 1) / float(out - 1);
  case ResizeCoordinates::Asymmetric:
    return at / scale;
  case ResizeCoordinates::HalfPixelSymmetric: {
    float adjustment = float(out) / (scale * float(in));
    float offset = float(in) / 2 * (1 - adjustment);
    return offset + (at + 0.5f) / scale - 0.5f;
  }
  }
  llvm_unreachable("all modes are handled");
}

int64_t ResizeAxis::getNearest(float x, ResizeRounding rounding) const {
  switch (rounding) {
  case ResizeRounding::RoundPreferFloor:
    return cut(int64_t(std::ceil(x - 0.5f)));
  case ResizeRounding::RoundPreferCeil:
    return cut(int64_t(std::floor(x + 0.5f)));
  case ResizeRounding::Floor:
    return cut(int64_t(std::floor(x)));
  case ResizeRounding::Ceil:
    return cut(int64_t(std::ceil(x)));
  }
  llvm_unreachable("all roundings are handled");
}

void ResizeAxis::addLinear(AxisTaps &taps, float x) const {
  x = std::min(std::max(x, 0.0f), float(in - 1));
  int64_t low = int64_t(x);
  float fraction = x - float(low);
  taps.add(0, low, 1.0f - fraction);
  taps.add(1, cut(low + 1), fraction);
}

/// Keys' cubic with parameter a at distance x.
static float getCubicWeight(float x, float a) {
  x = std::abs(x);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

void ResizeAxis::addCubic(AxisTaps &taps, float x, ResizeOp op) const {
  float a = float(op.getCubicA().convertToDouble());
  int64_t low = int64_t(std::floor(x));
  float weights[4], total = 0;
  for (int64_t t = 0; t < 4; ++t) {
    int64_t index = low - 1 + t;
    weights[t] = getCubicWeight(x - float(index), a);
    if (op.getExcludeOutside() && (index < 0 || index >= in))
      weights[t] = 0;
    total += weights[t];
  }
  for (int64_t t = 0; t < 4; ++t)
    taps.add(t, cut(low - 1 + t),
             op.getExcludeOutside() ? weights[t] / total : weights[t]);
}

AxisTaps ResizeAxis::getTaps(ResizeOp op) const {
  AxisTaps taps;
  for (int64_t i = 0; i < out; ++i) {
    float x = getCoordinate(i, op.getCoordinates());
    if (op.getMode() == ResizeMode::Nearest)
      taps.add(0, getNearest(x, op.getRounding()), 1);
    else if (op.getMode() == ResizeMode::Linear)
      addLinear(taps, x);
    else
      addCubic(taps, x, op);
  }
  // Taps that never count, as on an axis that keeps its extent.
  for (size_t t = taps.indices.size(); t-- > 0;)
    if (llvm::all_of(taps.weights[t], [](float w) { return w == 0; })) {
      taps.indices.erase(taps.indices.begin() + t);
      taps.weights.erase(taps.weights.begin() + t);
    }
  return taps;
}

//===----------------------------------------------------------------------===//
// Picks: nearest
//===----------------------------------------------------------------------===//

/// Whole repetitions of elements are axes of their own, until the last step.
static Value createRepeat(OpBuilder &b, Location loc, Value input,
                          ArrayRef<int64_t> factors) {
  SmallVector<int64_t> shape, axes, merged;
  for (auto [extent, factor] : llvm::zip(getShape(input), factors)) {
    axes.push_back(shape.size());
    shape.push_back(extent);
    if (factor != 1)
      shape.push_back(factor);
    merged.push_back(extent * factor);
  }
  Elementwise work(b, loc, shape);
  unsigned x = work.addAlong(input, axes);
  Value repeated =
      work.build(getElementTypeOrSelf(input.getType()),
                 [&](Body &, ArrayRef<Value> args) { return args[x]; });
  return createReshape(b, loc, repeated, merged);
}

static Value createPick(OpBuilder &b, Location loc, Value input,
                        ArrayRef<int64_t> shape, ArrayRef<AxisTaps> taps) {
  SmallVector<int64_t> factors(shape.size(), 1);
  SmallVector<IndexTable> tables(shape.size());
  for (auto [i, axis] : llvm::enumerate(taps)) {
    factors[1 + i] = axis.getRepeat(getShape(input)[1 + i]);
    tables[1 + i] = axis.indices[0];
  }
  if (!llvm::is_contained(factors, 0))
    return createRepeat(b, loc, input, factors);
  return createGather(b, loc, input, shape, tables);
}

//===----------------------------------------------------------------------===//
// Interpolation
//===----------------------------------------------------------------------===//

namespace {
/// Builds the weighted sum of taps, the first spatial axis outermost.
class Interpolator {
public:
  Interpolator(Elementwise &work, Value input, ArrayRef<AxisTaps> taps)
      : input(input), rank(getShape(input).size()) {
    for (auto [i, axis] : llvm::enumerate(taps)) {
      indices.emplace_back();
      weights.emplace_back();
      for (auto [index, weight] : llvm::zip(axis.indices, axis.weights)) {
        indices.back().emplace_back(work, 1 + i, IndexTable(index));
        weights.back().push_back(
            work.addNumbers(ArrayRef<float>(weight), {int64_t(1 + i)}));
      }
    }
  }

  /// `read` turns a stored element into a number.
  Value build(Body &body, ArrayRef<Value> args,
              function_ref<Value(Value)> read) const {
    SmallVector<Value> at{body.make<linalg::IndexOp>(int64_t(0))};
    return buildAxis(body, args, 0, at, read);
  }

private:
  Value buildAxis(Body &body, ArrayRef<Value> args, size_t axis,
                  SmallVector<Value> at,
                  function_ref<Value(Value)> read) const {
    if (axis == indices.size()) {
      at.push_back(body.make<linalg::IndexOp>(rank - 1));
      return read(body.make<tensor::ExtractOp>(input, at));
    }
    Value sum;
    for (size_t t = 0; t < indices[axis].size(); ++t) {
      SmallVector<Value> next(at);
      next.push_back(indices[axis][t].build(body, args));
      Value x = buildAxis(body, args, axis + 1, next, read);
      if (indices[axis].size() == 1)
        return x;
      Value weight = body.resizeFloat(args[weights[axis][t]], x.getType());
      x = body.mul(x, weight);
      sum = sum ? body.add(sum, x) : x;
    }
    return sum;
  }

  Value input;
  int64_t rank;
  SmallVector<SmallVector<TableIndex>> indices;
  SmallVector<SmallVector<unsigned>> weights;
};
} // namespace

static Value interpolateFloat(OpBuilder &b, Location loc, Value input,
                              RankedTensorType type, ArrayRef<AxisTaps> taps) {
  Elementwise work(b, loc, type.getShape());
  Interpolator interpolator(work, input, taps);
  RealResult result(work, type, {});
  return work.build(result.getElement(), [&](Body &body, ArrayRef<Value> args) {
    auto read = [&](Value x) {
      return x.getType().getIntOrFloatBitWidth() < 32
                 ? body.resizeFloat(x, body.getF32Type())
                 : x;
    };
    return result.build(body, args, interpolator.build(body, args, read));
  });
}

/// Rule R1: interpolation of f32(q - z), then times f32(s_x / s_y).
static Value interpolateQuantized(OpBuilder &b, Location loc, Value input,
                                  const Quantization &from,
                                  RankedTensorType type,
                                  ArrayRef<AxisTaps> taps) {
  Elementwise work(b, loc, type.getShape());
  Interpolator interpolator(work, input, taps);
  Dequantizer dequantizer(work, from, {});
  FailureOr<Quantization> to = Quantization::get(type);
  SmallVector<float> divisors{1};
  std::optional<Quantizer> quantizer;
  if (succeeded(to)) {
    divisors = to->scales;
    quantizer.emplace(work, *to, ClampAttr(), ArrayRef<int64_t>{});
  }
  unsigned scale = work.addNumbers(divide(from.scales, divisors), {});
  Type element =
      succeeded(to) ? b.getIntegerType(to->bits) : type.getElementType();
  return work.build(element, [&](Body &body, ArrayRef<Value> args) {
    Value x = interpolator.build(body, args, [&](Value stored) {
      return dequantizer.buildNumber(body, args, stored);
    });
    x = body.mul(x, args[scale]);
    if (quantizer)
      return quantizer->build(body, args, x, /*mayBeNaN=*/false);
    return body.resizeFloat(x, element);
  });
}

//===----------------------------------------------------------------------===//
// Pattern
//===----------------------------------------------------------------------===//

namespace {
struct LowerResize : OpConversionPattern<ResizeOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ResizeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value input =
        toChannelsLast(rewriter, loc, adaptor.getInput(), op.getLayout());
    SmallVector<int64_t> shape(getShape(input));
    SmallVector<AxisTaps> taps;
    for (auto [i, size, scale] :
         llvm::enumerate(op.getSizes(), op.getScales())) {
      taps.push_back(ResizeAxis{shape[1 + i], size, float(scale)}.getTaps(op));
      shape[1 + i] = size;
    }
    auto type =
        RankedTensorType::get(shape, getElementTypeOrSelf(op.getType()));
    FailureOr<Quantization> from = Quantization::get(op.getInput().getType());
    bool isPick = llvm::all_of(taps, [](auto &axis) { return axis.isPick(); });
    bool isSame = getElementTypeOrSelf(op.getInput().getType()) ==
                  getElementTypeOrSelf(op.getType());
    Value result;
    if (isPick && isSame)
      result = createPick(rewriter, loc, input, shape, taps);
    else if (succeeded(from) && !from->isPerAxis())
      result = interpolateQuantized(rewriter, loc, input, *from, type, taps);
    else if (isa<FloatType>(getElementTypeOrSelf(op.getInput().getType())))
      result = interpolateFloat(rewriter, loc, input, type, taps);
    else
      return rewriter.notifyMatchFailure(op, "integers do not interpolate");
    rewriter.replaceOp(op,
                       fromChannelsLast(rewriter, loc, result, op.getLayout()));
    return success();
  }
};
} // namespace

void lower::populateResizePatterns(const TypeConverter &converter,
                                   RewritePatternSet &patterns) {
  patterns.add<LowerResize>(converter, patterns.getContext());
}
