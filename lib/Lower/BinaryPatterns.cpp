//===- BinaryPatterns.cpp - Operators on two tensors, to linalg -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sum, difference and product have rules of their own on quantized types (E1,
// E2); the others compute on real numbers (E3).
//
//===----------------------------------------------------------------------===//

#include "Numerics.h"
#include "Patterns.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

/// Each operator on two numbers of one type.
static Value compute(AddOp, Body &body, Value a, Value b, bool) {
  return body.add(a, b);
}
static Value compute(SubOp, Body &body, Value a, Value b, bool) {
  return body.sub(a, b);
}
static Value compute(MulOp, Body &body, Value a, Value b, bool) {
  return body.mul(a, b);
}
static Value compute(DivOp, Body &body, Value a, Value b, bool isSigned) {
  return body.div(a, b, isSigned);
}
static Value compute(MinOp, Body &body, Value a, Value b, bool isSigned) {
  return body.min(a, b, isSigned);
}
static Value compute(MaxOp, Body &body, Value a, Value b, bool isSigned) {
  return body.max(a, b, isSigned);
}

static Value compute(PReluOp, Body &body, Value a, Value b, bool) {
  Value zero = body.constant(a.getType(), 0);
  Value negative = isa<FloatType>(a.getType())
                       ? body.compare(arith::CmpFPredicate::OLT, a, zero)
                       : body.compare(arith::CmpIPredicate::slt, a, zero);
  return body.select(negative, body.mul(a, b), a);
}

/// The remainder has the dividend's sign; Python's `%` the divisor's.
static Value compute(ModOp op, Body &body, Value a, Value b, bool isSigned) {
  bool isFloat = isa<FloatType>(a.getType());
  if (!isFloat && !isSigned)
    return body.make<arith::RemUIOp>(a, b);
  Value rest = isFloat ? body.make<arith::RemFOp>(a, b)
                       : body.make<arith::RemSIOp>(a, b);
  if (op.getFmod())
    return rest;
  Value zero = body.constant(a.getType(), 0);
  auto isNegative = [&](Value x) {
    return isFloat ? body.compare(arith::CmpFPredicate::OLT, x, zero)
                   : body.compare(arith::CmpIPredicate::slt, x, zero);
  };
  Value some = isFloat ? body.compare(arith::CmpFPredicate::UNE, rest, zero)
                       : body.compare(arith::CmpIPredicate::ne, rest, zero);
  Value differ =
      body.compare(arith::CmpIPredicate::ne, isNegative(rest), isNegative(b));
  Value adjust = body.make<arith::AndIOp>(some, differ);
  return body.select(adjust, body.add(rest, b), rest);
}

/// Base times base, as often as the exponent's bits say. Beyond 63 only the
/// powers of 0, 1 and -1 are no overflow, and the low bits tell those.
static Value buildIntegerPower(Body &body, Value base, Value exponent) {
  Type type = base.getType();
  Value zero = body.constant(type, 0), one = body.constant(type, 1);
  auto is = [&](arith::CmpIPredicate predicate, Value x, Value y) {
    return body.compare(predicate, x, y);
  };
  Value result = one, factor = base, rest = exponent;
  for (int bit = 0; bit < 6; ++bit) {
    Value odd =
        is(arith::CmpIPredicate::ne, body.make<arith::AndIOp>(rest, one), zero);
    result = body.select(odd, body.mul(result, factor), result);
    factor = body.mul(factor, factor);
    rest = body.make<arith::ShRUIOp>(rest, one);
  }
  Value isWhole = is(arith::CmpIPredicate::sge, exponent, zero);
  Value isUnit = is(arith::CmpIPredicate::eq, body.mul(base, base), one);
  Value keep = body.make<arith::OrIOp>(isWhole, isUnit);
  Value isZero = is(arith::CmpIPredicate::eq, base, zero);
  Value some = is(arith::CmpIPredicate::ne, exponent, zero);
  Value vanish = body.make<arith::AndIOp>(isZero, some);
  return body.select(vanish, zero, body.select(keep, result, zero));
}

/// Small constant exponents do without the library's power.
static Value buildPower(Body &body, Value base, Value exponent) {
  FloatAttr constant;
  if (matchPattern(exponent, m_Constant(&constant))) {
    double e = constant.getValueAsDouble();
    if (e == 2)
      return body.mul(base, base);
    if (e == 3)
      return body.mul(body.mul(base, base), base);
    if (e == 0.5)
      return body.make<math::SqrtOp>(base);
  }
  return body.make<math::PowFOp>(base, exponent);
}

//===----------------------------------------------------------------------===//
// Quantized operands
//===----------------------------------------------------------------------===//

/// Whether the two numbers are added, subtracted or multiplied.
template <typename OpT> constexpr bool isProduct() {
  return std::is_same_v<OpT, MulOp>;
}
template <typename OpT> constexpr bool hasOwnRule() {
  return std::is_same_v<OpT, AddOp> || std::is_same_v<OpT, SubOp> ||
         isProduct<OpT>();
}

namespace {
/// Three quantized types, and the shape that two of them broadcast to.
struct QuantizedBinary {
  Quantization lhs, rhs, result;
  Value a, b;
  ClampAttr clamp;

  SmallVector<int64_t> getAxes(const Quantization &type, Value value,
                               int64_t rank) const {
    return type.getAxes(rank, getShape(value).size());
  }
};
} // namespace

/// Rule E1: f32(a - z_a) * f32(s_a/s_y) +- f32(b - z_b) * f32(s_b/s_y).
template <typename OpT>
static Value buildSum(OpBuilder &b, OpT op, const QuantizedBinary &q) {
  int64_t rank = getShape(op.getResult()).size();
  Elementwise work(b, op.getLoc(), getShape(op.getResult()));
  auto lhsAxes = q.getAxes(q.lhs, q.a, rank);
  auto rhsAxes = q.getAxes(q.rhs, q.b, rank);
  unsigned x = work.add(q.a), y = work.add(q.b);
  unsigned xScale =
      work.addNumbers(divide(q.lhs.scales, q.result.scales), lhsAxes);
  unsigned yScale =
      work.addNumbers(divide(q.rhs.scales, q.result.scales), rhsAxes);
  Dequantizer lhs(work, q.lhs, lhsAxes), rhs(work, q.rhs, rhsAxes);
  Quantizer quantizer(work, q.result, q.clamp, {});
  auto body = [&](Body &body, ArrayRef<Value> args) {
    Value left = body.mul(lhs.buildNumber(body, args, args[x]), args[xScale]);
    Value right = body.mul(rhs.buildNumber(body, args, args[y]), args[yScale]);
    Value sum = compute(op, body, left, right, /*isSigned=*/true);
    return quantizer.build(body, args, sum, /*mayBeNaN=*/false);
  };
  return work.build(b.getIntegerType(q.result.bits), body);
}

/// Rule E2: f32((a - z_a) * (b - z_b)) * f32(f32(s_a * s_b) / s_y).
static Value buildProduct(OpBuilder &b, MulOp op, const QuantizedBinary &q) {
  int64_t rank = getShape(op.getResult()).size();
  Elementwise work(b, op.getLoc(), getShape(op.getResult()));
  auto lhsAxes = q.getAxes(q.lhs, q.a, rank);
  auto rhsAxes = q.getAxes(q.rhs, q.b, rank);
  unsigned x = work.add(q.a), y = work.add(q.b);
  unsigned scale = work.addNumbers(
      divide(multiply(q.lhs.scales, q.rhs.scales), q.result.scales),
      lhsAxes.empty() ? rhsAxes : lhsAxes);
  Dequantizer lhs(work, q.lhs, lhsAxes), rhs(work, q.rhs, rhsAxes);
  Quantizer quantizer(work, q.result, q.clamp, {});
  bool isWide = q.lhs.bits + q.rhs.bits > 16;
  auto body = [&](Body &body, ArrayRef<Value> args) {
    Type type = isWide ? body.getI64Type() : body.getI32Type();
    auto widen = [&](Value v) { return body.resizeInteger(v, true, type); };
    Value left = widen(lhs.buildCentered(body, args, args[x]));
    Value right = widen(rhs.buildCentered(body, args, args[y]));
    Value product = body.toFloat(body.mul(left, right), /*isSigned=*/true,
                                 body.getF32Type());
    return quantizer.build(body, args, body.mul(product, args[scale]),
                           /*mayBeNaN=*/false);
  };
  return work.build(b.getIntegerType(q.result.bits), body);
}

/// By rule E1 or E2, if all types have one.
template <typename OpT, typename AdaptorT>
static Value buildByRule(OpBuilder &b, OpT op, AdaptorT adaptor) {
  FailureOr<Quantization> lhs = Quantization::get(op.getLhs().getType());
  FailureOr<Quantization> rhs = Quantization::get(op.getRhs().getType());
  FailureOr<Quantization> result = Quantization::get(op.getType());
  if (failed(lhs) || failed(rhs) || failed(result) || result->isPerAxis() ||
      (lhs->isPerAxis() && rhs->isPerAxis()) ||
      std::max(lhs->bits, rhs->bits) > 16)
    return nullptr;
  QuantizedBinary q{*lhs,
                    *rhs,
                    *result,
                    adaptor.getLhs(),
                    adaptor.getRhs(),
                    op.getClampAttr()};
  if constexpr (isProduct<OpT>())
    return buildProduct(b, op, q);
  else
    return buildSum(b, op, q);
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

template <typename OpT> static ClampAttr getClampOf(OpT op) {
  if constexpr (hasOwnRule<OpT>())
    return op.getClampAttr();
  else
    return {};
}

static bool hasFloat(Type type) {
  return isa<FloatType, quant::QuantizedType>(getElementTypeOrSelf(type));
}

/// Computes on real numbers (rule E3).
template <typename OpT, typename AdaptorT>
static Value buildReal(OpBuilder &b, OpT op, AdaptorT adaptor) {
  Elementwise work(b, op.getLoc(), getShape(op.getResult()));
  RealOperand lhs(work, {op.getLhs(), adaptor.getLhs()});
  RealOperand rhs(work, {op.getRhs(), adaptor.getRhs()});
  RealResult result(work, cast<RankedTensorType>(op.getType()), getClampOf(op));
  return work.build(result.getElement(), [&](Body &body, ArrayRef<Value> args) {
    Value x = lhs.build(body, args), y = rhs.build(body, args);
    return result.build(body, args, compute(op, body, x, y, true));
  });
}

namespace {
template <typename OpT> struct LowerBinary : OpConversionPattern<OpT> {
  using OpConversionPattern<OpT>::OpConversionPattern;
  LogicalResult
  matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, build(rewriter, op, adaptor));
    return success();
  }

  static Value build(OpBuilder &b, OpT op, typename OpT::Adaptor adaptor) {
    if constexpr (hasOwnRule<OpT>())
      if (Value result = buildByRule(b, op, adaptor))
        return result;
    if (hasFloat(op.getType()))
      return buildReal(b, op, adaptor);
    Type element = getElementTypeOrSelf(op.getLhs().getType());
    bool isSigned = !element.isUnsignedInteger();
    Elementwise work(b, op.getLoc(), getShape(op.getResult()));
    unsigned x = work.add(adaptor.getLhs()), y = work.add(adaptor.getRhs());
    return work.build(getElementTypeOrSelf(adaptor.getLhs().getType()),
                      [&](Body &body, ArrayRef<Value> args) {
                        return compute(op, body, args[x], args[y], isSigned);
                      });
  }
};

struct LowerPow : OpConversionPattern<PowOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(PowOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    bool isReal = hasFloat(op.getType());
    if (!isReal && getElementTypeOrSelf(op.getLhs().getType()) !=
                       getElementTypeOrSelf(op.getRhs().getType()))
      return rewriter.notifyMatchFailure(op, "an integer to another type");
    rewriter.replaceOp(op, isReal ? buildReal(rewriter, op, adaptor)
                                  : buildInteger(rewriter, op, adaptor));
    return success();
  }

  /// The exponent may be of another type than base and result.
  static Value buildReal(OpBuilder &b, PowOp op, OpAdaptor adaptor) {
    Elementwise work(b, op.getLoc(), getShape(op.getResult()));
    RealOperand lhs(work, {op.getLhs(), adaptor.getLhs()});
    RealOperand rhs(work, {op.getRhs(), adaptor.getRhs()});
    RealResult result(work, cast<RankedTensorType>(op.getType()), {});
    Type element = getElementTypeOrSelf(op.getRhs().getType());
    return work.build(
        result.getElement(), [&](Body &body, ArrayRef<Value> args) {
          Value x = lhs.build(body, args), e = rhs.build(body, args);
          e = isa<FloatType>(e.getType())
                  ? body.resizeFloat(e, x.getType())
                  : body.toFloat(e, !element.isUnsignedInteger(), x.getType());
          return result.build(body, args, buildPower(body, x, e));
        });
  }

  static Value buildInteger(OpBuilder &b, PowOp op, OpAdaptor adaptor) {
    Elementwise work(b, op.getLoc(), getShape(op.getResult()));
    unsigned x = work.add(adaptor.getLhs()), y = work.add(adaptor.getRhs());
    Type element = getElementTypeOrSelf(adaptor.getLhs().getType());
    return work.build(element, [&](Body &body, ArrayRef<Value> args) {
      return buildIntegerPower(body, args[x], args[y]);
    });
  }
};
} // namespace

void lower::populateBinaryPatterns(const TypeConverter &converter,
                                   RewritePatternSet &patterns) {
  patterns.add<LowerBinary<AddOp>, LowerBinary<SubOp>, LowerBinary<MulOp>,
               LowerBinary<DivOp>, LowerBinary<MinOp>, LowerBinary<MaxOp>,
               LowerBinary<ModOp>, LowerBinary<PReluOp>, LowerPow>(
      converter, patterns.getContext());
}
