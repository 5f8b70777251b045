//===- Weights.cpp - Quantized constants -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Quantize/Weights.h"

#include "octet/IR/AxisIndex.h"
#include "octet/IR/Constants.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

using namespace mlir;
using namespace mlir::octet;

/// Rounds x / scale half to even, as rule Q1 does at run time.
static double divideAndRound(float x, double scale) {
  return std::nearbyint(x / float(scale));
}

/// The largest magnitude of each channel; empty if some value is not finite.
static std::vector<float> findExtents(ArrayRef<float> values,
                                      const AxisIndex &channels) {
  std::vector<float> extents(channels.count);
  bool isFinite = true;
  channels.forEach(values.size(), [&](int64_t i, int64_t channel) {
    isFinite &= std::isfinite(values[i]);
    extents[channel] = std::max(extents[channel], std::abs(values[i]));
  });
  return isFinite ? extents : std::vector<float>();
}

Value mlir::octet::quantizeWeights(OpBuilder &builder, Value weight,
                                   std::optional<int64_t> axis) {
  std::optional<ConstantData> data = readConstant(weight);
  if (!data || !data->type.getElementType().isF32())
    return {};
  AxisIndex channels =
      axis ? AxisIndex(data->type.getShape(), *axis) : AxisIndex();
  ArrayRef<float> values = data->as<float>();
  std::vector<float> extents = findExtents(values, channels);
  if (extents.empty())
    return {};
  SmallVector<double> scales;
  for (float extent : extents) {
    float scale = extent / 127;
    // A channel of zeros: any scale represents it.
    scales.push_back(scale < FLT_MIN ? 1.0f : scale);
  }
  IntegerType i8 = builder.getI8Type();
  ConstantData quantized{data->type.clone(i8), {}};
  quantized.bytes.resize(values.size());
  channels.forEach(values.size(), [&](int64_t i, int64_t channel) {
    quantized.bytes[i] = char(
        std::clamp(divideAndRound(values[i], scales[channel]), -127.0, 127.0));
  });
  quant::QuantizedType type;
  unsigned flags = quant::QuantizationFlags::Signed;
  Type f32 = builder.getF32Type();
  if (axis)
    type = quant::UniformQuantizedPerAxisType::get(
        flags, i8, f32, scales, SmallVector<int64_t>(scales.size(), 0), *axis,
        -127, 127);
  else
    type = quant::UniformQuantizedType::get(flags, i8, f32, scales[0], 0, -127,
                                            127);
  return makeConstant(builder, weight.getLoc(), quantized,
                      data->type.clone(type));
}

Value mlir::octet::quantizeConstant(OpBuilder &builder, Value constant,
                                    quant::UniformQuantizedType type) {
  std::optional<ConstantData> data = readConstant(constant);
  ConstantData quantized{data->type.clone(builder.getI8Type()), {}};
  for (float x : data->as<float>()) {
    double q = divideAndRound(x, type.getScale()) + type.getZeroPoint();
    q = std::isnan(q) ? type.getZeroPoint() : q;
    quantized.bytes.push_back(
        char(int64_t(std::clamp(q, double(type.getStorageTypeMin()),
                                double(type.getStorageTypeMax())))));
  }
  Value storage = makeConstant(builder, constant.getLoc(), quantized,
                               data->type.clone(type));
  return DequantizeOp::create(builder, constant.getLoc(), constant.getType(),
                              storage);
}
