//===- FloatBits.cpp - Floats as integers ----------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatBits.h"

using namespace mlir;
using namespace mlir::octet;

/// The exponent is moved by a product, which also brings the
/// subnormal ones in order.
Value octet::extendHalf(ImplicitLocOpBuilder &b, Value half) {
  Bits bits = Bits::of(b, half).resize(32);
  Bits magnitude = (bits & 0x7fff) << 13;
  Bits number = magnitude.inF32<arith::MulFOp>(0x1p112f);
  Bits infinity = bits.constant(0x7f800000);
  Bits special = magnitude.selectBelow((0x7c00 << 13) + 1, infinity,
                                       magnitude | 0x7fc00000);
  Bits result = magnitude.selectBelow(0x7c00 << 13, number, special);
  return (result | ((bits & 0x8000) << 16)).as(b.getF32Type());
}

Value octet::extendBrain(ImplicitLocOpBuilder &b, Value brain) {
  return (Bits::of(b, brain).resize(32) << 16).as(b.getF32Type());
}
