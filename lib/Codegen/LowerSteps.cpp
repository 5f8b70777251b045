//===- LowerSteps.cpp - Loops over a work range ----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "octet/Codegen/Passes.h"
#include "octet/Codegen/StepGroups.h"

namespace mlir::octet {
#define GEN_PASS_DEF_LOWERSTEPS
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// Moves the body of `loop` to the end of that of `into`, which has the same
/// range.
static void mergeLoops(IRRewriter &rewriter, scf::ForOp into, scf::ForOp loop) {
  rewriter.eraseOp(loop.getBody()->getTerminator());
  rewriter.inlineBlockBefore(loop.getBody(), into.getBody()->getTerminator(),
                             into.getInductionVar());
  rewriter.eraseOp(loop);
}

namespace {
struct LowerStepsPass
    : public mlir::octet::impl::LowerStepsBase<LowerStepsPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal() || function.isPublic())
      return;
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> ops;
    function.walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    SmallVector<scf::ForOp> outer;
    for (linalg::LinalgOp op : ops) {
      bool isSplit = op->getParentOp() == function && getSplitExtent(op);
      rewriter.setInsertionPoint(op);
      FailureOr<linalg::LinalgLoops> loops = linalgOpToLoops(rewriter, op);
      if (failed(loops)) {
        op->emitError("has no form as loops");
        return signalPassFailure();
      }
      if (isSplit)
        outer.push_back(setRange(cast<scf::ForOp>(loops->front())));
      rewriter.eraseOp(op);
    }
    // Steps are formed such that their loops may run turn by turn together.
    for (scf::ForOp loop : llvm::drop_begin(outer, outer.empty() ? 0 : 1)) {
      hoistOperands(loop, outer.front());
      mergeLoops(rewriter, outer.front(), loop);
    }
  }

  scf::ForOp setRange(scf::ForOp loop) {
    loop.setLowerBound(getOperation().getArgument(0));
    loop.setUpperBound(getOperation().getArgument(1));
    return loop;
  }

  /// What stands between two loops (views, constants) goes before the first.
  static void hoistOperands(scf::ForOp loop, scf::ForOp first) {
    for (Operation *op = first->getNextNode(); op != loop;) {
      Operation *next = op->getNextNode();
      op->moveBefore(first);
      op = next;
    }
  }
};
} // namespace
