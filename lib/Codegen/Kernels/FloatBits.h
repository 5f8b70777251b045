//===- FloatBits.h - Floats as integers ------------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Conversions of floats written as operations on their bits, for CPUs without
// an instruction for them.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_KERNELS_FLOATBITS_H
#define OCTET_LIB_CODEGEN_KERNELS_FLOATBITS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"

namespace mlir::octet {

/// The type with other elements: a vector stays one.
inline Type withElement(Type type, Type element) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped ? Type(shaped.clone(element)) : element;
}

/// Operations on the bits of numbers, or of vectors of them.
class Bits {
public:
  Bits(ImplicitLocOpBuilder &b, Value value) : b(b), value(value) {}

  Bits make(Value v) const { return {b, v}; }
  Bits constant(int64_t bits) const {
    Type type = value.getType();
    auto number = b.getIntegerAttr(
        getElementTypeOrSelf(type),
        APInt(getElementTypeOrSelf(type).getIntOrFloatBitWidth(),
              uint64_t(bits), /*isSigned=*/false,
              /*implicitTrunc=*/true));
    TypedAttr attr = number;
    if (auto shaped = dyn_cast<ShapedType>(type))
      attr = DenseElementsAttr::get(shaped, Attribute(number));
    return make(arith::ConstantOp::create(b, attr));
  }
  template <typename OpT> Bits apply(Bits other) const {
    return make(OpT::create(b, value, other.value));
  }
  Bits operator&(int64_t c) const { return apply<arith::AndIOp>(constant(c)); }
  Bits operator|(int64_t c) const { return apply<arith::OrIOp>(constant(c)); }
  Bits operator|(Bits o) const { return apply<arith::OrIOp>(o); }
  Bits operator^(Bits o) const { return apply<arith::XOrIOp>(o); }
  Bits operator+(Bits o) const { return apply<arith::AddIOp>(o); }
  Bits operator+(int64_t c) const { return *this + constant(c); }
  Bits operator-(Bits o) const { return apply<arith::SubIOp>(o); }
  Bits operator<<(int64_t c) const { return apply<arith::ShLIOp>(constant(c)); }
  Bits operator>>(int64_t c) const {
    return apply<arith::ShRUIOp>(constant(c));
  }
  /// this < c, without signs, ? ifTrue : ifFalse
  Bits selectBelow(int64_t c, Bits ifTrue, Bits ifFalse) const {
    Value below = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, value,
                                        constant(c).value);
    return make(arith::SelectOp::create(b, below, ifTrue.value, ifFalse.value));
  }
  Bits widen(Value flag) const {
    return make(arith::ExtUIOp::create(b, value.getType(), flag));
  }
  Bits resize(unsigned width) const {
    Type type = withElement(value.getType(), b.getIntegerType(width));
    if (width < getElementTypeOrSelf(value.getType()).getIntOrFloatBitWidth())
      return make(arith::TruncIOp::create(b, type, value));
    return make(arith::ExtUIOp::create(b, type, value));
  }
  Value as(Type element) const {
    return arith::BitcastOp::create(b, withElement(value.getType(), element),
                                    value);
  }
  /// The bits of f(this, number), both taken as f32.
  template <typename OpT> Bits inF32(float number) const {
    Bits other = constant(llvm::bit_cast<uint32_t>(number));
    Type f32 = b.getF32Type();
    return of(b, OpT::create(b, as(f32), other.as(f32)));
  }
  static Bits of(ImplicitLocOpBuilder &b, Value number) {
    Type element = getElementTypeOrSelf(number.getType());
    Type type = withElement(number.getType(),
                            b.getIntegerType(element.getIntOrFloatBitWidth()));
    return {b, arith::BitcastOp::create(b, type, number)};
  }

  ImplicitLocOpBuilder &b;
  Value value;
};

/// f16 to f32, numbers or vectors of them.
Value extendHalf(ImplicitLocOpBuilder &b, Value half);
/// bf16 to f32, likewise.
Value extendBrain(ImplicitLocOpBuilder &b, Value brain);

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_KERNELS_FLOATBITS_H
