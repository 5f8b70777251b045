//===- ForwardCopies.cpp - Fewer copies, fewer buffers ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "octet/Codegen/Buffers.h"
#include "octet/Codegen/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_FORWARDCOPIES
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// Makes the ops that compute the view `value` stand before `point`, down to
/// its root. Fails where the root stands behind and is no allocation.
static LogicalResult hoistView(Value value, Operation *point) {
  SmallVector<Operation *> chain;
  while (Operation *op = value.getDefiningOp()) {
    if (op->isBeforeInBlock(point))
      break;
    bool isRoot = isa<memref::AllocOp>(op);
    if (!isRoot && (!isView(op) || op->getNumOperands() != 1))
      return failure();
    chain.push_back(op);
    if (isRoot)
      break;
    value = op->getOperand(0);
  }
  for (Operation *op : llvm::reverse(chain))
    op->moveBefore(point);
  return success();
}

namespace {
/// One block of a model.
class Forwarder {
public:
  Forwarder(func::FuncOp func)
      : block(func.getBody().front()), liveness(block) {}

  /// Makes what is copied be written to where it is copied to.
  bool forward(memref::CopyOp copy);
  /// Lets `op` write into an operand that dies with it.
  bool reuseOperand(linalg::GenericOp op);

private:
  Block &block;
  BufferLiveness liveness;
};
} // namespace

bool Forwarder::forward(memref::CopyOp copy) {
  auto alloc = copy.getSource().getDefiningOp<memref::AllocOp>();
  Value target = copy.getTarget(), targetRoot = getRoot(target);
  if (!alloc || alloc == targetRoot.getDefiningOp())
    return false;
  // The source must be done with, and nobody may use the target's buffer while
  // the source lives.
  LiveRange source = liveness.get(alloc), other = liveness.get(targetRoot);
  int64_t now = liveness.getNumber(copy);
  if (source.last != now)
    return false;
  for (Operation &op : block) {
    if (!isComputation(&op))
      continue;
    int64_t number = liveness.getNumber(&op);
    if (number < source.first || number >= now || number > other.last)
      continue;
    llvm::SetVector<Value> roots;
    getAccessedRoots(&op, roots, roots);
    if (roots.contains(targetRoot))
      return false;
  }
  // Views of the source would have to change type with it.
  if (target.getType() != alloc.getType() &&
      llvm::any_of(alloc->getUsers(), isView))
    return false;
  if (failed(hoistView(target, alloc)))
    return false;
  copy.erase();
  alloc.replaceAllUsesWith(target);
  liveness.merge(alloc, targetRoot);
  alloc.erase();
  return true;
}

bool Forwarder::reuseOperand(linalg::GenericOp op) {
  if (op.getNumReductionLoops() != 0 || op.getNumDpsInits() != 1)
    return false;
  OpOperand *init = op.getDpsInitOperand(0);
  auto out = init->get().getDefiningOp<memref::AllocOp>();
  AffineMap map = op.getMatchingIndexingMap(init);
  if (!out || !map.isPermutation() || op.payloadUsesValueFromOperand(init))
    return false;
  int64_t now = liveness.getNumber(op);
  if (liveness.get(out).first != now)
    return false;
  for (OpOperand *input : op.getDpsInputOperands()) {
    auto alloc = input->get().getDefiningOp<memref::AllocOp>();
    if (!alloc || alloc == out || alloc.getType() != out.getType() ||
        op.getMatchingIndexingMap(input) != map ||
        liveness.get(alloc).last != now)
      continue;
    // Another operand that is read elsewhere must not be the same buffer.
    if (llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *other) {
          return other != input && getRoot(other->get()) == Value(alloc) &&
                 (other->get() != input->get() ||
                  op.getMatchingIndexingMap(other) != map);
        }))
      continue;
    out.replaceAllUsesWith(alloc.getResult());
    liveness.merge(out, alloc);
    out.erase();
    return true;
  }
  return false;
}

namespace {
struct ForwardCopiesPass
    : public mlir::octet::impl::ForwardCopiesBase<ForwardCopiesPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal() || !func.getBody().hasOneBlock())
      return;
    Forwarder forwarder(func);
    Block &block = func.getBody().front();
    for (auto copy : llvm::make_early_inc_range(block.getOps<memref::CopyOp>()))
      if (forwarder.forward(copy))
        ++numRemoved;
    for (auto op :
         llvm::make_early_inc_range(block.getOps<linalg::GenericOp>()))
      if (forwarder.reuseOperand(op))
        ++numInPlace;
    func.walk([&](memref::CopyOp copy) {
      OpBuilder b(copy);
      createCopy(b, copy.getLoc(), copy.getSource(), copy.getTarget());
      copy.erase();
      ++numCopies;
    });
  }
};
} // namespace
