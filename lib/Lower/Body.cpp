//===- Body.cpp - Scalar arithmetic in the body of a linalg.generic -------===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Body.h"

#include "Tensors.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

static bool isFloat(Value x) { return isa<FloatType>(x.getType()); }

Value Body::constant(Type type, double value) {
  return make<arith::ConstantOp>(getScalarAttr(type, value));
}

Value Body::integer(Type type, int64_t value) {
  return make<arith::ConstantOp>(lower::getIntegerAttr(type, value));
}

Value Body::add(Value a, Value b) {
  return isFloat(a) ? make<arith::AddFOp>(a, b) : make<arith::AddIOp>(a, b);
}

Value Body::sub(Value a, Value b) {
  return isFloat(a) ? make<arith::SubFOp>(a, b) : make<arith::SubIOp>(a, b);
}

Value Body::mul(Value a, Value b) {
  return isFloat(a) ? make<arith::MulFOp>(a, b) : make<arith::MulIOp>(a, b);
}

Value Body::div(Value a, Value b, bool isSigned) {
  if (isFloat(a))
    return make<arith::DivFOp>(a, b);
  return isSigned ? make<arith::DivSIOp>(a, b) : make<arith::DivUIOp>(a, b);
}

// NaN stays NaN, but which of two zeros is the greater takes instructions that
// no model means.
static constexpr arith::FastMathFlags kAnyZero = arith::FastMathFlags::nsz;

Value Body::min(Value a, Value b, bool isSigned) {
  if (isFloat(a))
    return make<arith::MinimumFOp>(a, b, kAnyZero);
  return isSigned ? make<arith::MinSIOp>(a, b) : make<arith::MinUIOp>(a, b);
}

Value Body::max(Value a, Value b, bool isSigned) {
  if (isFloat(a))
    return make<arith::MaximumFOp>(a, b, kAnyZero);
  return isSigned ? make<arith::MaxSIOp>(a, b) : make<arith::MaxUIOp>(a, b);
}

Value Body::clampNumber(Value x, Value low, Value high) {
  auto flags = arith::FastMathFlags::nnan | arith::FastMathFlags::nsz;
  x = make<arith::MaximumFOp>(x, low, flags);
  return make<arith::MinimumFOp>(x, high, flags);
}

Value Body::resizeInteger(Value x, bool isSigned, Type to) {
  if (x.getType() == to)
    return x;
  if (x.getType().isIndex() || to.isIndex())
    return isSigned ? make<arith::IndexCastOp>(to, x)
                    : make<arith::IndexCastUIOp>(to, x);
  if (x.getType().getIntOrFloatBitWidth() > to.getIntOrFloatBitWidth())
    return make<arith::TruncIOp>(to, x);
  return isSigned ? make<arith::ExtSIOp>(to, x) : make<arith::ExtUIOp>(to, x);
}

Value Body::resizeFloat(Value x, Type to) {
  unsigned from = x.getType().getIntOrFloatBitWidth();
  if (x.getType() == to)
    return x;
  if (from > to.getIntOrFloatBitWidth())
    return make<arith::TruncFOp>(to, x);
  if (from < to.getIntOrFloatBitWidth())
    return make<arith::ExtFOp>(to, x);
  // f16 and bf16: neither holds the other.
  return make<arith::TruncFOp>(to, make<arith::ExtFOp>(getF32Type(), x));
}

Value Body::toFloat(Value x, bool isSigned, Type to) {
  return isSigned ? make<arith::SIToFPOp>(to, x) : make<arith::UIToFPOp>(to, x);
}
