//===- UnaryFunctions.cpp - Functions of one number, in f64 and as IR -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each function twice: `evaluate` for tables, `buildFunction` for float code.
// Definitions are ONNX's.
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Octet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>

using namespace mlir;
using namespace mlir::octet;

namespace {
/// Scalar (or vector) float arithmetic that reads like the formula it builds.
struct Expr {
  ImplicitLocOpBuilder &b;
  Value value;

  Expr make(Value v) const { return {b, v}; }
  Expr constant(double c) const {
    Type type = value.getType();
    auto attr = b.getFloatAttr(getElementTypeOrSelf(type), c);
    if (auto shaped = dyn_cast<ShapedType>(type))
      return make(
          arith::ConstantOp::create(b, DenseElementsAttr::get(shaped, attr)));
    return make(arith::ConstantOp::create(b, attr));
  }
  template <typename OpT> Expr apply() const {
    return make(OpT::create(b, value));
  }
  template <typename OpT> Expr apply(Expr other) const {
    return make(OpT::create(b, value, other.value));
  }
  Expr max(double c) const { return apply<arith::MaximumFOp>(constant(c)); }
  Expr min(double c) const { return apply<arith::MinimumFOp>(constant(c)); }
  Expr exp() const { return apply<math::ExpOp>(); }
  /// this < c ? ifTrue : ifFalse
  Expr selectLess(double c, Expr ifTrue, Expr ifFalse) const {
    Value less = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, value,
                                       constant(c).value);
    return make(arith::SelectOp::create(b, less, ifTrue.value, ifFalse.value));
  }
};

Expr operator+(Expr x, Expr y) { return x.apply<arith::AddFOp>(y); }
Expr operator-(Expr x, Expr y) { return x.apply<arith::SubFOp>(y); }
Expr operator*(Expr x, Expr y) { return x.apply<arith::MulFOp>(y); }
Expr operator/(Expr x, Expr y) { return x.apply<arith::DivFOp>(y); }
Expr operator+(Expr x, double c) { return x + x.constant(c); }
Expr operator*(Expr x, double c) { return x * x.constant(c); }
Expr operator/(Expr x, double c) { return x / x.constant(c); }
} // namespace

static Expr sigmoid(Expr x) {
  return x.constant(1) / (x.apply<arith::NegFOp>().exp() + 1);
}
static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// log(1 + exp(x)) as max(x, 0) + log1p(exp(-|x|)), which does not overflow.
static Expr softplus(Expr x) {
  Expr tail = x.apply<math::AbsFOp>().apply<arith::NegFOp>().exp();
  return x.max(0) + tail.apply<math::Log1pOp>();
}
static double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

static double half() { return 0.5; }
static double sqrtHalf() { return std::sqrt(0.5); }
static double sqrtTwoOverPi() { return std::sqrt(2 / M_PI); }

static Expr gelu(Expr x, bool approximate) {
  if (approximate) {
    Expr cubic = x + x * x * x * 0.044715;
    return x * half() * ((cubic * sqrtTwoOverPi()).apply<math::TanhOp>() + 1);
  }
  return x * half() * ((x * sqrtHalf()).apply<math::ErfOp>() + 1);
}
static double gelu(double x, bool approximate) {
  if (approximate)
    return x * 0.5 *
           (1 + std::tanh(sqrtTwoOverPi() * (x + 0.044715 * x * x * x)));
  return x * 0.5 * (1 + std::erf(x * sqrtHalf()));
}

static Expr sign(Expr x) {
  Expr one = x.constant(1), zero = x.constant(0);
  Expr positive = zero.apply<arith::SubFOp>(x).selectLess(0, one, zero);
  return x.selectLess(0, x.constant(-1), positive);
}

/// Defines both methods of an operator: F64 uses the number x, IR the Expr x.
#define OCTET_FUNCTION(OP, F64, IR)                                            \
  double OP::evaluate(double x) { return F64; }                                \
  Value OP::buildFunction(OpBuilder &builder, Location loc, Value input) {     \
    ImplicitLocOpBuilder b(loc, builder);                                      \
    Expr x{b, input};                                                          \
    return (IR).value;                                                         \
  }

#define OCTET_REAL(NAME) get##NAME().convertToDouble()

OCTET_FUNCTION(ReluOp, std::max(x, 0.0), x.max(0))
OCTET_FUNCTION(LeakyReluOp, x < 0 ? OCTET_REAL(Alpha) * x : x,
               x.selectLess(0, x *OCTET_REAL(Alpha), x))
OCTET_FUNCTION(
    ThresholdedReluOp, x > OCTET_REAL(Alpha) ? x : 0,
    (x.constant(OCTET_REAL(Alpha)) - x).selectLess(0, x, x.constant(0)))
OCTET_FUNCTION(ClipOp, std::min(std::max(x, OCTET_REAL(Low)), OCTET_REAL(High)),
               x.max(OCTET_REAL(Low)).min(OCTET_REAL(High)))
OCTET_FUNCTION(EluOp, x < 0 ? OCTET_REAL(Alpha) * std::expm1(x) : x,
               x.selectLess(0, x.apply<math::ExpM1Op>() * OCTET_REAL(Alpha), x))
OCTET_FUNCTION(CeluOp,
               std::max(0.0, x) +
                   std::min(0.0, OCTET_REAL(Alpha) *
                                     std::expm1(x / OCTET_REAL(Alpha))),
               x.max(0) + ((x / OCTET_REAL(Alpha)).apply<math::ExpM1Op>() *
                           OCTET_REAL(Alpha))
                              .min(0))
OCTET_FUNCTION(
    SeluOp, OCTET_REAL(Gamma) * (x < 0 ? OCTET_REAL(Alpha) * std::expm1(x) : x),
    x.selectLess(0, x.apply<math::ExpM1Op>() * OCTET_REAL(Alpha), x) *
        OCTET_REAL(Gamma))
OCTET_FUNCTION(GeluOp, gelu(x, getApproximate()), gelu(x, getApproximate()))
OCTET_FUNCTION(HardSigmoidOp,
               std::max(0.0, std::min(1.0, OCTET_REAL(Alpha) * x +
                                               OCTET_REAL(Beta))),
               (x * OCTET_REAL(Alpha) + OCTET_REAL(Beta)).min(1).max(0))
OCTET_FUNCTION(HardSwishOp, x *std::max(0.0, std::min(1.0, x / 6 + 0.5)),
               x *(x * (1.0 / 6) + 0.5).min(1).max(0))
OCTET_FUNCTION(SiluOp, x *sigmoid(x), x *sigmoid(x))
OCTET_FUNCTION(MishOp, x *std::tanh(softplus(x)),
               x *softplus(x).apply<math::TanhOp>())
OCTET_FUNCTION(SigmoidOp, sigmoid(x), sigmoid(x))
OCTET_FUNCTION(TanhOp, std::tanh(x), x.apply<math::TanhOp>())
OCTET_FUNCTION(SoftplusOp, softplus(x), softplus(x))
OCTET_FUNCTION(SoftsignOp, x / (1 + std::abs(x)),
               x / (x.apply<math::AbsFOp>() + 1))
OCTET_FUNCTION(ErfOp, std::erf(x), x.apply<math::ErfOp>())
OCTET_FUNCTION(SinOp, std::sin(x), x.apply<math::SinOp>())
OCTET_FUNCTION(CosOp, std::cos(x), x.apply<math::CosOp>())
OCTET_FUNCTION(ExpOp, std::exp(x), x.exp())
OCTET_FUNCTION(LogOp, std::log(x), x.apply<math::LogOp>())
OCTET_FUNCTION(SqrtOp, std::sqrt(x), x.apply<math::SqrtOp>())
OCTET_FUNCTION(ReciprocalOp, 1 / x, x.constant(1) / x)
OCTET_FUNCTION(NegOp, -x, x.apply<arith::NegFOp>())
OCTET_FUNCTION(AbsOp, std::abs(x), x.apply<math::AbsFOp>())
OCTET_FUNCTION(FloorOp, std::floor(x), x.apply<math::FloorOp>())
OCTET_FUNCTION(CeilOp, std::ceil(x), x.apply<math::CeilOp>())
OCTET_FUNCTION(RoundOp, std::nearbyint(x), x.apply<math::RoundEvenOp>())
OCTET_FUNCTION(SignOp, (x > 0) - (x < 0), sign(x))

#undef OCTET_REAL
#undef OCTET_FUNCTION
