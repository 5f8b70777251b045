//===- ElementwisePatterns.cpp - Unary, logical, casts to linalg *- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Numerics.h"
#include "Patterns.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

/// The lowered element type of a value that is not quantized.
static Type getSignless(Type type) {
  Type element = getElementTypeOrSelf(type);
  auto integer = dyn_cast<IntegerType>(element);
  return integer ? IntegerType::get(type.getContext(), integer.getWidth())
                 : element;
}

static bool isUnsigned(Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  return element.isUnsignedInteger() || element.isInteger(1);
}

//===----------------------------------------------------------------------===//
// Functions of one number
//===----------------------------------------------------------------------===//

/// The functions that ONNX defines on integers; null for others.
static Value buildOnInteger(Operation *op, Body &body, Value x, bool isSigned) {
  Type type = x.getType();
  auto bound = [&](double limit) {
    unsigned bits = type.getIntOrFloatBitWidth();
    double low = isSigned ? -std::ldexp(1.0, bits - 1) : 0;
    double high = std::ldexp(1.0, isSigned ? bits - 1 : bits) - 1;
    if (limit >= high) // 2^63 - 1 is no double
      return isSigned ? llvm::maxIntN(bits) : int64_t(llvm::maxUIntN(bits));
    return int64_t(std::max(limit, low));
  };
  Value zero = body.integer(type, 0);
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<ReluOp>([&](auto) { return body.max(x, zero, isSigned); })
      .Case<NegOp>([&](auto) { return body.sub(zero, x); })
      .Case<AbsOp>(
          [&](auto) { return isSigned ? body.make<math::AbsIOp>(x) : x; })
      .Case<SignOp>([&](auto) {
        Value one = body.integer(type, 1);
        Value minus = body.integer(type, isSigned ? -1 : 0);
        return body.min(body.max(x, minus, isSigned), one, isSigned);
      })
      .Case<ClipOp>([&](ClipOp clip) {
        Value low = body.integer(
            type, bound(std::ceil(clip.getLow().convertToDouble())));
        Value high = body.integer(
            type, bound(std::floor(clip.getHigh().convertToDouble())));
        return body.min(body.max(x, low, isSigned), high, isSigned);
      })
      .Case<FloorOp, CeilOp, RoundOp>([&](auto) { return x; })
      .Default([](Operation *) { return Value(); });
}

namespace {
/// Floats of fewer than 32 bits and quantized operands compute in f32 (E3).
struct LowerUnary : OpInterfaceConversionPattern<UnaryFunctionOpInterface> {
  using OpInterfaceConversionPattern::OpInterfaceConversionPattern;
  LogicalResult
  matchAndRewrite(UnaryFunctionOpInterface op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    Value input = op->getOperand(0);
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    Elementwise work(rewriter, op.getLoc(), type.getShape());
    if (isa<IntegerType>(type.getElementType()))
      return lowerInteger(op, operands[0], work, rewriter);
    RealOperand operand(work, {input, operands[0]});
    RealResult result(work, type, {});
    auto body = [&](Body &body, ArrayRef<Value> args) {
      Value x = operand.build(body, args);
      if (x.getType().getIntOrFloatBitWidth() < 32)
        x = body.resizeFloat(x, body.getF32Type());
      return result.build(body, args, op.buildFunction(body, body.getLoc(), x));
    };
    rewriter.replaceOp(op, work.build(result.getElement(), body));
    return success();
  }

  static LogicalResult lowerInteger(UnaryFunctionOpInterface op, Value operand,
                                    Elementwise &work,
                                    ConversionPatternRewriter &rewriter) {
    if (!isa<ReluOp, NegOp, AbsOp, SignOp, ClipOp, FloorOp, CeilOp, RoundOp>(
            op.getOperation()))
      return rewriter.notifyMatchFailure(op, "not defined on integers");
    bool isSigned = !isUnsigned(op->getOperand(0));
    unsigned x = work.add(operand);
    rewriter.replaceOp(op, work.build(getElementTypeOrSelf(operand.getType()),
                                      [&](Body &body, ArrayRef<Value> args) {
                                        return buildOnInteger(op, body, args[x],
                                                              isSigned);
                                      }));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Booleans
//===----------------------------------------------------------------------===//

static arith::CmpFPredicate getFloatPredicate(ComparePredicate predicate) {
  switch (predicate) {
  case ComparePredicate::Equal:
    return arith::CmpFPredicate::OEQ;
  case ComparePredicate::Less:
    return arith::CmpFPredicate::OLT;
  case ComparePredicate::LessOrEqual:
    return arith::CmpFPredicate::OLE;
  case ComparePredicate::Greater:
    return arith::CmpFPredicate::OGT;
  case ComparePredicate::GreaterOrEqual:
    return arith::CmpFPredicate::OGE;
  }
  llvm_unreachable("all predicates are handled");
}

static arith::CmpIPredicate getIntegerPredicate(ComparePredicate predicate,
                                                bool isSigned) {
  using P = arith::CmpIPredicate;
  switch (predicate) {
  case ComparePredicate::Equal:
    return P::eq;
  case ComparePredicate::Less:
    return isSigned ? P::slt : P::ult;
  case ComparePredicate::LessOrEqual:
    return isSigned ? P::sle : P::ule;
  case ComparePredicate::Greater:
    return isSigned ? P::sgt : P::ugt;
  case ComparePredicate::GreaterOrEqual:
    return isSigned ? P::sge : P::uge;
  }
  llvm_unreachable("all predicates are handled");
}

struct LowerCompare : OpConversionPattern<CompareOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(CompareOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Elementwise work(rewriter, op.getLoc(), getShape(op.getResult()));
    RealOperand lhs(work, {op.getLhs(), adaptor.getLhs()});
    RealOperand rhs(work, {op.getRhs(), adaptor.getRhs()});
    auto body = [&](Body &body, ArrayRef<Value> args) {
      Value x = lhs.build(body, args), y = rhs.build(body, args);
      if (isa<FloatType>(x.getType()))
        return body.compare(getFloatPredicate(op.getPredicate()), x, y);
      return body.compare(
          getIntegerPredicate(op.getPredicate(), !isUnsigned(op.getLhs())), x,
          y);
    };
    rewriter.replaceOp(op, work.build(rewriter.getI1Type(), body));
    return success();
  }
};

struct LowerLogical : OpConversionPattern<LogicalOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(LogicalOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Elementwise work(rewriter, op.getLoc(), getShape(op.getResult()));
    unsigned a = work.add(adaptor.getLhs()), b = work.add(adaptor.getRhs());
    auto body = [&](Body &body, ArrayRef<Value> args) -> Value {
      switch (op.getKind()) {
      case LogicalKind::And:
        return body.make<arith::AndIOp>(args[a], args[b]);
      case LogicalKind::Or:
        return body.make<arith::OrIOp>(args[a], args[b]);
      case LogicalKind::Xor:
        return body.make<arith::XOrIOp>(args[a], args[b]);
      }
      llvm_unreachable("all kinds are handled");
    };
    rewriter.replaceOp(op, work.build(rewriter.getI1Type(), body));
    return success();
  }
};

struct LowerNot : OpConversionPattern<NotOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(NotOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Elementwise work(rewriter, op.getLoc(), getShape(op.getResult()));
    unsigned x = work.add(adaptor.getInput());
    auto body = [&](Body &body, ArrayRef<Value> args) {
      return body.make<arith::XOrIOp>(args[x],
                                      body.integer(body.getI1Type(), 1));
    };
    rewriter.replaceOp(op, work.build(rewriter.getI1Type(), body));
    return success();
  }
};

/// Equal types are selected as they are stored, quantized ones included.
struct LowerWhere : OpConversionPattern<WhereOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(WhereOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Elementwise work(rewriter, op.getLoc(), getShape(op.getResult()));
    unsigned c = work.add(adaptor.getCondition());
    Type element = getElementTypeOrSelf(op.getType());
    bool isSame = getElementTypeOrSelf(op.getLhs().getType()) == element &&
                  getElementTypeOrSelf(op.getRhs().getType()) == element;
    if (isSame) {
      unsigned a = work.add(adaptor.getLhs()), b = work.add(adaptor.getRhs());
      rewriter.replaceOp(
          op, work.build(getElementTypeOrSelf(adaptor.getLhs().getType()),
                         [&](Body &body, ArrayRef<Value> args) {
                           return body.select(args[c], args[a], args[b]);
                         }));
      return success();
    }
    RealOperand lhs(work, {op.getLhs(), adaptor.getLhs()});
    RealOperand rhs(work, {op.getRhs(), adaptor.getRhs()});
    RealResult result(work, cast<RankedTensorType>(op.getType()), {});
    auto body = [&](Body &body, ArrayRef<Value> args) {
      Value x = lhs.build(body, args), y = rhs.build(body, args);
      return result.build(body, args, body.select(args[c], x, y));
    };
    rewriter.replaceOp(op, work.build(result.getElement(), body));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

/// Truncates towards zero and saturates; NaN becomes 0. The conversion itself
/// is undefined outside of the integer's range, where its value is not used.
static Value buildFloatToInteger(Body &body, Value x, IntegerType type,
                                 bool isSigned) {
  unsigned bits = type.getWidth();
  double low = isSigned ? -std::ldexp(1.0, bits - 1) : 0;
  double high = std::ldexp(1.0, isSigned ? bits - 1 : bits); // not included
  int64_t min = isSigned ? llvm::minIntN(bits) : 0;
  int64_t max = isSigned ? llvm::maxIntN(bits) : int64_t(llvm::maxUIntN(bits));
  if (x.getType().getIntOrFloatBitWidth() < 32)
    x = body.resizeFloat(x, body.getF32Type());
  Type real = x.getType();
  Value converted = isSigned ? body.make<arith::FPToSIOp>(type, x)
                             : body.make<arith::FPToUIOp>(type, x);
  using P = arith::CmpFPredicate;
  Value isLow = body.compare(P::OLE, x, body.constant(real, low));
  Value isHigh = body.compare(P::OGE, x, body.constant(real, high));
  Value isNaN = body.compare(P::UNO, x, x);
  converted = body.select(isLow, body.integer(type, min), converted);
  converted = body.select(isHigh, body.integer(type, max), converted);
  return body.select(isNaN, body.integer(type, 0), converted);
}

static Value buildCast(Body &body, Value x, Value from, Type to) {
  Type source = x.getType();
  bool toUnsigned = to.isUnsignedInteger();
  if (to.isInteger(1)) {
    if (isa<FloatType>(source))
      return body.compare(arith::CmpFPredicate::UNE, x,
                          body.constant(source, 0));
    return body.compare(arith::CmpIPredicate::ne, x, body.integer(source, 0));
  }
  Type type = getSignless(to);
  if (isa<FloatType>(source) && isa<FloatType>(type))
    return body.resizeFloat(x, type);
  if (isa<FloatType>(source))
    return buildFloatToInteger(body, x, cast<IntegerType>(type), !toUnsigned);
  if (isa<FloatType>(type))
    return body.toFloat(x, !isUnsigned(from), type);
  return body.resizeInteger(x, !isUnsigned(from), type);
}

struct LowerCast : OpConversionPattern<CastOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(CastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Type to = getElementTypeOrSelf(op.getType());
    Type lowered = getSignless(to);
    if (getElementTypeOrSelf(adaptor.getInput().getType()) == lowered) {
      rewriter.replaceOp(op, adaptor.getInput());
      return success();
    }
    Elementwise work(rewriter, op.getLoc(), getShape(op.getResult()));
    unsigned x = work.add(adaptor.getInput());
    rewriter.replaceOp(
        op, work.build(lowered, [&](Body &body, ArrayRef<Value> args) {
          return buildCast(body, args[x], op.getInput(), to);
        }));
    return success();
  }
};
} // namespace

void lower::populateElementwisePatterns(const TypeConverter &converter,
                                        RewritePatternSet &patterns) {
  patterns.add<LowerUnary, LowerCompare, LowerLogical, LowerNot, LowerWhere,
               LowerCast>(converter, patterns.getContext());
}
