//===- Integer.cpp - Products of integers -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ConvInteger and MatMulInteger are products of quantized operands of scale 1
// whose result is an i32 of scale 1: exact. A zero point that is known only at
// run time, as dynamic quantization makes it, is taken out of the product:
// (a - z) * b = a * b - z * (1 * b).
//
//===----------------------------------------------------------------------===//

#include "QuantizedTypes.h"
#include "Shared.h"

using namespace mlir;
using namespace mlir::octet;

/// Operand `i` as quantized with scale 1 and the zero points of operand
/// `zeroAt` if these are constant, else with zero point 0.
static Value readUnit(NodeContext &n, unsigned i, unsigned zeroAt,
                      int64_t axis) {
  auto storage = dyn_cast<IntegerType>(n.getElement(i));
  if (!storage || storage.getWidth() != 8) {
    n.error() << "input " << i << " has elements of type " << n.getElement(i)
              << ", expected 8-bit integers";
    return {};
  }
  Integers zeros{0};
  if (n.has(zeroAt))
    if (auto given = readIntegers(n.in(zeroAt)); given && !given->empty())
      zeros = *given;
  SmallVector<double> ones(zeros.size(), 1.0);
  auto type = makeQuantized(n, ones, zeros, storage, axis, n.b.getF32Type());
  return asQuantized(n, n.getRaw(i), type);
}

static quant::QuantizedType getUnitResult(NodeContext &n) {
  return makeQuantized(n, 1.0, int64_t(0), n.b.getI32Type(), 0,
                       n.b.getF32Type());
}

/// True if operand `i` holds one zero point that is computed at run time.
static FailureOr<bool> hasDynamicZero(NodeContext &n, unsigned i) {
  if (!n.has(i) || readIntegers(n.in(i)))
    return false;
  if (cast<RankedTensorType>(n.in(i).getType()).getNumElements() != 1)
    return n.error() << "several zero points that are computed at run time "
                        "are not supported";
  return true;
}

/// product - zeroPoint * unit, in i32
static Value subtractZero(NodeContext &n, Value product, unsigned zeroAt,
                          Value unit) {
  Type i32 = n.b.getI32Type();
  Value zero = n.cast(n.reshape(n.in(zeroAt), {}), i32);
  Value term = n.create<MulOp>(i32, unit, zero, ClampAttr());
  return n.create<SubOp>(i32, product, term, ClampAttr());
}

/// Ones of type u8 with scale 1.
static Value makeOnes(NodeContext &n, ArrayRef<int64_t> shape) {
  auto ui8 = IntegerType::get(n.b.getContext(), 8, IntegerType::Unsigned);
  auto type = makeQuantized(n, 1.0, int64_t(0), ui8, 0, n.b.getF32Type());
  return asQuantized(n, n.splat(ui8, 1, shape), type);
}

static LogicalResult checkWeightZero(NodeContext &n, unsigned i) {
  if (!n.has(i) || readIntegers(n.in(i)))
    return success();
  return n.error() << "zero points of the weights must be constant";
}

static Value buildMatMulInteger(NodeContext &n, unsigned zeroA,
                                unsigned zeroB) {
  auto dynamic = hasDynamicZero(n, zeroA);
  if (failed(dynamic) || failed(checkWeightZero(n, zeroB)))
    return {};
  Value a = readUnit(n, 0, zeroA, 0);
  Value b = moveToSigned(n, readUnit(n, 1, zeroB, n.getRank(1) - 1));
  auto result = getUnitResult(n);
  Value product = n.toIntegers(buildNumPyMatMul(n, a, b, result));
  if (!product || !*dynamic)
    return product;
  Integers row(n.getShapeOf(0).take_back(1));
  if (n.getRank(0) > 1)
    row.insert(row.begin(), 1);
  Value unit = n.toIntegers(buildNumPyMatMul(n, makeOnes(n, row), b, result));
  return subtractZero(n, product, zeroA, unit);
}

static Imported importMatMulInteger(NodeContext &n) {
  return buildMatMulInteger(n, 2, 3);
}

static Imported importConvInteger(NodeContext &n) {
  auto dynamic = hasDynamicZero(n, 2);
  if (failed(dynamic) || failed(checkWeightZero(n, 3)))
    return failure();
  Value x = readUnit(n, 0, 2, 0);
  Value w = moveToSigned(n, readUnit(n, 1, 3, 0));
  auto result = getUnitResult(n);
  Value y = n.toIntegers(buildConv(n, x, w, Value(), result));
  if (!y || !*dynamic)
    return y;
  // The padding is with the zero point, that is with real zeros: at the border
  // fewer weights meet it.
  Integers shape(n.getShapeOf(0));
  shape[0] = 1;
  Value unit =
      n.toIntegers(buildConv(n, makeOnes(n, shape), w, Value(), result));
  return subtractZero(n, y, 2, unit);
}

//===----------------------------------------------------------------------===//
// ONNX Runtime's products with scales of run time
//===----------------------------------------------------------------------===//

/// product * scaleA * scaleB + bias in f32
static Value scaleProduct(NodeContext &n, Value product, Value scaleA,
                          Value scaleB, unsigned biasAt) {
  Type f32 = n.b.getF32Type();
  Value scale = n.create<MulOp>(f32, scaleA, scaleB, ClampAttr());
  Value y = n.create<MulOp>(f32, n.cast(product, f32), scale, ClampAttr());
  return n.has(biasAt) ? n.create<AddOp>(f32, y, n.in(biasAt), ClampAttr()) : y;
}

static Imported importMatMulIntegerToFloat(NodeContext &n) {
  Value product = buildMatMulInteger(n, 4, 5);
  return scaleProduct(n, product, n.in(2), n.in(3), 6);
}

ArrayRef<Importer> mlir::octet::getIntegerOps() {
  constexpr StringLiteral limits =
      "zero points of the weights must be constant";
  static const Importer table[] = {
      {"ConvInteger", 10, kNewestOpset, 2, importConvInteger, limits},
      {"MatMulInteger", 10, kNewestOpset, 2, importMatMulInteger, limits},
      {"MatMulIntegerToFloat", 1, 1, 4, importMatMulIntegerToFloat, limits,
       kMicrosoft},
  };
  return table;
}
