//===- ExpandFunctions.cpp - Functions of f64 as arithmetic ----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// MLIR's own approximations are for f32. These are for f64, within some units
// of its last place, by reduction to a short interval and a power series.
//
//===----------------------------------------------------------------------===//

#include "ExpandFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::octet;
using arith::CmpFPredicate;

namespace {
/// A number, or a vector of them: f64, or i64 where bits are meant.
struct Number {
  ImplicitLocOpBuilder &b;
  Value value;

  Number(ImplicitLocOpBuilder &b, Value value) : b(b), value(value) {}
  Number(const Number &) = default;
  Number &operator=(const Number &other) {
    value = other.value;
    return *this;
  }
  Number make(Value v) const { return {b, v}; }
  Type withElement(Type element) const {
    auto shaped = dyn_cast<ShapedType>(value.getType());
    return shaped ? Type(shaped.clone(element)) : element;
  }
  Number constant(double c) const {
    return splat(b.getF64FloatAttr(c), b.getF64Type());
  }
  Number bits(int64_t c) const {
    return splat(b.getI64IntegerAttr(c), b.getI64Type());
  }
  Number splat(TypedAttr attr, Type element) const {
    Type type = withElement(element);
    if (auto shaped = dyn_cast<ShapedType>(type))
      attr = DenseElementsAttr::get(shaped, Attribute(attr));
    return make(arith::ConstantOp::create(b, attr));
  }
  template <typename OpT> Number apply() const {
    return make(OpT::create(b, value));
  }
  template <typename OpT> Number apply(Number y) const {
    return make(OpT::create(b, value, y.value));
  }
  template <typename OpT> Number to(Type element) const {
    return make(OpT::create(b, withElement(element), value));
  }
  Number abs() const { return apply<math::AbsFOp>(); }
  Number max(double c) const { return apply<arith::MaximumFOp>(constant(c)); }
  Number min(double c) const { return apply<arith::MinimumFOp>(constant(c)); }
  Number asBits() const { return to<arith::BitcastOp>(b.getI64Type()); }
  Number asFloat() const { return to<arith::BitcastOp>(b.getF64Type()); }
  Number toInteger() const { return to<arith::FPToSIOp>(b.getI64Type()); }
  Number shiftLeft(int64_t c) const { return apply<arith::ShLIOp>(bits(c)); }
  Number shiftRight(int64_t c) const { return apply<arith::ShRSIOp>(bits(c)); }
  Number plusBits(Number y) const { return apply<arith::AddIOp>(y); }
  Number minusBits(Number y) const { return apply<arith::SubIOp>(y); }
  Value is(CmpFPredicate predicate, double c) const {
    return arith::CmpFOp::create(b, predicate, value, constant(c).value);
  }
  Value hasBit(int64_t mask) const {
    Number masked = apply<arith::AndIOp>(bits(mask));
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, masked.value,
                                 bits(0).value);
  }
  /// condition ? this : other
  Number where(Value condition, Number other) const {
    return make(arith::SelectOp::create(b, condition, value, other.value));
  }
};

Number operator+(Number x, Number y) { return x.apply<arith::AddFOp>(y); }
Number operator-(Number x, Number y) { return x.apply<arith::SubFOp>(y); }
Number operator*(Number x, Number y) { return x.apply<arith::MulFOp>(y); }
Number operator/(Number x, Number y) { return x.apply<arith::DivFOp>(y); }
Number operator+(Number x, double c) { return x + x.constant(c); }
Number operator-(Number x, double c) { return x - x.constant(c); }
Number operator*(Number x, double c) { return x * x.constant(c); }
} // namespace

static constexpr double kInfinity = std::numeric_limits<double>::infinity();
static constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
/// ln 2 in two pieces: products of the first with small integers are exact.
static constexpr double kLn2High = 6.93147180369123816490e-01;
static constexpr double kLn2Low = 1.90821492927058770002e-10;
/// pi / 2 in three pieces, likewise.
static constexpr double kHalfPi[] = {1.57079632673412561417e+00,
                                     6.07710050630396597660e-11,
                                     2.02226624879595063154e-21};

/// c[0] + c[1] x + c[2] x^2 + ...
static Number evaluatePolynomial(Number x, ArrayRef<double> c) {
  Number sum = x.constant(c.back());
  for (double next : llvm::reverse(c.drop_back()))
    sum = sum * x + next;
  return sum;
}

/// The first `count` of 1 / (start)!, sign / (start + step)!, ...
static SmallVector<double> getFactorials(int start, int step, double sign,
                                         int count) {
  SmallVector<double> c;
  double value = 1;
  for (int i = 2; i <= start; ++i)
    value /= i;
  for (int n = start; count > 0; --count, n += step) {
    c.push_back(value);
    for (int i = 1; i <= step; ++i)
      value /= n + i;
    value *= sign;
  }
  return c;
}

/// 2^k for -1022 <= k <= 1023, an integer in the bits.
static Number createPowerOfTwo(Number k) {
  return k.plusBits(k.bits(1023)).shiftLeft(52).asFloat();
}

/// 2^k e^r with x = k ln 2 + r.
static Number createExp(Number given) {
  Value isNumber = given.is(CmpFPredicate::ORD, 0);
  Number x = given.where(isNumber, given.constant(0)).max(-746).min(710);
  Number k = (x * (1 / M_LN2)).apply<math::RoundEvenOp>();
  Number r = (x - k * kLn2High) - k * kLn2Low;
  Number power = evaluatePolynomial(r, getFactorials(0, 1, 1, 14));
  // Two factors reach what is too small or too large for one.
  Number integer = k.toInteger();
  Number half = integer.shiftRight(1);
  Number result = power * createPowerOfTwo(half) *
                  createPowerOfTwo(integer.minusBits(half));
  return result.where(isNumber, given);
}

static Number createExpM1(Number x) {
  Number series = x * evaluatePolynomial(x, getFactorials(1, 1, 1, 14));
  return series.where(x.abs().is(CmpFPredicate::OLT, 0.35), createExp(x) - 1.0);
}

/// k ln 2 + log m with x = 2^k m, and log m as 2 atanh((m - 1) / (m + 1)).
static Number createLog(Number x) {
  constexpr int64_t kSqrtHalfBits = 0x3fe6a09e667f3bcd;
  Value isSubnormal =
      x.is(CmpFPredicate::OLT, std::numeric_limits<double>::min());
  Number normal = (x * 0x1p54).where(isSubnormal, x);
  Number bits = normal.asBits();
  Number k = bits.minusBits(bits.bits(kSqrtHalfBits)).shiftRight(52);
  Number m = bits.minusBits(k.shiftLeft(52)).asFloat();
  Number exponent = k.to<arith::SIToFPOp>(x.b.getF64Type());
  exponent = (exponent - 54.0).where(isSubnormal, exponent);
  Number s = (m - 1.0) / (m + 1.0);
  SmallVector<double> c;
  for (int n = 0; n < 12; ++n)
    c.push_back(2.0 / (2 * n + 1));
  Number result = exponent * kLn2High +
                  (exponent * kLn2Low + s * evaluatePolynomial(s * s, c));
  result = result.where(x.is(CmpFPredicate::OLT, kInfinity), x);
  result = result.where(x.is(CmpFPredicate::UNE, 0), x.constant(-kInfinity));
  return x.constant(kNaN).where(x.is(CmpFPredicate::OLT, 0), result);
}

/// log(u) with u = 1 + x, times what the rounding of u has lost.
static Number createLog1p(Number x) {
  Number u = x + 1.0;
  Number result = createLog(u) * (x / (u - 1.0));
  result = result.where(u.is(CmpFPredicate::UNE, 1), x);
  return result.where(u.is(CmpFPredicate::UNE, kInfinity), u);
}

static Number createTanh(Number x) {
  Number t = createExpM1(x.abs().min(22) * 2.0);
  return (t / (t + 2.0)).apply<math::CopySignOp>(x);
}

/// 2 / sqrt(pi) x e^(-x^2) (1 + 2 x^2 / 3 + 4 x^4 / 15 + ...), whose terms are
/// all positive; from 6 on the result is 1.
static Number createErf(Number given) {
  Number x = given.max(-6).min(6);
  SmallVector<double> c{2 / std::sqrt(M_PI)};
  for (int n = 1; n <= 110; ++n)
    c.push_back(c.back() * 2 / (2 * n + 1));
  Number square = x * x;
  Number tail = createExp(square.apply<arith::NegFOp>());
  Number result = x * tail * evaluatePolynomial(square, c);
  return result.max(-1).min(1);
}

/// The sine, or with `turn` 1 the cosine, by quarters of a turn. Beyond 2^20
/// quarters digits are lost; beyond 10^9 the result is no number.
static Number createSine(Number given, int64_t turn) {
  Value isSmall = given.abs().is(CmpFPredicate::OLT, 1e9);
  Number x = given.where(isSmall, given.constant(0));
  Number n = (x * M_2_PI).apply<math::RoundEvenOp>();
  Number r = x;
  for (double piece : kHalfPi)
    r = r - n * piece;
  Number square = r * r;
  Number sine = r * evaluatePolynomial(square, getFactorials(1, 2, -1, 10));
  Number cosine = evaluatePolynomial(square, getFactorials(0, 2, -1, 11));
  Number quarter = n.toInteger().plusBits(n.bits(turn));
  Number result = cosine.where(quarter.hasBit(1), sine);
  result = result.apply<arith::NegFOp>().where(quarter.hasBit(2), result);
  return result.where(isSmall, given.constant(kNaN));
}

namespace {
/// A function of f64 -> what `create` makes of it.
template <typename OpT> struct ExpandF64 : public OpRewritePattern<OpT> {
  using Create = Number (*)(Number);
  ExpandF64(MLIRContext *context, Create create)
      : OpRewritePattern<OpT>(context), create(create) {}
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isF64())
      return rewriter.notifyMatchFailure(op, "not f64");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, create(Number{b, op.getOperand()}).value);
    return success();
  }
  Create create;
};
} // namespace

void mlir::octet::populateF64FunctionPatterns(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ExpandF64<math::ExpOp>>(context, createExp);
  patterns.add<ExpandF64<math::ExpM1Op>>(context, createExpM1);
  patterns.add<ExpandF64<math::LogOp>>(context, createLog);
  patterns.add<ExpandF64<math::Log1pOp>>(context, createLog1p);
  patterns.add<ExpandF64<math::TanhOp>>(context, createTanh);
  patterns.add<ExpandF64<math::ErfOp>>(context, createErf);
  patterns.add<ExpandF64<math::SinOp>>(
      context, [](Number x) { return createSine(x, 0); });
  patterns.add<ExpandF64<math::CosOp>>(
      context, [](Number x) { return createSine(x, 1); });
}
