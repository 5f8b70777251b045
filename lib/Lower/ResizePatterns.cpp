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
  /// Every result is the element of its own index.
  static AxisTaps getWhole(int64_t extent) {
    AxisTaps taps;
    for (int64_t i = 0; i < extent; ++i)
      taps.add(0, i, 1);
    return taps;
  }
  /// Result i shows element i / factor; 0 if that is not so.
  int64_t getRepeat(int64_t extent) const;
};

/// Those of neighbouring axes, from the first on.
struct Taps {
  int64_t first;
  SmallVector<AxisTaps> axes;

  bool isPick() const {
    return llvm::all_of(axes, [](auto &axis) { return axis.isPick(); });
  }
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
                        ArrayRef<int64_t> shape, const Taps &taps) {
  SmallVector<int64_t> factors(shape.size(), 1);
  SmallVector<IndexTable> tables(shape.size());
  for (auto [i, axis] : llvm::enumerate(taps.axes)) {
    factors[taps.first + i] = axis.getRepeat(getShape(input)[taps.first + i]);
    tables[taps.first + i] = axis.indices[0];
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
  Interpolator(Elementwise &work, Value input, const Taps &taps)
      : input(input), first(taps.first), rank(getShape(input).size()) {
    for (auto [i, axis] : llvm::enumerate(taps.axes)) {
      indices.emplace_back();
      weights.emplace_back();
      for (auto [index, weight] : llvm::zip(axis.indices, axis.weights)) {
        indices.back().emplace_back(work, first + i, IndexTable(index));
        if (!axis.isPick())
          weights.back().push_back(
              work.addNumbers(ArrayRef<float>(weight), {first + int64_t(i)}));
      }
    }
  }

  /// `read` turns a stored element into a number.
  Value build(Body &body, ArrayRef<Value> args,
              function_ref<Value(Value)> read) const {
    SmallVector<Value> at;
    for (int64_t axis = 0; axis < first; ++axis)
      at.push_back(body.make<linalg::IndexOp>(axis));
    return buildAxis(body, args, 0, at, read);
  }

private:
  Value buildAxis(Body &body, ArrayRef<Value> args, size_t axis,
                  SmallVector<Value> at,
                  function_ref<Value(Value)> read) const {
    if (axis == indices.size()) {
      for (int64_t rest = at.size(); rest < rank; ++rest)
        at.push_back(body.make<linalg::IndexOp>(rest));
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
  int64_t first, rank;
  SmallVector<SmallVector<TableIndex>> indices;
  SmallVector<SmallVector<unsigned>> weights;
};
} // namespace

/// What is added up of an element of `from`, which may be quantized: a number
/// that is not scaled yet.
static Value readNumber(Body &body, ArrayRef<Value> args,
                        std::optional<Dequantizer> &dequantizer, Value x) {
  if (dequantizer)
    return dequantizer->buildNumber(body, args, x);
  return x.getType().getIntOrFloatBitWidth() < 32
             ? body.resizeFloat(x, body.getF32Type())
             : x;
}

/// The axes before the last grow: the last one goes ahead by itself, so that
/// each of its sums is computed once. It is the innermost of the sum anyway.
static bool goesAhead(ArrayRef<AxisTaps> axes, ArrayRef<int64_t> extents) {
  if (axes.size() < 2 || axes.back().isPick())
    return false;
  int64_t in = 1, out = 1;
  for (auto [axis, extent] : llvm::zip(axes.drop_back(), extents)) {
    in *= extent;
    out *= axis.indices[0].size();
  }
  return out >= 2 * in;
}

/// Interpolates along the last of the axes only, which then are whole.
static Value interpolateLast(OpBuilder &b, Location loc, Value input,
                             std::optional<Quantization> &from, Taps &taps) {
  Taps last{taps.first + int64_t(taps.axes.size()) - 1, {taps.axes.back()}};
  SmallVector<int64_t> shape(getShape(input));
  shape[last.first] = taps.axes.back().indices[0].size();
  Elementwise work(b, loc, shape);
  Interpolator interpolator(work, input, last);
  std::optional<Dequantizer> dequantizer;
  if (from)
    dequantizer.emplace(work, *from, ArrayRef<int64_t>{});
  Type element = getElementTypeOrSelf(input.getType());
  bool isWide = element.isF64();
  Value numbers = work.build(
      isWide ? element : b.getF32Type(), [&](Body &body, ArrayRef<Value> args) {
        return interpolator.build(body, args, [&](Value x) {
          return readNumber(body, args, dequantizer, x);
        });
      });
  taps.axes.back() = AxisTaps::getWhole(shape[last.first]);
  return numbers;
}

/// Rule R1 where the input was quantized: interpolation of f32(q - z), then
/// times f32(s_x / s_y).
static Value interpolate(OpBuilder &b, Location loc, Value input,
                         std::optional<Quantization> from,
                         RankedTensorType type, Taps taps) {
  SmallVector<float> scales, divisors{1};
  if (from)
    scales = from->scales;
  if (goesAhead(taps.axes, getShape(input).drop_front(taps.first))) {
    input = interpolateLast(b, loc, input, from, taps);
    from.reset();
  }
  Elementwise work(b, loc, type.getShape());
  Interpolator interpolator(work, input, taps);
  std::optional<Dequantizer> dequantizer;
  if (from)
    dequantizer.emplace(work, *from, ArrayRef<int64_t>{});
  auto read = [&](Body &body, ArrayRef<Value> args) {
    return interpolator.build(body, args, [&](Value x) {
      return readNumber(body, args, dequantizer, x);
    });
  };
  if (scales.empty()) {
    RealResult result(work, type, {});
    return work.build(result.getElement(),
                      [&](Body &body, ArrayRef<Value> args) {
                        return result.build(body, args, read(body, args));
                      });
  }
  FailureOr<Quantization> to = Quantization::get(type);
  std::optional<Quantizer> quantizer;
  if (succeeded(to)) {
    divisors = to->scales;
    quantizer.emplace(work, *to, ClampAttr(), ArrayRef<int64_t>{});
  }
  unsigned scale = work.addNumbers(divide(scales, divisors), {});
  Type element =
      succeeded(to) ? b.getIntegerType(to->bits) : type.getElementType();
  return work.build(element, [&](Body &body, ArrayRef<Value> args) {
    Value x = body.mul(read(body, args), args[scale]);
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
    Value input = adaptor.getInput();
    SmallVector<int64_t> shape(getShape(input));
    Taps taps{op.getLayout() == Layout::ChannelsLast ? 1 : 2, {}};
    for (auto [i, size, scale] :
         llvm::enumerate(op.getSizes(), op.getScales())) {
      int64_t &extent = shape[taps.first + i];
      taps.axes.push_back(ResizeAxis{extent, size, float(scale)}.getTaps(op));
      extent = size;
    }
    Type inElement = getElementTypeOrSelf(op.getInput().getType()),
         outElement = getElementTypeOrSelf(op.getType());
    FailureOr<Quantization> from = Quantization::get(op.getInput().getType());
    std::optional<Quantization> quantized;
    if (succeeded(from) && !from->isPerAxis())
      quantized = *from;
    if (taps.isPick() && inElement == outElement)
      rewriter.replaceOp(op, createPick(rewriter, loc, input, shape, taps));
    else if (quantized || isa<FloatType>(inElement))
      rewriter.replaceOp(
          op, interpolate(rewriter, loc, input, quantized,
                          RankedTensorType::get(shape, outElement), taps));
    else
      return rewriter.notifyMatchFailure(op, "integers do not interpolate");
    return success();
  }
};
} // namespace

void lower::populateResizePatterns(const TypeConverter &converter,
                                   RewritePatternSet &patterns) {
  patterns.add<LowerResize>(converter, patterns.getContext());
}
