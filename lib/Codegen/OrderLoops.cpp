//===- OrderLoops.cpp - Loops in the order of memory -----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Utils/StructuredOpsUtils.h"
#include "octet/Codegen/Passes.h"
#include "octet/Codegen/StepGroups.h"

namespace mlir::octet {
#define GEN_PASS_DEF_ORDERLOOPS
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

// A loop shorter than this is not worth vectors of its own.
static constexpr int64_t kShortLoop = 64;

// A reduction of no more turns is written out by LLVM before it makes vectors:
// a window's.
static constexpr int64_t kMostWrittenOut = 32;

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

/// By how much `expr` grows when loop `dim` takes one step; nothing where that
/// is not always the same.
static std::optional<int64_t> getGrowth(AffineExpr expr, unsigned dim) {
  if (auto position = dyn_cast<AffineDimExpr>(expr))
    return position.getPosition() == dim ? 1 : 0;
  if (isa<AffineConstantExpr>(expr))
    return 0;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  std::optional<int64_t> left = getGrowth(binary.getLHS(), dim),
                         right = getGrowth(binary.getRHS(), dim);
  if (!left || !right)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add)
    return *left + *right;
  auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() != AffineExprKind::Mul || !factor)
    return std::nullopt;
  return *left * factor.getValue();
}

/// Bytes-free stride of `operand` along loop `dim`: 0 where it does not move,
/// nothing where it moves in more than one way.
static std::optional<int64_t> getStride(linalg::LinalgOp op, OpOperand &operand,
                                        unsigned dim) {
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  if (!type)
    return 0;
  AffineMap map = op.getMatchingIndexingMap(&operand);
  SmallVector<int64_t> strides = type.getStridesAndOffset().first;
  int64_t total = 0;
  for (auto [expr, stride] : llvm::zip(map.getResults(), strides)) {
    if (!expr.isFunctionOfDim(dim))
      continue;
    std::optional<int64_t> growth = getGrowth(expr, dim);
    if (!growth || total != 0)
      return std::nullopt;
    total = *growth * stride;
  }
  return total;
}

/// Whether every operand moves by one element or not at all along `dim`.
static bool isContiguousAlong(linalg::LinalgOp op, unsigned dim) {
  return llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
    std::optional<int64_t> stride = getStride(op, operand, dim);
    return stride && (*stride == 0 || *stride == 1);
  });
}

/// The parallel loops as the first output is laid out; those it does not know
/// follow.
static SmallVector<unsigned> getParallelOrder(linalg::LinalgOp op) {
  SmallVector<unsigned> order;
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  auto loops = op.getIteratorTypesArray();
  auto add = [&](unsigned dim) {
    if (linalg::isParallelIterator(loops[dim]) &&
        !llvm::is_contained(order, dim))
      order.push_back(dim);
  };
  for (AffineExpr expr : map.getResults())
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      add(dim.getPosition());
  for (unsigned dim = 0, e = loops.size(); dim != e; ++dim)
    add(dim);
  return order;
}

/// Whether LLVM writes the reductions of `op` out inside of loop `vector`, so
/// that its vectors stay in registers. Steps along the vector itself are none
/// of a window.
static bool isWindow(linalg::LinalgOp op, unsigned vector,
                     ArrayRef<unsigned> reductions) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  int64_t turns = 1;
  for (unsigned dim : reductions)
    turns *= extents[dim];
  return turns <= kMostWrittenOut &&
         llvm::none_of(op.getIndexingMapsArray(), [&](AffineMap map) {
           return llvm::any_of(map.getResults(), [&](AffineExpr expr) {
             return expr.isFunctionOfDim(vector) &&
                    llvm::any_of(reductions, [&](unsigned dim) {
                      return expr.isFunctionOfDim(dim);
                    });
           });
         });
}

/// The order described in the pass's summary. Loops of one turn go inwards, so
/// that the first has something to share.
static SmallVector<unsigned> getLoopOrder(linalg::LinalgOp op) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  SmallVector<unsigned> parallel = getParallelOrder(op);
  auto loops = op.getIteratorTypesArray();
  SmallVector<unsigned> reductions;
  for (unsigned dim = 0, e = loops.size(); dim != e; ++dim)
    if (!linalg::isParallelIterator(loops[dim]))
      reductions.push_back(dim);
  SmallVector<unsigned> order, single;
  for (unsigned dim : parallel)
    (extents[dim] == 1 ? single : order).push_back(dim);
  llvm::append_range(order, single);
  parallel = std::exchange(order, {});

  std::optional<unsigned> vector;
  if (!reductions.empty()) {
    for (unsigned dim : llvm::drop_begin(parallel, parallel.empty() ? 0 : 1))
      if (extents[dim] > 1 && isContiguousAlong(op, dim))
        vector = dim;
    // Reading far apart costs more than a second thread gains.
    if (!vector && !single.empty() && extents[parallel.front()] > 1 &&
        isContiguousAlong(op, parallel.front()) &&
        !isContiguousAlong(op, reductions.back()))
      vector = parallel.front();
  }
  for (unsigned dim : parallel)
    if (vector != dim)
      order.push_back(dim);
  size_t afterRest = order.size();
  llvm::append_range(order, reductions);
  if (vector)
    order.insert(isWindow(op, *vector, reductions) ? order.begin() + afterRest
                                                   : order.end(),
                 *vector);
  return order;
}

static FailureOr<linalg::GenericOp> interchange(IRRewriter &rewriter,
                                                linalg::GenericOp op,
                                                ArrayRef<unsigned> order) {
  if (llvm::is_sorted(order))
    return op;
  rewriter.setInsertionPoint(op);
  return linalg::interchangeGenericOp(rewriter, op, order);
}

//===----------------------------------------------------------------------===//
// Collapse
//===----------------------------------------------------------------------===//

/// Whether loops `dim` and `dim + 1` are one in `operand`.
static bool liesTogether(linalg::GenericOp op, OpOperand &operand,
                         unsigned dim) {
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  if (!type)
    return true;
  AffineMap map = op.getMatchingIndexingMap(&operand);
  std::optional<unsigned> outer =
      map.getResultPosition(getAffineDimExpr(dim, op.getContext()));
  std::optional<unsigned> inner =
      map.getResultPosition(getAffineDimExpr(dim + 1, op.getContext()));
  if (!outer && !inner)
    return true;
  if (!outer || !inner || *inner != *outer + 1)
    return false;
  SmallVector<int64_t> strides = type.getStridesAndOffset().first;
  return strides[*outer] == strides[*inner] * type.getDimSize(*inner);
}

/// The groups of loops from `first` on that can become one each.
static SmallVector<ReassociationIndices> getGroups(linalg::GenericOp op,
                                                   unsigned first) {
  SmallVector<ReassociationIndices> groups;
  for (unsigned dim = 0, e = op.getNumLoops(); dim != e; ++dim) {
    bool joins = dim > first &&
                 llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
                   return liesTogether(op, operand, dim - 1);
                 });
    if (joins)
      groups.back().push_back(dim);
    else
      groups.push_back({dim});
  }
  return groups;
}

/// Collapses what lies together of an op without reductions: all but the first
/// loop, which threads share, unless the rest is short.
static linalg::GenericOp collapse(IRRewriter &rewriter, linalg::GenericOp op) {
  if (op.getNumReductionLoops() != 0 || op.getNumLoops() < 2 ||
      op.hasIndexSemantics() ||
      !llvm::all_of(op.getIndexingMapsArray(),
                    [](AffineMap map) { return map.isProjectedPermutation(); }))
    return op;
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  unsigned first = 0;
  while (first + 1 < extents.size() && extents[first] == 1)
    ++first;
  int64_t rest = 1;
  for (int64_t extent : ArrayRef(extents).drop_front(first + 1))
    rest *= extent;
  // Leading loops of one turn join what follows.
  SmallVector<ReassociationIndices> groups =
      getGroups(op, rest < kShortLoop ? 0 : first + 1);
  if (groups.size() == extents.size())
    return op;
  rewriter.setInsertionPoint(op);
  FailureOr<linalg::CollapseResult> result =
      linalg::collapseOpIterationDims(op, groups, rewriter);
  if (failed(result))
    return op;
  rewriter.eraseOp(op);
  return cast<linalg::GenericOp>(result->collapsedOp);
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

/// Rows of an input that a block of a transposition reads: a cache line of each
/// stays in L1 until all of it was read.
static constexpr int64_t kFewestRows = 32, kMostRows = 128;

namespace {
/// A loop across the rows of an input, the loop around it along them, and how
/// many rows make a block.
struct Transposition {
  unsigned across, along;
  int64_t rows;
};
} // namespace

/// The most rows that divide an extent: whole vectors, if they can. Where none
/// do, as many as leave a rest.
static int64_t chooseRows(int64_t extent) {
  for (int64_t lanes : {16, 8, 1})
    for (int64_t rows = kMostRows; rows >= kFewestRows; --rows)
      if (rows % lanes == 0 && extent % rows == 0)
        return rows;
  return kMostRows;
}

/// The last loop of more than one turn, if it runs across the rows of a large
/// input.
static std::optional<Transposition> getTransposition(linalg::GenericOp op) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  if (extents.empty())
    return std::nullopt;
  unsigned last = extents.size() - 1;
  while (last > 0 && extents[last] == 1)
    --last;
  if (op.getNumReductionLoops() != 0 || op.hasIndexSemantics() || last == 0 ||
      extents[last] <= 2 * kMostRows ||
      !llvm::all_of(op.getIndexingMapsArray(),
                    [](AffineMap map) { return map.isProjectedPermutation(); }))
    return std::nullopt;
  for (OpOperand *input : op.getDpsInputOperands()) {
    if (getStride(op, *input, last).value_or(0) < kFewestRows / 2)
      continue;
    for (unsigned dim = 0; dim < last; ++dim) {
      if (getStride(op, *input, dim) != 1 || extents[dim] == 1)
        continue;
      return Transposition{last, dim, chooseRows(extents[last])};
    }
  }
  return std::nullopt;
}

/// `operand` with the axis of loop `dim`, if it has one, in parts of `size`.
static Value divideAxis(OpBuilder &b, linalg::GenericOp op, OpOperand &operand,
                        unsigned dim, int64_t size) {
  std::optional<unsigned> axis =
      op.getMatchingIndexingMap(&operand).getResultPosition(
          getAffineDimExpr(dim, op.getContext()));
  if (!axis)
    return operand.get();
  SmallVector<int64_t> shape;
  SmallVector<ReassociationIndices> groups;
  for (auto [i, extent] :
       llvm::enumerate(cast<MemRefType>(operand.get().getType()).getShape())) {
    groups.emplace_back(1, shape.size());
    if (i != *axis) {
      shape.push_back(extent);
      continue;
    }
    groups.back().push_back(shape.size() + 1);
    llvm::append_values(shape, extent / size, size);
  }
  return memref::ExpandShapeOp::create(b, op.getLoc(), shape, operand.get(),
                                       groups);
}

/// `op` for `size` turns of loop `dim` only, from turn `from` on.
static linalg::GenericOp takeTurns(IRRewriter &rewriter, linalg::GenericOp op,
                                   unsigned dim, int64_t from, int64_t size) {
  SmallVector<Value> operands;
  for (OpOperand &operand : op->getOpOperands()) {
    operands.push_back(operand.get());
    std::optional<unsigned> axis =
        op.getMatchingIndexingMap(&operand).getResultPosition(
            getAffineDimExpr(dim, op.getContext()));
    if (!axis)
      continue;
    Builder &b = rewriter;
    auto shape = cast<MemRefType>(operand.get().getType()).getShape();
    SmallVector<OpFoldResult> sizes =
                                  getAsIndexOpFoldResult(b.getContext(), shape),
                              offsets(shape.size(), b.getIndexAttr(0)),
                              strides(shape.size(), b.getIndexAttr(1));
    offsets[*axis] = b.getIndexAttr(from);
    sizes[*axis] = b.getIndexAttr(size);
    operands.back() = memref::SubViewOp::create(
        rewriter, op.getLoc(), operand.get(), offsets, sizes, strides);
  }
  return cast<linalg::GenericOp>(
      clone(rewriter, op, op->getResultTypes(), operands));
}

/// Rows become blocks of rows, outside of the loop along them.
static void divide(IRRewriter &rewriter, linalg::GenericOp op) {
  std::optional<Transposition> found = getTransposition(op);
  if (!found)
    return;
  int64_t turns = op.getStaticLoopRanges()[found->across];
  if (int64_t rest = turns % found->rows) {
    rewriter.setInsertionPoint(op);
    linalg::GenericOp whole =
        takeTurns(rewriter, op, found->across, 0, turns - rest);
    takeTurns(rewriter, op, found->across, turns - rest, rest);
    rewriter.eraseOp(op);
    op = whole;
  }
  MLIRContext *context = op.getContext();
  // The blocks' loop takes the place of that along the rows, which follows.
  auto getDim = [&](unsigned dim) {
    return getAffineDimExpr(dim + (dim >= found->along ? 1 : 0), context);
  };
  rewriter.setInsertionPoint(op);
  SmallVector<Value> inputs, outputs;
  SmallVector<AffineMap> maps;
  for (OpOperand &operand : op->getOpOperands()) {
    SmallVector<AffineExpr> results;
    for (AffineExpr expr : op.getMatchingIndexingMap(&operand).getResults()) {
      unsigned dim = cast<AffineDimExpr>(expr).getPosition();
      if (dim == found->across)
        results.push_back(getAffineDimExpr(found->along, context));
      results.push_back(getDim(dim));
    }
    maps.push_back(AffineMap::get(op.getNumLoops() + 1, 0, results, context));
    (op.isDpsInput(&operand) ? inputs : outputs)
        .push_back(
            divideAxis(rewriter, op, operand, found->across, found->rows));
  }
  SmallVector<utils::IteratorType> loops(op.getNumLoops() + 1,
                                         utils::IteratorType::parallel);
  auto divided = linalg::GenericOp::create(rewriter, op.getLoc(), TypeRange(),
                                           inputs, outputs, maps, loops);
  rewriter.inlineRegionBefore(op.getRegion(), divided.getRegion(),
                              divided.getRegion().begin());
  rewriter.eraseOp(op);
}

namespace {
struct OrderLoopsPass
    : public mlir::octet::impl::OrderLoopsBase<OrderLoopsPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (op.hasPureBufferSemantics())
        ops.push_back(op);
    });
    for (linalg::LinalgOp op : ops)
      if (failed(order(rewriter, op)))
        return signalPassFailure();
  }

  LogicalResult order(IRRewriter &rewriter, linalg::LinalgOp op) {
    bool isBorder = op->hasAttr(kBorderAttrName);
    auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
    if (!generic) {
      rewriter.setInsertionPoint(op);
      FailureOr<linalg::GenericOp> made =
          linalg::generalizeNamedOp(rewriter, op);
      if (failed(made))
        return op->emitError("has no form as linalg.generic");
      generic = *made;
    }
    // Memory's order first, so that neighbours can be told.
    FailureOr<linalg::GenericOp> sorted =
        interchange(rewriter, generic, getMemoryOrder(generic));
    if (failed(sorted))
      return failure();
    linalg::GenericOp collapsed = collapse(rewriter, *sorted);
    if (isBorder)
      collapsed->setAttr(kBorderAttrName, rewriter.getUnitAttr());
    FailureOr<linalg::GenericOp> ordered =
        interchange(rewriter, collapsed, getLoopOrder(collapsed));
    if (succeeded(ordered) && !isBorder)
      divide(rewriter, *ordered);
    return ordered;
  }

  /// Parallel loops as the output is laid out, then the reductions.
  static SmallVector<unsigned> getMemoryOrder(linalg::LinalgOp op) {
    SmallVector<unsigned> order = getParallelOrder(op);
    for (unsigned dim = 0, e = op.getNumLoops(); dim != e; ++dim)
      if (!llvm::is_contained(order, dim))
        order.push_back(dim);
    return order;
  }
};
} // namespace
