//===- Bias.cpp - Constants at the accumulator's scale -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Fold/Bias.h"

#include "octet/IR/QuantizedConstants.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace mlir::octet;

/// A bias larger than this leaves too little room for the sum.
static constexpr double kMaxBias = 1 << 30;

static std::optional<QuantizedConstant> readWeights(Value weight) {
  auto source = weight.getDefiningOp<DequantizeOp>();
  return source ? readQuantizedConstant(source.getInput()) : std::nullopt;
}

/// The float bias, whatever form it has; empty if there is none.
static std::optional<SmallVector<double>> readBias(Value bias) {
  if (!bias)
    return SmallVector<double>();
  auto source = bias.getDefiningOp<DequantizeOp>();
  if (!source)
    return readFloats(bias);
  std::optional<SmallVector<int64_t>> steps = readIntegers(source.getInput());
  if (!steps)
    return std::nullopt;
  SmallVector<double> values;
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(
      getQuantizedType(source.getInput()));
  auto uniform = dyn_cast<quant::UniformQuantizedType>(
      getQuantizedType(source.getInput()));
  for (auto [i, step] : llvm::enumerate(*steps))
    values.push_back(step *
                     (perAxis ? perAxis.getScales()[i] : uniform.getScale()));
  return values;
}

/// A channel's weights at another scale.
static void rescale(QuantizedConstant &weights, int64_t channel, double scale) {
  scale = float(scale); // as every scale is
  double ratio = weights.scales[channel] / scale;
  int64_t zeroPoint = weights.zeroPoints[channel];
  MutableArrayRef<char> bytes = weights.data.as<char>();
  weights.axis.forEach(bytes.size(), [&](int64_t i, int64_t entry) {
    if (entry == channel)
      bytes[i] = char(
          int64_t(std::nearbyint((weights.getStored(i) - zeroPoint) * ratio)) +
          zeroPoint);
  });
  weights.scales[channel] = scale;
}

/// The largest magnitude that the sum over one output channel can reach.
static int64_t boundAccumulator(const QuantizedConstant &weights,
                                const AxisIndex &channels,
                                quant::UniformQuantizedType input) {
  int64_t z = input.getZeroPoint();
  int64_t reach =
      std::max(input.getStorageTypeMax() - z, z - input.getStorageTypeMin());
  int64_t size = weights.data.bytes.size();
  std::vector<int64_t> sums(channels.countEntries(size));
  channels.forEach(size, [&](int64_t i, int64_t channel) {
    int64_t zeroPoint = weights.zeroPoints[weights.axis.of(i)];
    sums[channel] += std::abs(weights.getStored(i) - zeroPoint);
  });
  // The raw storage values, up to 255, are what is multiplied.
  reach = std::max<int64_t>(reach, 255);
  int64_t most = sums.empty() ? 0 : *std::max_element(sums.begin(), sums.end());
  return most * reach;
}

/// The i32 constant, its type per axis where the weights' is.
static Value makeBias(OpBuilder &builder, Location loc, ArrayRef<double> values,
                      const QuantizedConstant &weights, double inputScale) {
  IntegerType i32 = builder.getI32Type();
  // The groups of a transposed convolution share the weights' scales.
  size_t count = weights.scales.size() == 1 ? 1 : values.size();
  SmallVector<double> scales;
  for (size_t i = 0; i < count; ++i)
    scales.push_back(float(float(inputScale) *
                           float(weights.scales[i % weights.scales.size()])));
  ConstantData data{RankedTensorType::get(int64_t(values.size()), i32), {}};
  data.bytes.resize(values.size() * sizeof(int32_t));
  for (auto [i, value] : llvm::enumerate(values))
    data.as<int32_t>()[i] = int32_t(std::clamp(
        std::nearbyint(value / scales[i % count]), -kMaxBias, kMaxBias));
  unsigned flags = quant::QuantizationFlags::Signed;
  int64_t low = INT32_MIN, high = INT32_MAX;
  quant::QuantizedType type;
  if (scales.size() == 1)
    type = quant::UniformQuantizedType::get(flags, i32, builder.getF32Type(),
                                            scales[0], 0, low, high);
  else
    type = quant::UniformQuantizedPerAxisType::get(
        flags, i32, builder.getF32Type(), scales,
        SmallVector<int64_t>(scales.size(), 0), /*quantizedDimension=*/0, low,
        high);
  return makeConstant(builder, loc, data, data.type.clone(type));
}

FailureOr<IntegerWeights>
mlir::octet::makeIntegerWeights(OpBuilder &builder, WeightedOpInterface op,
                                quant::UniformQuantizedType input,
                                std::string &reason) {
  Value weightValue = op.getWeightOperand().get();
  std::optional<QuantizedConstant> weights = readWeights(weightValue);
  std::optional<SmallVector<double>> bias = readBias(op.getBiasValue());
  if (!weights || !bias) {
    reason = "weights or bias are not constant 8-bit values";
    return failure();
  }
  bool raised = false;
  for (auto [i, value] : llvm::enumerate(*bias)) {
    int64_t channel = i % weights->scales.size();
    double step = input.getScale() * weights->scales[channel];
    if (std::abs(value) <= kMaxBias * step)
      continue;
    rescale(*weights, channel,
            std::abs(value) / kMaxBias / input.getScale() * 1.0001);
    raised = true;
  }
  if (boundAccumulator(*weights, op.getOutputChannels(), input) >
      INT32_MAX - int64_t(kMaxBias)) {
    reason = "the 32-bit accumulator could overflow with these weights";
    return failure();
  }
  IntegerWeights result;
  Value quantized = weightValue.getDefiningOp<DequantizeOp>().getInput();
  result.weight =
      !raised ? quantized
              : makeConstant(builder, weightValue.getLoc(), weights->data,
                             weights->data.type.clone(
                                 withScales(weights->type, weights->scales)));
  if (op.getBiasValue())
    result.bias = makeBias(builder, op.getBiasValue().getLoc(), *bias, *weights,
                           input.getScale());
  return result;
}
