//===- Epilogue.cpp - From accumulators to the result -----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One element-wise linalg.generic: bias, scale, residual, clamp, rounding, zero
// point (rules C1 to C6 of docs/Numerics.md).
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

namespace {
/// Builds the epilogue; each part is absent where it would do nothing.
class EpilogueBuilder {
public:
  EpilogueBuilder(OpBuilder &b, Location loc, const Accumulation &plan,
                  const WeightedOperands &operands, Value accumulators,
                  Typed residual, ArrayRef<int64_t> channelAxes)
      : b(b), loc(loc), plan(plan), operands(operands),
        accumulators(accumulators), residual(residual), axes(channelAxes),
        work(b, loc, getShape(accumulators)) {}

  Value build();

private:
  bool isTrivial() const;
  void addOperands();
  Value buildSum(Body &body, ArrayRef<Value> args);
  Value buildResidual(Body &body, ArrayRef<Value> args);
  Value buildFloat(Body &body, ArrayRef<Value> args);
  Value buildQuantized(Body &body, ArrayRef<Value> args);

  bool isScaled() const { return !plan.scales.empty(); }
  Type getResultElement() const { return operands.resultType.getElementType(); }

  OpBuilder &b;
  Location loc;
  const Accumulation &plan;
  const WeightedOperands &operands;
  Value accumulators;
  Typed residual;
  ArrayRef<int64_t> axes;
  Elementwise work;

  unsigned sum = 0;
  std::optional<unsigned> offset, bias, scale, residualSlot, residualScale;
  std::optional<Quantization> result;
  std::optional<Quantizer> quantizer;
  std::optional<Dequantizer> dequantizer;
};
} // namespace

/// Nothing to do: the accumulators are the result.
bool EpilogueBuilder::isTrivial() const {
  if (offset || bias || residual || operands.clamp)
    return false;
  if (result)
    return plan.isResult;
  return !isScaled() && plan.accumulator.getIntOrFloatBitWidth() ==
                            getResultElement().getIntOrFloatBitWidth();
}

void EpilogueBuilder::addOperands() {
  sum = work.add(accumulators);
  if (llvm::any_of(plan.offsets, [](int64_t x) { return x != 0; })) {
    // Modulo 2^32 the sum of accumulator and offset is exact (rule C1).
    if (plan.accumulator.isInteger(32))
      offset = work.addNumbers(
          SmallVector<int32_t>(plan.offsets.begin(), plan.offsets.end()), axes);
    else
      offset = work.addNumbers(plan.offsets, axes);
  }
  if (plan.bias) {
    SmallVector<int64_t> extents;
    for (int64_t axis : axes)
      extents.push_back(getShape(accumulators)[axis]);
    bias = work.addAlong(createReshape(b, loc, plan.bias, extents), axes);
  }
  if (auto type = Quantization::get(operands.resultType); succeeded(type))
    result = *type;
  SmallVector<float> divisors{1};
  if (result)
    divisors = result->scales;
  if (isScaled() && !plan.isResult)
    scale = work.addNumbers(divide(plan.scales, divisors), axes);
  if (residual) {
    residualSlot = work.add(residual.value);
    auto type = Quantization::get(residual.type);
    if (succeeded(type)) {
      dequantizer.emplace(work, *type, ArrayRef<int64_t>{});
      residualScale = work.addNumbers(divide(type->scales, divisors), {});
    } else if (result) {
      residualScale = work.addNumbers(divisors, {});
    }
  }
  if (result && !plan.isResult)
    quantizer.emplace(work, *result, operands.clamp, axes);
}

/// acc + bias, in the accumulator's type.
Value EpilogueBuilder::buildSum(Body &body, ArrayRef<Value> args) {
  Value x = args[sum];
  if (offset)
    x = body.add(x, args[*offset]);
  if (!bias)
    return x;
  Value added = args[*bias];
  if (isa<FloatType>(x.getType()))
    return body.add(x, body.resizeFloat(added, x.getType()));
  return body.add(x, body.resizeInteger(added, /*isSigned=*/true, x.getType()));
}

/// The residual at the result's scale (rule C4).
Value EpilogueBuilder::buildResidual(Body &body, ArrayRef<Value> args) {
  Value r = args[*residualSlot];
  if (dequantizer)
    return body.mul(dequantizer->buildNumber(body, args, r),
                    args[*residualScale]);
  if (residualScale)
    return body.div(body.resizeFloat(r, body.getF32Type()),
                    args[*residualScale]);
  return r;
}

/// Float or plain integer results (rule C5).
Value EpilogueBuilder::buildFloat(Body &body, ArrayRef<Value> args) {
  Value x = buildSum(body, args);
  if (isScaled())
    x = body.mul(body.toFloat(x, /*isSigned=*/true, body.getF32Type()),
                 args[*scale]);
  if (residualSlot)
    x = body.add(x, body.resizeFloat(buildResidual(body, args), x.getType()));
  x = buildClamp(body, x, operands.clamp);
  if (isa<FloatType>(getResultElement()))
    return body.resizeFloat(x, getResultElement());
  return x;
}

Value EpilogueBuilder::buildQuantized(Body &body, ArrayRef<Value> args) {
  Value x = buildSum(body, args);
  if (plan.isResult)
    return body.resizeInteger(x, /*isSigned=*/true, body.getI32Type());
  x = body.toFloat(x, /*isSigned=*/true, body.getF32Type());
  x = body.mul(x, args[*scale]);
  if (residualSlot)
    x = body.add(x, buildResidual(body, args));
  bool mayBeNaN = residual && !residual.isQuantized();
  return quantizer->build(body, args, x, mayBeNaN);
}

Value EpilogueBuilder::build() {
  addOperands();
  if (isTrivial())
    return accumulators;
  if (result)
    return work.build(b.getIntegerType(result->bits),
                      [&](Body &body, ArrayRef<Value> args) {
                        return buildQuantized(body, args);
                      });
  Type element = getResultElement();
  if (!isa<FloatType>(element))
    element = b.getIntegerType(element.getIntOrFloatBitWidth());
  return work.build(element, [&](Body &body, ArrayRef<Value> args) {
    return buildFloat(body, args);
  });
}

Value lower::buildEpilogue(OpBuilder &b, Location loc, const Accumulation &plan,
                           const WeightedOperands &operands, Value accumulators,
                           Typed residual, ArrayRef<int64_t> channelAxes) {
  return EpilogueBuilder(b, loc, plan, operands, accumulators, residual,
                         channelAxes)
      .build();
}
