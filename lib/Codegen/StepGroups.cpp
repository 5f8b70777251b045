//===- StepGroups.cpp - Which computations are one step --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Codegen/StepGroups.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "octet/Codegen/Buffers.h"
#include "octet/IR/Kernel/OctetKernel.h"
#include "octet/Support/Caches.h"
#include <limits>

using namespace mlir;
using namespace mlir::octet;

std::optional<int64_t> mlir::octet::getSplitExtent(Operation *op) {
  if (auto kernel = dyn_cast<octet_kernel::SplittableOpInterface>(op))
    return kernel.getWorkExtent();
  if (auto strands = dyn_cast<scf::ForallOp>(op))
    return getConstantIntValue(strands.getMixedUpperBound().front());
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumLoops() == 0 ||
      !linalg::isParallelIterator(generic.getIteratorTypesArray().front()))
    return std::nullopt;
  return generic.getStaticLoopRanges().front();
}

/// Whether turn i of the first loop touches of the operand's root no more than
/// the i-th of `extent` equal parts.
static bool touchesOwnPart(linalg::GenericOp op, OpOperand &operand,
                           int64_t extent) {
  auto type = cast<MemRefType>(operand.get().getType());
  auto rootType = dyn_cast<MemRefType>(getRoot(operand.get()).getType());
  if (!rootType || !type.getLayout().isIdentity() ||
      type.getNumElements() != rootType.getNumElements() ||
      type.getElementType() != rootType.getElementType())
    return false;
  AffineMap map = op.getMatchingIndexingMap(&operand);
  for (auto [expr, size] : llvm::zip(map.getResults(), type.getShape())) {
    if (size == 1)
      continue;
    auto dim = dyn_cast<AffineDimExpr>(expr);
    return dim && dim.getPosition() == 0 && size == extent;
  }
  return false;
}

/// Whether the body of `op` loads by itself, from anywhere, of such a buffer.
static bool loadsFrom(Operation *op, function_ref<bool(Value root)> isSuch) {
  return op
      ->walk([&](memref::LoadOp load) {
        return isSuch(getRoot(load.getMemRef())) ? WalkResult::interrupt()
                                                 : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Whether `op` may run in the same turn of the first loop as the ops of
/// `group`: what one writes and another uses is the turn's own part.
static bool joins(const StepGroup &group, Operation *op) {
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || getSplitExtent(op) != group.extent)
    return false;
  llvm::SetVector<Value> written, used;
  bool sharesWritten = false;
  for (Operation *member : group.ops) {
    if (!isa<linalg::GenericOp>(member))
      return false;
    getAccessedRoots(member, used, written);
  }
  used.insert(written.begin(), written.end());
  llvm::SetVector<Value> writtenHere, usedHere;
  getAccessedRoots(op, usedHere, writtenHere);
  usedHere.insert(writtenHere.begin(), writtenHere.end());
  auto shared = [&](Value root) {
    return (written.contains(root) && usedHere.contains(root)) ||
           (writtenHere.contains(root) && used.contains(root));
  };
  auto isAligned = [&](Operation *member) {
    return llvm::all_of(member->getOpOperands(), [&](OpOperand &operand) {
      if (!isa<MemRefType>(operand.get().getType()) ||
          !shared(getRoot(operand.get())))
        return true;
      sharesWritten = true;
      return touchesOwnPart(cast<linalg::GenericOp>(member), operand,
                            group.extent);
    });
  };
  auto loads = [&](Operation *member) { return loadsFrom(member, shared); };
  if (loads(op) || llvm::any_of(group.ops, loads))
    return false;
  return llvm::all_of(group.ops, isAligned) && isAligned(op) && sharesWritten;
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// Whether turn (i, j) of the first two loops touches of the operand's root no
/// more than the part that is j-th of the i-th, `extents` parts in all.
static bool touchesOwnRow(linalg::GenericOp op, OpOperand &operand) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  if (!touchesOwnPart(op, operand, extents.front()))
    return false;
  AffineMap map = op.getMatchingIndexingMap(&operand);
  auto shape = cast<MemRefType>(operand.get().getType()).getShape();
  unsigned next = 0;
  for (auto [expr, size] : llvm::zip(map.getResults(), shape)) {
    if (size == 1)
      continue;
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || dim.getPosition() != next || size != extents[next])
      return false;
    if (++next == 2)
      return true;
  }
  return false;
}

/// Bytes of all buffers that the ops use.
static int64_t countBytes(ArrayRef<linalg::GenericOp> ops) {
  llvm::SetVector<Value> roots;
  for (Operation *op : ops)
    getAccessedRoots(op, roots, roots);
  int64_t bytes = 0;
  for (Value root : roots)
    if (auto type = dyn_cast<MemRefType>(root.getType()))
      bytes += getBufferBytes(type);
  return bytes;
}

/// The least extent of the second loops, of which all others are multiples.
static std::optional<int64_t> getCommonExtent(ArrayRef<linalg::GenericOp> ops) {
  int64_t least = std::numeric_limits<int64_t>::max();
  for (linalg::GenericOp op : ops) {
    auto loops = op.getIteratorTypesArray();
    if (loops.size() < 2 || !linalg::isParallelIterator(loops[0]) ||
        !linalg::isParallelIterator(loops[1]))
      return std::nullopt;
    least = std::min(least, op.getStaticLoopRanges()[1]);
  }
  bool isCommon = llvm::all_of(ops, [&](linalg::GenericOp op) {
    return op.getStaticLoopRanges()[1] % least == 0;
  });
  return isCommon ? std::optional(least) : std::nullopt;
}

std::optional<int64_t>
mlir::octet::getRowExtent(ArrayRef<linalg::GenericOp> ops) {
  if (ops.size() < 2)
    return std::nullopt;
  std::optional<int64_t> rows = getCommonExtent(ops);
  int64_t first = linalg::GenericOp(ops.front()).getStaticLoopRanges().front();
  if (!rows || *rows == 1 || countBytes(ops) / first < kLargeTurnBytes)
    return std::nullopt;
  llvm::SetVector<Value> written, used;
  for (Operation *op : ops)
    getAccessedRoots(op, used, written);
  for (linalg::GenericOp op : ops)
    for (OpOperand &operand : op->getOpOperands())
      if (isa<MemRefType>(operand.get().getType()) &&
          written.contains(getRoot(operand.get())) &&
          !touchesOwnRow(op, operand))
        return std::nullopt;
  return rows;
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

/// Whether the borders are nothing that `op` reads.
static bool mayPrecede(ArrayRef<Operation *> borders, Operation *op) {
  llvm::SetVector<Value> reads, writes, filled, none;
  getAccessedRoots(op, reads, writes);
  for (Operation *border : borders)
    getAccessedRoots(border, none, filled);
  return llvm::none_of(filled,
                       [&](Value root) { return reads.contains(root); });
}

SmallVector<StepGroup> mlir::octet::formStepGroups(Block &block) {
  SmallVector<StepGroup> groups;
  SmallVector<Operation *> borders;
  auto flushBorders = [&] {
    for (Operation *border : borders)
      groups.push_back({{}, {border}, 1});
    for (StepGroup &group : MutableArrayRef(groups).take_back(borders.size()))
      group.extent = getSplitExtent(group.ops.front()).value_or(1);
    borders.clear();
  };
  for (Operation &op : block) {
    if (!isComputation(&op))
      continue;
    if (op.hasAttr(kBorderAttrName)) {
      borders.push_back(&op);
      continue;
    }
    if (borders.empty() && !groups.empty() && joins(groups.back(), &op)) {
      groups.back().ops.push_back(&op);
      continue;
    }
    if (!mayPrecede(borders, &op))
      flushBorders();
    groups.push_back(
        {std::move(borders), {&op}, getSplitExtent(&op).value_or(1)});
    borders.clear();
  }
  flushBorders();
  return groups;
}
