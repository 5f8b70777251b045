//===- Contraction.cpp - Weights made ready, and accumulation ---*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

//===----------------------------------------------------------------------===//
// Constant quantized weights
//===----------------------------------------------------------------------===//

namespace {
/// Weights less their zero points, and sums over each output channel.
struct CenteredWeights {
  SmallVector<int64_t> values;
  SmallVector<int64_t> sums, absoluteSums;

  CenteredWeights(const ConstantData &stored, const Quantization &type,
                  int64_t channelAxis);
  /// As i8 where all fit, as i16 otherwise (rule C7).
  Value materialize(OpBuilder &b, Location loc, ArrayRef<int64_t> shape) const;
};
} // namespace

/// Element i of stored integers of one or two bytes, sub-byte ones included.
static int64_t readStored(const ConstantData &data, const Quantization &type,
                          size_t i) {
  uint64_t raw =
      type.bits <= 8 ? data.as<uint8_t>()[i] : data.as<uint16_t>()[i];
  raw &= llvm::maskTrailingOnes<uint64_t>(type.bits);
  return type.isSigned ? llvm::SignExtend64(raw, type.bits) : int64_t(raw);
}

CenteredWeights::CenteredWeights(const ConstantData &stored,
                                 const Quantization &type,
                                 int64_t channelAxis) {
  ArrayRef<int64_t> shape = stored.type.getShape();
  int64_t channels = shape[channelAxis];
  int64_t inner = countElements(shape.drop_front(channelAxis + 1));
  sums.assign(channels, 0);
  absoluteSums.assign(channels, 0);
  for (int64_t i = 0, e = stored.type.getNumElements(); i < e; ++i) {
    int64_t channel = i / inner % channels;
    int64_t zero = type.zeros[type.isPerAxis() ? channel : 0];
    int64_t value = readStored(stored, type, i) - zero;
    values.push_back(value);
    sums[channel] += value;
    absoluteSums[channel] += std::abs(value);
  }
}

Value CenteredWeights::materialize(OpBuilder &b, Location loc,
                                   ArrayRef<int64_t> shape) const {
  if (llvm::all_of(values, [](int64_t x) { return llvm::isInt<8>(x); })) {
    SmallVector<int8_t> narrow(values.begin(), values.end());
    return createConstant<int8_t>(b, loc, narrow, shape, b.getI8Type());
  }
  SmallVector<int16_t> wide(values.begin(), values.end());
  return createConstant<int16_t>(b, loc, wide, shape, b.getI16Type());
}

//===----------------------------------------------------------------------===//
// Bias
//===----------------------------------------------------------------------===//

/// The bias at the accumulator's scale. Its own scale is that, up to rounding;
/// where it is another one the bias is converted, once, in f64.
static std::optional<SmallVector<int64_t>>
readBias(const Typed &bias, ArrayRef<float> accumulatorScales) {
  std::optional<ConstantData> data = readTensor(bias.value);
  FailureOr<Quantization> type = Quantization::get(bias.type);
  if (!data || failed(type) || type->bits != 32)
    return std::nullopt;
  SmallVector<int64_t> values;
  for (auto [i, stored] : llvm::enumerate(data->as<int32_t>())) {
    int64_t value =
        type->isSigned ? int64_t(stored) : int64_t(uint32_t(stored));
    value -= type->zeros[type->isPerAxis() ? i : 0];
    double own = type->scales[type->isPerAxis() ? i : 0];
    double wanted = accumulatorScales[accumulatorScales.size() > 1 ? i : 0];
    if (std::abs(own / wanted - 1) > 1e-5)
      value = std::llrint(double(value) * own / wanted);
    values.push_back(value);
  }
  return values;
}

//===----------------------------------------------------------------------===//
// Plan
//===----------------------------------------------------------------------===//

/// Largest |q - z| of a type.
static int64_t getReach(const Quantization &type) {
  int64_t reach = 0;
  for (int64_t zero : type.zeros)
    reach = std::max({reach, type.max - zero, zero - type.min});
  return reach;
}

static FailureOr<Quantization> getQuantization(Operation *op, Type type,
                                               StringRef what) {
  FailureOr<Quantization> result = Quantization::get(type);
  if (failed(result))
    op->emitError() << what << " of type " << type
                    << " has no integer form; use per-tensor or per-axis "
                       "uniform quantization";
  return result;
}

/// Types of a float or plain integer product.
static FailureOr<Accumulation> planPlain(OpBuilder &b,
                                         const WeightedOperands &operands) {
  Accumulation plan;
  Type element = operands.input.getElement();
  Type result = operands.resultType.getElementType();
  plan.weight = operands.weight.value;
  plan.bias = operands.bias.value;
  if (isa<FloatType>(element)) {
    bool isNarrow = element.getIntOrFloatBitWidth() < 32;
    plan.accumulator = isNarrow ? b.getF32Type() : element;
    plan.padding = b.getZeroAttr(element);
    return plan;
  }
  plan.accumulator = b.getIntegerType(result.getIntOrFloatBitWidth());
  plan.isInputSigned = !element.isUnsignedInteger();
  plan.isWeightSigned = !operands.weight.getElement().isUnsignedInteger();
  plan.padding =
      getIntegerAttr(getElementTypeOrSelf(operands.input.value.getType()), 0);
  return plan;
}

/// Whether the result is the accumulator itself (rule C6).
static bool isAccumulator(const WeightedOperands &operands,
                          ArrayRef<float> scales) {
  FailureOr<Quantization> result = Quantization::get(operands.resultType);
  return succeeded(result) && result->bits == 32 && result->isSigned &&
         result->isSymmetric() && !operands.clamp && !operands.residual &&
         llvm::all_of(divide(scales, result->scales),
                      [](float m) { return m == 1; });
}

/// Chooses i32 where no accumulator, bias included, can leave it (rule C1).
static Type chooseAccumulator(OpBuilder &b, int64_t inputReach,
                              ArrayRef<int64_t> weightSums,
                              ArrayRef<int64_t> bias) {
  for (auto [i, sum] : llvm::enumerate(weightSums)) {
    int64_t offset = bias.empty() ? 0 : std::abs(bias[i]);
    if (inputReach * sum + offset > std::numeric_limits<int32_t>::max())
      return b.getI64Type();
  }
  return b.getI32Type();
}

/// Subtracts the zero points of constant weights now, and the input's by way of
/// the bias.
static Accumulation planConstant(OpBuilder &b, Accumulation plan,
                                 const WeightedOperands &operands,
                                 const ConstantData &stored,
                                 const Quantization &input,
                                 const Quantization &weight) {
  CenteredWeights centered(stored, weight, operands.weightChannelAxis);
  plan.weight = centered.materialize(b, operands.weight.value.getLoc(),
                                     stored.type.getShape());
  plan.isWeightSigned = true;
  if (operands.bias) {
    if (auto bias = readBias(operands.bias, plan.scales))
      plan.offsets = *bias;
    else
      plan.bias = operands.bias.value;
  }
  plan.accumulator =
      plan.isResult ? b.getI32Type()
                    : chooseAccumulator(b, getReach(input),
                                        centered.absoluteSums, plan.offsets);
  plan.offsets.resize(centered.sums.size(), 0);
  for (auto [offset, sum] : llvm::zip_equal(plan.offsets, centered.sums))
    offset -= input.zeros[0] * sum;
  return plan;
}

/// Weights computed at run time: the contraction subtracts zero points itself.
static FailureOr<Accumulation> planComputed(OpBuilder &b, Operation *op,
                                            Accumulation plan,
                                            const WeightedOperands &operands,
                                            const Quantization &input,
                                            const Quantization &weight) {
  if (!llvm::all_equal(weight.zeros))
    return op->emitError("weights computed at run time need one zero point "
                         "for all channels");
  ArrayRef<int64_t> shape = getShape(operands.weight.value);
  int64_t channels = shape[operands.weightChannelAxis];
  plan.weight = operands.weight.value;
  plan.inputZero = input.zeros[0];
  plan.weightZero = weight.zeros[0];
  SmallVector<int64_t> sums(1, getReach(weight) * countElements(shape) /
                                   std::max<int64_t>(channels, 1));
  plan.accumulator = plan.isResult
                         ? b.getI32Type()
                         : chooseAccumulator(b, getReach(input), sums, {});
  if (operands.bias) {
    if (auto bias = readBias(operands.bias, plan.scales))
      plan.offsets = *bias;
    else
      plan.bias = operands.bias.value;
  }
  return plan;
}

FailureOr<Accumulation>
lower::planAccumulation(OpBuilder &b, Operation *op,
                        const WeightedOperands &operands) {
  if (!operands.input.isQuantized() && !operands.weight.isQuantized())
    return planPlain(b, operands);
  auto input = getQuantization(op, operands.input.type, "input");
  auto weight = getQuantization(op, operands.weight.type, "weight");
  if (failed(input) || failed(weight))
    return failure();
  if (input->isPerAxis())
    return op->emitError("input must be quantized per tensor");
  Accumulation plan;
  plan.isInputSigned = input->isSigned;
  plan.isWeightSigned = weight->isSigned;
  plan.padding = getIntegerAttr(
      getElementTypeOrSelf(operands.input.value.getType()), input->zeros[0]);
  plan.scales = multiply(input->scales, weight->scales);
  plan.isResult = isAccumulator(operands, plan.scales);
  std::optional<ConstantData> stored = readTensor(operands.weight.value);
  if (stored && !operands.hasBatchedWeight && weight->bits <= 16)
    return planConstant(b, plan, operands, *stored, *input, *weight);
  return planComputed(b, op, plan, operands, *input, *weight);
}

//===----------------------------------------------------------------------===//
// Contraction
//===----------------------------------------------------------------------===//

/// One factor at the accumulator's width, less its zero point.
static Value buildFactor(Body &body, Value x, bool isSigned, int64_t zero,
                         Type accumulator) {
  if (isa<FloatType>(accumulator))
    return body.resizeFloat(x, accumulator);
  x = body.resizeInteger(x, isSigned, accumulator);
  return zero ? body.sub(x, body.integer(accumulator, zero)) : x;
}

Value lower::buildContraction(OpBuilder &b, Location loc,
                              const Accumulation &plan, Value input,
                              Value weight, const ContractionLoops &loops) {
  Value init =
      createFill(b, loc, loops.shape, getScalarAttr(plan.accumulator, 0));
  int64_t rank = loops.shape.size();
  AffineMap result =
      AffineMap::getMultiDimIdentityMap(rank + loops.reductions, b.getContext())
          .getMajorSubMap(rank);
  auto buildBody = [&](OpBuilder &inner, Location loc, ValueRange args) {
    Body body(loc, inner);
    Value x = buildFactor(body, args[0], plan.isInputSigned, plan.inputZero,
                          plan.accumulator);
    Value w = buildFactor(body, args[1], plan.isWeightSigned, plan.weightZero,
                          plan.accumulator);
    linalg::YieldOp::create(inner, loc, body.add(args[2], body.mul(x, w)));
  };
  return linalg::GenericOp::create(
             b, loc, init.getType(), ValueRange{input, weight}, init,
             {loops.input, loops.weight, result},
             getIterators(rank, loops.reductions), buildBody)
      .getResult(0);
}
