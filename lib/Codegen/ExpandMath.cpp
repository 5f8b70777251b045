//===- ExpandMath.cpp - Functions as plain arithmetic ----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExpandFunctions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Approximation.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "octet/Codegen/KernelTable.h"
#include "octet/Codegen/Passes.h"
#include "octet/IR/Hints.h"
#include "octet/IR/Kernel/OctetKernel.h"

namespace mlir::octet {
#define GEN_PASS_DEF_EXPANDMATH
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

static Value createConstant(OpBuilder &b, Location loc, Type type,
                            double value) {
  TypedAttr attr = b.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto shaped = dyn_cast<ShapedType>(type))
    attr = DenseElementsAttr::get(shaped, Attribute(attr));
  return arith::ConstantOp::create(b, loc, attr);
}

/// Rounds to even by arithmetic: adding 2^23 to a smaller magnitude leaves no
/// bits for a fraction.
static Value createRoundEven(OpBuilder &b, Location loc, Value x) {
  Type type = x.getType();
  int mantissa =
      cast<FloatType>(getElementTypeOrSelf(type)).getFPMantissaWidth() - 1;
  Value big = createConstant(b, loc, type, std::ldexp(1.0, mantissa));
  Value magnitude = math::AbsFOp::create(b, loc, x);
  Value sum = arith::AddFOp::create(b, loc, magnitude, big);
  Value rounded = arith::SubFOp::create(b, loc, sum, big);
  Value isSmall =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, magnitude, big);
  Value result = arith::SelectOp::create(b, loc, isSmall, rounded, magnitude);
  return math::CopySignOp::create(b, loc, result, x);
}

/// The largest integer that is no more than x, or with `up` the smallest that
/// is no less.
static Value createFloor(OpBuilder &b, Location loc, Value x, bool up) {
  Value rounded = createRoundEven(b, loc, x);
  Value one = createConstant(b, loc, x.getType(), up ? -1.0 : 1.0);
  Value beyond = arith::CmpFOp::create(
      b, loc, up ? arith::CmpFPredicate::OLT : arith::CmpFPredicate::OGT,
      rounded, x);
  Value back = arith::SubFOp::create(b, loc, rounded, one);
  Value result = arith::SelectOp::create(b, loc, beyond, back, rounded);
  // -0.5 up is -0.
  return math::CopySignOp::create(b, loc, result, x);
}

namespace {
/// fma -> a product and a sum, each rounded: what every CPU can do, and plain
/// loops as well as kernels. octet-fuse-requantization marks those that it
/// means to round once, for CPUs that can. Those stay fused as well in models
/// whose floats nothing depends on to the last bit.
struct SplitFma : public OpRewritePattern<math::FmaOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::FmaOp op,
                                PatternRewriter &rewriter) const override {
    if (bitEnumContainsAll(op.getFastmath(), arith::FastMathFlags::contract))
      return rewriter.notifyMatchFailure(op, "is meant to round once");
    if (mayStayFused(op))
      return rewriter.notifyMatchFailure(op, "may round once");
    Value product =
        arith::MulFOp::create(rewriter, op.getLoc(), op.getA(), op.getB());
    rewriter.replaceOpWithNewOp<arith::AddFOp>(op, product, op.getC());
    return success();
  }

  static bool mayStayFused(math::FmaOp op) {
    auto module = op->getParentOfType<ModuleOp>();
    return module && module->hasAttr(kFreeFloatsAttrName) &&
           getElementTypeOrSelf(op.getType()).isF32() &&
           getIsaTraits(octet_kernel::getIsa(op)).hasFma;
  }
};

/// x86 rounds half to even in the conversion itself. Kernels see to that when
/// they write out their epilogue.
struct RoundInConversion : public OpRewritePattern<arith::FPToSIOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::FPToSIOp op,
                                PatternRewriter &rewriter) const override {
    auto round = op.getIn().getDefiningOp<math::RoundEvenOp>();
    if (!round || !op.getType().isInteger(32) || !round.getType().isF32())
      return rewriter.notifyMatchFailure(op, "is no rounding of f32 to i32");
    if (op->getParentOfType<octet_kernel::ConvOp>())
      return rewriter.notifyMatchFailure(op, "is part of a kernel");
    rewriter.replaceOpWithNewOp<LLVM::LrintOp>(op, op.getType(),
                                               round.getOperand());
    return success();
  }
};

/// An op on one float -> what `create` makes of it.
template <typename OpT> struct ExpandRounding : public OpRewritePattern<OpT> {
  using Create = Value (*)(OpBuilder &, Location, Value);
  ExpandRounding(MLIRContext *context, Create create)
      : OpRewritePattern<OpT>(context), create(create) {}
  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, create(rewriter, op.getLoc(), op.getOperand()));
    return success();
  }
  Create create;
};

struct ExpandMathPass
    : public mlir::octet::impl::ExpandMathBase<ExpandMathPass> {
  LogicalResult initialize(MLIRContext *context) override {
    plain = getPatterns(context, /*canRound=*/false);
    rounding = getPatterns(context, /*canRound=*/true);
    converting = getPatterns(context, /*canRound=*/true, /*converts=*/true);
    return success();
  }

  /// With `canRound`, for CPUs that have an instruction for it, and with
  /// `converts`, where conversions to integers do it.
  static FrozenRewritePatternSet
  getPatterns(MLIRContext *context, bool canRound, bool converts = false) {
    RewritePatternSet patterns(context);
    if (converts)
      patterns.add<RoundInConversion>(context);
    // Everything the two sets of patterns know, but what is an instruction.
    math::populateExpansionPatterns(
        patterns, {"sinh", "cosh", "tan", "asinh", "acosh", "atanh", "fpowi",
                   "powf", "exp2", "round", "rsqrt", "clampf"});
    populateMathF32ExpansionPatterns(patterns, isFunction);
    populateMathPolynomialApproximationPatterns(patterns, isFunction);
    populateF64FunctionPatterns(patterns);
    patterns.add<SplitFma>(context);
    if (!canRound) {
      patterns.add<ExpandRounding<math::RoundEvenOp>>(context, createRoundEven);
      patterns.add<ExpandRounding<math::FloorOp>>(
          context, [](OpBuilder &b, Location loc, Value x) {
            return createFloor(b, loc, x, /*up=*/false);
          });
      patterns.add<ExpandRounding<math::CeilOp>>(
          context, [](OpBuilder &b, Location loc, Value x) {
            return createFloor(b, loc, x, /*up=*/true);
          });
      patterns.add<ExpandRounding<math::TruncOp>>(
          context, [](OpBuilder &b, Location loc, Value x) -> Value {
            Value magnitude = math::AbsFOp::create(b, loc, x);
            Value floor = createFloor(b, loc, magnitude, /*up=*/false);
            return math::CopySignOp::create(b, loc, floor, x);
          });
    }
    return patterns;
  }

  static bool isFunction(StringRef name) {
    return llvm::is_contained(
        {"math.atan", "math.atan2", "math.tanh", "math.log", "math.log2",
         "math.log10", "math.log1p", "math.erf", "math.erfc", "math.asin",
         "math.acos", "math.exp", "math.expm1", "math.cbrt", "math.sin",
         "math.cos"},
        name);
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    bool hasMath = function
                       .walk([](Operation *op) {
                         return isa<math::MathDialect>(op->getDialect())
                                    ? WalkResult::interrupt()
                                    : WalkResult::advance();
                       })
                       .wasInterrupted();
    if (!hasMath)
      return;
    octet_kernel::Isa isa = octet_kernel::getIsa(function);
    bool canRound = isa != octet_kernel::Isa::Generic,
         converts = getIsaTraits(isa).hasX86Packs();
    if (failed(applyPatternsGreedily(function, converts   ? converting
                                               : canRound ? rounding
                                                          : plain)))
      signalPassFailure();
  }

  FrozenRewritePatternSet plain, rounding, converting;
};
} // namespace
