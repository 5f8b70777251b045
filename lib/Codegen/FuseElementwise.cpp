//===- FuseElementwise.cpp - Fewer passes over memory ----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "octet/Codegen/KernelMatch.h"
#include "octet/Codegen/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// The contraction whose sums `op` takes, or null.
static Operation *getSource(linalg::GenericOp op) {
  for (Value input : op.getDpsInputs())
    if (auto producer = input.getDefiningOp<linalg::GenericOp>())
      if (isContraction(producer))
        return producer;
  return nullptr;
}

/// Whether another operand of `consumer` is, or comes from, a contraction that
/// stands behind `source`: that one's kernel gets the consumer as its epilogue.
static bool hasLaterSource(linalg::GenericOp consumer, OpOperand *fused,
                           Operation *source) {
  for (OpOperand *operand : consumer.getDpsInputOperands()) {
    auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
    if (operand == fused || !producer)
      continue;
    Operation *other =
        isContraction(producer) ? producer.getOperation() : getSource(producer);
    if (other && (isContraction(producer) || source->isBeforeInBlock(other)))
      return true;
  }
  return false;
}

/// Fuses what is used once, element for element, and leaves contractions alone:
/// they become kernels, whose epilogue is one element-wise op.
static bool shouldFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  if (!producer || !consumer || !operand->get().hasOneUse() ||
      !consumer.getMatchingIndexingMap(operand).isPermutation())
    return false;
  if (consumer.getNumReductionLoops() != 0)
    return consumer.getNumDpsInputs() == 1 && !isContraction(consumer);
  Operation *source = getSource(producer);
  return !source || !hasLaterSource(consumer, operand, source);
}

namespace {
struct FuseElementwisePass
    : public mlir::octet::impl::FuseElementwiseBase<FuseElementwisePass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> named;
    func.walk([&](linalg::LinalgOp op) {
      if (!isa<linalg::GenericOp, linalg::FillOp>(op.getOperation()))
        named.push_back(op);
    });
    for (linalg::LinalgOp op : named) {
      rewriter.setInsertionPoint(op);
      if (failed(linalg::generalizeNamedOp(rewriter, op))) {
        op->emitError("has no form as linalg.generic");
        return signalPassFailure();
      }
    }
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal(true);
    if (failed(applyPatternsGreedily(func, std::move(patterns), config)))
      signalPassFailure();
  }
};
} // namespace
