//===- FuseEpilogues.cpp - Fold activations and additions into producers -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Fold/Passes.h"

#include "octet/IR/Constants.h"

#include "llvm/ADT/TypeSwitch.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <limits>

namespace mlir::octet {
#define GEN_PASS_DEF_FUSEEPILOGUES
#include "octet/Fold/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// The bounds that an activation amounts to; nothing if it is no clamp.
static std::optional<std::pair<double, double>> getBounds(Operation *op) {
  if (isa<ReluOp>(op))
    return std::pair(0.0, std::numeric_limits<double>::infinity());
  if (auto clip = dyn_cast<ClipOp>(op))
    return std::pair(clip.getLow().convertToDouble(),
                     clip.getHigh().convertToDouble());
  return std::nullopt;
}

namespace {
/// clamp(producer(...)) -> producer(...) {clamp}
struct FoldClamp : RewritePattern {
  FoldClamp(MLIRContext *context, StringRef name, Pass::Statistic &count)
      : RewritePattern(name, /*benefit=*/1, context), count(count) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    auto bounds = getBounds(op);
    auto producer = op->getOperand(0).getDefiningOp<ClampableOpInterface>();
    if (!bounds || !producer)
      return rewriter.notifyMatchFailure(op, "producer takes no clamp");
    if (!producer->hasOneUse())
      return rewriter.notifyMatchFailure(op, "value is used without clamp");
    if (op->getResult(0).getType() != op->getOperand(0).getType() ||
        !isa<FloatType>(getElementTypeOrSelf(op->getResult(0).getType())))
      return rewriter.notifyMatchFailure(op, "not a float activation");
    if (!(bounds->first <= bounds->second))
      return rewriter.notifyMatchFailure(op, "bounds are not ordered");
    ClampAttr old = producer.getResultClamp();
    ClampAttr clamp =
        old ? old.intersect(bounds->first, bounds->second)
            : ClampAttr::get(op->getContext(), bounds->first, bounds->second);
    rewriter.modifyOpInPlace(producer, [&] {
      producer.setResultClamp(clamp);
      producer->setLoc(rewriter.getFusedLoc({producer.getLoc(), op->getLoc()}));
    });
    rewriter.replaceOp(op, producer->getResults());
    ++count;
    return success();
  }

private:
  Pass::Statistic &count;
};

/// add(product(...), r) -> product(..., residual r)
struct FoldResidual : OpRewritePattern<AddOp> {
  FoldResidual(MLIRContext *context, Pass::Statistic &count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const override {
    if (!isa<FloatType>(getElementTypeOrSelf(op.getType())))
      return rewriter.notifyMatchFailure(op, "not a float addition");
    // Of two products the later one takes the sum, for then the other operand
    // is there already.
    Value lhs = op.getLhs(), rhs = op.getRhs();
    if (isLater(rhs, lhs))
      std::swap(lhs, rhs);
    if (succeeded(fold(op, lhs, rhs, rewriter)) ||
        succeeded(fold(op, rhs, lhs, rewriter)))
      return success();
    return rewriter.notifyMatchFailure(op, "no operand is a private product");
  }

private:
  static bool isLater(Value a, Value b) {
    Operation *left = a.getDefiningOp(), *right = b.getDefiningOp();
    return left && (!right || right->isBeforeInBlock(left));
  }

  LogicalResult fold(AddOp op, Value product, Value residual,
                     PatternRewriter &rewriter) const {
    auto weighted = product.getDefiningOp<WeightedOpInterface>();
    if (!weighted || weighted.getResidualOperand() || !product.hasOneUse() ||
        product.getType() != op.getType() ||
        residual.getType() != op.getType() || getConstantAttr(residual))
      return failure();
    auto clampable = cast<ClampableOpInterface>(*weighted);
    if (clampable.getResultClamp())
      return failure();
    rewriter.modifyOpInPlace(weighted, [&] {
      weighted.setResidualValue(residual);
      clampable.setResultClamp(op.getClampAttr());
      weighted->setLoc(rewriter.getFusedLoc({weighted.getLoc(), op.getLoc()}));
    });
    // The residual may be computed after the product.
    rewriter.moveOpBefore(weighted, op);
    rewriter.replaceOp(op, weighted->getResults());
    ++count;
    return success();
  }

  Pass::Statistic &count;
};

struct FuseEpiloguesPass : octet::impl::FuseEpiloguesBase<FuseEpiloguesPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    for (StringRef name :
         {ReluOp::getOperationName(), ClipOp::getOperationName()})
      patterns.add<FoldClamp>(&getContext(), name, numClamps);
    patterns.add<FoldResidual>(&getContext(), numResiduals);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
      getOperation().emitError("epilogues did not settle");
      signalPassFailure();
    }
  }
};
} // namespace
