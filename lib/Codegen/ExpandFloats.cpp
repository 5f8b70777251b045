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

#include "Kernels/FloatBits.h"
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
