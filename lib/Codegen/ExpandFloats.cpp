//===- ExpandFloats.cpp - Conversions of 16-bit floats ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a CPU cannot convert, LLVM leaves to functions of the compiler's own
// library, which a model's library has not. Integers do it here, in the bits
// of the instructions that other CPUs have.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "octet/Codegen/Passes.h"
#include "octet/IR/Kernel/OctetKernel.h"

namespace mlir::octet {
#define GEN_PASS_DEF_EXPANDFLOATS
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

static bool isHalf(Type type) { return getElementTypeOrSelf(type).isF16(); }
static bool isSmall(Type type) {
  return isHalf(type) || getElementTypeOrSelf(type).isBF16();
}

/// The type with other elements: a vector stays one.
static Type withElement(Type type, Type element) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped ? Type(shaped.clone(element)) : element;
}

namespace {
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
} // namespace

/// f16 to f32. The exponent is moved by a product, which also brings the
/// subnormal ones in order.
static Value extendHalf(ImplicitLocOpBuilder &b, Value half) {
  Bits bits = Bits::of(b, half).resize(32);
  Bits magnitude = (bits & 0x7fff) << 13;
  Bits number = magnitude.inF32<arith::MulFOp>(0x1p112f);
  Bits infinity = bits.constant(0x7f800000);
  Bits special = magnitude.selectBelow((0x7c00 << 13) + 1, infinity,
                                       magnitude | 0x7fc00000);
  Bits result = magnitude.selectBelow(0x7c00 << 13, number, special);
  return (result | ((bits & 0x8000) << 16)).as(b.getF32Type());
}

/// f32 to f16, to the nearest, ties to even.
static Value truncateToHalf(ImplicitLocOpBuilder &b, Value number) {
  Bits bits = Bits::of(b, number);
  Bits sign = bits & 0x80000000;
  Bits magnitude = bits ^ sign;
  // The last bit of 0.5 is the last of a subnormal f16: a sum rounds there.
  Bits subnormal = magnitude.inF32<arith::AddFOp>(0.5f) + -int64_t(0x3f000000);
  Bits odd = (magnitude >> 13) & 1;
  Bits normal = (magnitude + odd + (0xfff - (int64_t(112) << 23))) >> 13;
  Bits nan = ((magnitude >> 13) & 0x3ff) | 0x7e00;
  Bits special = magnitude.selectBelow(0x7f800001, bits.constant(0x7c00), nan);
  Bits result =
      magnitude.selectBelow(0x38800000, subnormal,
                            magnitude.selectBelow(0x47800000, normal, special));
  return (result | (sign >> 16)).resize(16).as(b.getF16Type());
}

/// f64 to f32 with the last bit set where bits are lost: rounded once more, to
/// a shorter float, that is the nearest to the f64.
static Value truncateToOdd(ImplicitLocOpBuilder &b, Value number) {
  Type f32 = withElement(number.getType(), b.getF32Type());
  Value near = arith::TruncFOp::create(b, f32, number);
  Value back = arith::ExtFOp::create(b, number.getType(), near);
  auto magnitude = [&](Value x) {
    return (Bits::of(b, x) & INT64_MAX).as(b.getF64Type());
  };
  Value isLost =
      arith::CmpFOp::create(b, arith::CmpFPredicate::ONE, back, number);
  Value isAway = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT,
                                       magnitude(back), magnitude(number));
  Bits bits = Bits::of(b, near);
  Bits toZero = bits - bits.widen(isAway);
  return (toZero | bits.widen(isLost)).as(b.getF32Type());
}

namespace {
struct ExtendHalf : public OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isHalf(op.getIn().getType()) ||
        !getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "not f16 to f32");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, extendHalf(b, op.getIn()));
    return success();
  }
};

struct TruncateToHalf : public OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isHalf(op.getType()) ||
        !getElementTypeOrSelf(op.getIn().getType()).isF32())
      return rewriter.notifyMatchFailure(op, "not f32 to f16");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, truncateToHalf(b, op.getIn()));
    return success();
  }
};

/// 16-bit float -> f64 goes by way of f32, which holds them all.
struct ExtendInTwo : public OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isSmall(op.getIn().getType()) ||
        !getElementTypeOrSelf(op.getType()).isF64())
      return rewriter.notifyMatchFailure(op, "not a 16-bit float to f64");
    Type f32 = withElement(op.getType(), rewriter.getF32Type());
    Value wide = arith::ExtFOp::create(rewriter, op.getLoc(), f32, op.getIn());
    rewriter.replaceOpWithNewOp<arith::ExtFOp>(op, op.getType(), wide);
    return success();
  }
};

/// f64 -> 16-bit float goes by way of f32, without rounding twice.
struct TruncateInTwo : public OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isSmall(op.getType()) ||
        !getElementTypeOrSelf(op.getIn().getType()).isF64())
      return rewriter.notifyMatchFailure(op, "not f64 to a 16-bit float");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(),
                                                 truncateToOdd(b, op.getIn()));
    return success();
  }
};

struct ExpandFloatsPass
    : public mlir::octet::impl::ExpandFloatsBase<ExpandFloatsPass> {
  LogicalResult initialize(MLIRContext *context) override {
    for (bool hasHalf : {false, true}) {
      RewritePatternSet patterns(context);
      arith::populateExpandBFloat16Patterns(patterns);
      patterns.add<ExtendInTwo, TruncateInTwo>(context);
      if (!hasHalf)
        patterns.add<ExtendHalf, TruncateToHalf>(context);
      (hasHalf ? brainOnly : all) = std::move(patterns);
    }
    return success();
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!usesSmallFloats(function))
      return;
    if (failed(computeInF32(function)))
      return signalPassFailure();
    bool hasHalf = octet_kernel::getIsa(function) != octet_kernel::Isa::Generic;
    if (failed(applyPatternsGreedily(function, hasHalf ? brainOnly : all)))
      signalPassFailure();
  }

  static bool usesSmallFloats(func::FuncOp function) {
    auto result = function.walk([](Operation *op) {
      return llvm::any_of(op->getResultTypes(), isSmall) ||
                     llvm::any_of(op->getOperandTypes(), isSmall)
                 ? WalkResult::interrupt()
                 : WalkResult::advance();
    });
    return result.wasInterrupted();
  }

  /// Arithmetic on 16-bit floats is done in f32 and rounded after each op.
  static LogicalResult computeInF32(func::FuncOp function) {
    MLIRContext *context = function.getContext();
    TypeConverter converter;
    arith::populateEmulateUnsupportedFloatsConversions(
        converter, {Float16Type::get(context), BFloat16Type::get(context)},
        Float32Type::get(context));
    RewritePatternSet patterns(context);
    arith::populateEmulateUnsupportedFloatsPatterns(patterns, converter);
    ConversionTarget target(*context);
    arith::populateEmulateUnsupportedFloatsLegality(target, converter);
    return applyPartialConversion(function, target, std::move(patterns));
  }

  FrozenRewritePatternSet all, brainOnly;
};
} // namespace
