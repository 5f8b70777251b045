//===- Body.h - Scalar arithmetic in the body of a linalg.generic -*- C++ -*-=//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_LOWER_BODY_H
#define OCTET_LIB_LOWER_BODY_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::octet::lower {

/// A builder of scalar expressions: each method appends operations to the body
/// and returns their value. Signedness is an argument, as it is in no type.
struct Body : ImplicitLocOpBuilder {
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  template <typename OpT, typename... Args> Value make(Args &&...args) {
    return OpT::create(*this, std::forward<Args>(args)...)->getResult(0);
  }

  /// A number of any scalar type.
  Value constant(Type type, double value);
  Value integer(Type type, int64_t value);
  Value f32(double value) { return constant(getF32Type(), value); }

  /// Arithmetic by the type of the operands: float or integer.
  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  Value div(Value a, Value b, bool isSigned = true);
  /// NaN if either is NaN.
  Value min(Value a, Value b, bool isSigned = true);
  Value max(Value a, Value b, bool isSigned = true);
  Value select(Value condition, Value a, Value b) {
    return make<arith::SelectOp>(condition, a, b);
  }
  Value compare(arith::CmpFPredicate predicate, Value a, Value b) {
    return make<arith::CmpFOp>(predicate, a, b);
  }
  Value compare(arith::CmpIPredicate predicate, Value a, Value b) {
    return make<arith::CmpIOp>(predicate, a, b);
  }

  /// Cuts to [low, high]. The value is no NaN: this lets a target use its
  /// plain minimum and maximum.
  Value clampNumber(Value x, Value low, Value high);

  /// Between integer widths; the same type returns the value.
  Value resizeInteger(Value x, bool isSigned, Type to);
  /// Between float widths.
  Value resizeFloat(Value x, Type to);
  Value toFloat(Value x, bool isSigned, Type to);
};

} // namespace mlir::octet::lower

#endif // OCTET_LIB_LOWER_BODY_H
