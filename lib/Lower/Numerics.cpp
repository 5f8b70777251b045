//===- Numerics.cpp - The rules of docs/Numerics.md as IR -------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Numerics.h"

#include <cmath>

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

FailureOr<Quantization> Quantization::get(Type type) {
  quant::QuantizedType element = getQuantizedType(type);
  if (!element)
    return failure();
  Quantization result{element.isSigned(),
                      element.getStorageTypeIntegralWidth(),
                      element.getStorageTypeMin(),
                      element.getStorageTypeMax(),
                      {},
                      {},
                      std::nullopt};
  if (auto uniform = dyn_cast<quant::UniformQuantizedType>(element)) {
    result.scales.push_back(float(uniform.getScale()));
    result.zeros.push_back(uniform.getZeroPoint());
    return result;
  }
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(element);
  if (!perAxis)
    return failure();
  for (double scale : perAxis.getScales())
    result.scales.push_back(float(scale));
  llvm::append_range(result.zeros, perAxis.getZeroPoints());
  result.axis = perAxis.getQuantizedDimension();
  return result;
}

SmallVector<int64_t> Quantization::getAxes(int64_t rank,
                                           int64_t ownRank) const {
  if (!axis)
    return {};
  return {*axis + rank - ownRank};
}

int64_t lower::quantizeNumber(double x, float scale, int64_t zero, int64_t min,
                              int64_t max) {
  float scaled = float(x) / scale;
  if (std::isnan(scaled))
    return min;
  double rounded = std::nearbyint(double(scaled)) + double(zero);
  return int64_t(std::min(std::max(rounded, double(min)), double(max)));
}

std::pair<int64_t, int64_t> Quantization::getBounds(ClampAttr clamp,
                                                    size_t i) const {
  if (!clamp)
    return {min, max};
  return {quantizeNumber(clamp.getMinValue(), scales[i], zeros[i], min, max),
          quantizeNumber(clamp.getMaxValue(), scales[i], zeros[i], min, max)};
}

template <typename FnT>
static SmallVector<float> combine(ArrayRef<float> a, ArrayRef<float> b,
                                  FnT compute) {
  SmallVector<float> result;
  for (size_t i = 0, e = std::max(a.size(), b.size()); i < e; ++i)
    result.push_back(
        compute(a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]));
  return result;
}

SmallVector<float> lower::divide(ArrayRef<float> a, ArrayRef<float> b) {
  return combine(a, b, std::divides<float>());
}
SmallVector<float> lower::multiply(ArrayRef<float> a, ArrayRef<float> b) {
  return combine(a, b, std::multiplies<float>());
}

//===----------------------------------------------------------------------===//
// Quantizer
//===----------------------------------------------------------------------===//

/// Integers beyond this are not all f32 numbers.
static constexpr int64_t kExactInF32 = int64_t(1) << 24;

Quantizer::Quantizer(Elementwise &to, const Quantization &type, ClampAttr clamp,
                     ArrayRef<int64_t> axes)
    : bits(type.bits), isSymmetric(type.isSymmetric()), isWide(false) {
  SmallVector<int64_t> lows, highs;
  for (size_t i = 0; i < type.zeros.size(); ++i) {
    auto [min, max] = type.getBounds(clamp, i);
    lows.push_back(min);
    highs.push_back(max);
    isWide |= std::max(std::abs(min), std::abs(max)) + std::abs(type.zeros[i]) >
              kExactInF32;
  }
  if (isWide) {
    low = to.addNumbers(lows, axes);
    high = to.addNumbers(highs, axes);
    zero = to.addNumbers(type.zeros, axes);
    return;
  }
  // The zero point is added after the clamp, so bounds are moved by it.
  SmallVector<float> lowNumbers, highNumbers;
  SmallVector<int32_t> zeros;
  for (auto [min, max, z] : llvm::zip(lows, highs, type.zeros)) {
    lowNumbers.push_back(min - z);
    highNumbers.push_back(max - z);
    zeros.push_back(z);
  }
  low = to.addNumbers(lowNumbers, axes);
  high = to.addNumbers(highNumbers, axes);
  zero = to.addNumbers(zeros, axes);
}

Value Quantizer::build(Body &body, ArrayRef<Value> args, Value x,
                       bool mayBeNaN) const {
  // Not above the lower bound is the lower bound: so is NaN. On x86 this is one
  // `maxps`, as in ONNX Runtime.
  Value least = isWide ? body.f32(-0x1p40) : args[low];
  if (mayBeNaN)
    x = body.select(body.compare(arith::CmpFPredicate::OGT, x, least), x,
                    least);
  if (isWide)
    return buildWide(body, args, x);
  x = body.clampNumber(x, args[low], args[high]);
  x = body.make<math::RoundEvenOp>(x);
  Value q = body.make<arith::FPToSIOp>(body.getI32Type(), x);
  if (!isSymmetric)
    q = body.add(q, args[zero]);
  return body.resizeInteger(q, /*isSigned=*/true, body.getIntegerType(bits));
}

Value Quantizer::buildWide(Body &body, ArrayRef<Value> args, Value x) const {
  // Far outside of 32 bits, far inside of 64.
  x = body.clampNumber(x, body.f32(-0x1p40), body.f32(0x1p40));
  x = body.make<math::RoundEvenOp>(x);
  Value q = body.make<arith::FPToSIOp>(body.getI64Type(), x);
  if (!isSymmetric)
    q = body.add(q, args[zero]);
  q = body.min(body.max(q, args[low]), args[high]);
  return body.resizeInteger(q, /*isSigned=*/true, body.getIntegerType(bits));
}

//===----------------------------------------------------------------------===//
// Dequantizer
//===----------------------------------------------------------------------===//

Dequantizer::Dequantizer(Elementwise &to, const Quantization &type,
                         ArrayRef<int64_t> axes)
    : zero(0), bits(type.bits), isSigned(type.isSigned),
      isSymmetric(type.isSymmetric()) {
  if (isSymmetric)
    return;
  if (bits > 16) {
    zero = to.addNumbers(type.zeros, axes);
    return;
  }
  SmallVector<int32_t> zeros(type.zeros.begin(), type.zeros.end());
  zero = to.addNumbers(zeros, axes);
}

Value Dequantizer::buildCentered(Body &body, ArrayRef<Value> args,
                                 Value stored) const {
  bool needs64 =
      bits > 32 || (bits > 16 && !isSymmetric) || (bits == 32 && !isSigned);
  Type type = needs64 ? body.getI64Type() : body.getI32Type();
  Value q = body.resizeInteger(stored, isSigned, type);
  if (isSymmetric)
    return q;
  Value z = body.resizeInteger(args[zero], /*isSigned=*/true, type);
  return body.sub(q, z);
}

Value Dequantizer::buildNumber(Body &body, ArrayRef<Value> args,
                               Value stored) const {
  return body.toFloat(buildCentered(body, args, stored), /*isSigned=*/true,
                      body.getF32Type());
}

//===----------------------------------------------------------------------===//
// Real operands and results
//===----------------------------------------------------------------------===//

RealOperand::RealOperand(Elementwise &to, Typed operand)
    : slot(to.add(operand.value)) {
  FailureOr<Quantization> type = Quantization::get(operand.type);
  if (failed(type))
    return;
  SmallVector<int64_t> axes =
      type->getAxes(to.getRank(), getShape(operand.value).size());
  scale = to.addNumbers(type->scales, axes);
  dequantizer.emplace(to, *type, axes);
}

Value RealOperand::build(Body &body, ArrayRef<Value> args) const {
  if (!dequantizer)
    return args[slot];
  return body.mul(dequantizer->buildNumber(body, args, args[slot]),
                  args[scale]);
}

RealResult::RealResult(Elementwise &to, RankedTensorType type, ClampAttr clamp)
    : element(type.getElementType()), clamp(clamp) {
  FailureOr<Quantization> quantized = Quantization::get(type);
  if (failed(quantized))
    return;
  SmallVector<int64_t> axes = quantized->getAxes(to.getRank(), type.getRank());
  element = IntegerType::get(type.getContext(), quantized->bits);
  scale = to.addNumbers(quantized->scales, axes);
  quantizer.emplace(to, *quantized, clamp, axes);
}

Value RealResult::build(Body &body, ArrayRef<Value> args, Value x) const {
  if (!quantizer)
    return body.resizeFloat(buildClamp(body, x, clamp), element);
  x = body.div(body.resizeFloat(x, body.getF32Type()), args[scale]);
  return quantizer->build(body, args, x, /*mayBeNaN=*/true);
}

Value lower::buildClamp(Body &body, Value x, ClampAttr clamp) {
  if (!clamp)
    return x;
  if (!std::isinf(clamp.getMinValue()))
    x = body.max(x, body.constant(x.getType(), clamp.getMinValue()));
  if (!std::isinf(clamp.getMaxValue()))
    x = body.min(x, body.constant(x.getType(), clamp.getMaxValue()));
  return x;
}

//===----------------------------------------------------------------------===//
// Means
//===----------------------------------------------------------------------===//

Type lower::getSumType(MLIRContext *context, const Quantization &type,
                       int64_t count) {
  int64_t largest = std::max(std::abs(type.min), std::abs(type.max));
  bool fits = count <= std::numeric_limits<int32_t>::max() / 2 / largest;
  return IntegerType::get(context, fits ? 32 : 64);
}

Value lower::buildMean(OpBuilder &b, Location loc, Value sums,
                       const Quantization &from, RankedTensorType type,
                       ArrayRef<float> counts, ArrayRef<int64_t> axes,
                       ClampAttr clamp) {
  FailureOr<Quantization> to = Quantization::get(type);
  SmallVector<float> divisors(counts);
  if (succeeded(to))
    divisors = multiply(to->scales, counts);
  Elementwise work(b, loc, getShape(sums));
  unsigned sum = work.add(sums);
  unsigned scale = work.addNumbers(divide(from.scales, divisors), axes);
  std::optional<Quantizer> quantizer;
  if (succeeded(to))
    quantizer.emplace(work, *to, clamp, ArrayRef<int64_t>{});
  Type element =
      succeeded(to) ? b.getIntegerType(to->bits) : type.getElementType();
  return work.build(element, [&](Body &body, ArrayRef<Value> args) {
    Value x = body.toFloat(args[sum], /*isSigned=*/true, body.getF32Type());
    x = body.mul(x, args[scale]);
    if (quantizer)
      return quantizer->build(body, args, x, /*mayBeNaN=*/false);
    return body.resizeFloat(buildClamp(body, x, clamp), element);
  });
}
