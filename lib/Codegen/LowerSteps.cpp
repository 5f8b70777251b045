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

/// A loop of `turns` turns around one that does what `loop` does in its part of
/// each; `loop` if it has as many turns itself.
static scf::ForOp splitLoop(IRRewriter &rewriter, scf::ForOp loop,
                            int64_t extent, int64_t turns) {
  if (extent == turns)
    return loop;
  Location loc = loop.getLoc();
  rewriter.setInsertionPoint(loop);
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(rewriter, loc, value);
  };
  Value zero = constant(0), one = constant(1), size = constant(extent / turns);
  auto outer = scf::ForOp::create(rewriter, loc, zero, constant(turns), one);
  rewriter.setInsertionPointToStart(outer.getBody());
  Value start =
      arith::MulIOp::create(rewriter, loc, outer.getInductionVar(), size);
  auto inner = scf::ForOp::create(rewriter, loc, zero, size, one);
  rewriter.setInsertionPointToStart(inner.getBody());
  Value index =
      arith::AddIOp::create(rewriter, loc, start, inner.getInductionVar());
  rewriter.eraseOp(loop.getBody()->getTerminator());
  rewriter.inlineBlockBefore(loop.getBody(), inner.getBody()->getTerminator(),
                             index);
  rewriter.eraseOp(loop);
  return outer;
}

namespace {
/// The loops that an op has become: the first, and the second with its extent.
struct Nest {
  scf::ForOp outer, second;
  int64_t extent;
};

struct LowerStepsPass
    : public mlir::octet::impl::LowerStepsBase<LowerStepsPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal() || function.isPublic())
      return;
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> ops;
    SmallVector<linalg::GenericOp> split;
    function.walk([&](linalg::LinalgOp op) {
      ops.push_back(op);
      if (op->getParentOp() == function && getSplitExtent(op))
        split.push_back(cast<linalg::GenericOp>(op.getOperation()));
    });
    for (auto strands :
         llvm::make_early_inc_range(function.getOps<scf::ForallOp>()))
      lowerStrands(rewriter, strands);
    std::optional<int64_t> rows = getRowExtent(split);
    SmallVector<Nest> nests;
    for (linalg::LinalgOp op : ops) {
      bool isSplit = llvm::is_contained(split, op.getOperation());
      SmallVector<int64_t> extents = op.getStaticLoopRanges();
      rewriter.setInsertionPoint(op);
      FailureOr<linalg::LinalgLoops> loops = linalgOpToLoops(rewriter, op);
      if (failed(loops)) {
        op->emitError("has no form as loops");
        return signalPassFailure();
      }
      if (isSplit)
        nests.push_back({setRange(cast<scf::ForOp>(loops->front())),
                         rows ? cast<scf::ForOp>((*loops)[1]) : nullptr,
                         rows ? extents[1] : 1});
      rewriter.eraseOp(op);
    }
    mergeNests(rewriter, nests, rows);
  }

  /// Steps are formed such that their loops may run turn by turn together.
  static void mergeNests(IRRewriter &rewriter, MutableArrayRef<Nest> nests,
                         std::optional<int64_t> rows) {
    if (nests.size() < 2)
      return;
    for (Nest &nest : nests.drop_front()) {
      hoistOperands(nest.outer, nests.front().outer);
      mergeLoops(rewriter, nests.front().outer, nest.outer);
    }
    if (!rows)
      return;
    for (Nest &nest : nests)
      nest.second = splitLoop(rewriter, nest.second, nest.extent, *rows);
    for (Nest &nest : nests.drop_front()) {
      hoistOperands(nest.second, nests.front().second);
      mergeLoops(rewriter, nests.front().second, nest.second);
    }
  }

  void lowerStrands(IRRewriter &rewriter, scf::ForallOp strands) {
    Location loc = strands.getLoc();
    rewriter.setInsertionPoint(strands);
    Value one = arith::ConstantIndexOp::create(rewriter, loc, 1);
    auto loop = scf::ForOp::create(rewriter, loc, getOperation().getArgument(0),
                                   getOperation().getArgument(1), one);
    rewriter.eraseOp(strands.getTerminator());
    rewriter.inlineBlockBefore(strands.getBody(),
                               loop.getBody()->getTerminator(),
                               loop.getInductionVar());
    rewriter.eraseOp(strands);
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
