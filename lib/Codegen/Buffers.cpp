//===- Buffers.cpp - Whole buffers and their uses --------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Codegen/Buffers.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace mlir::octet;

FailureOr<SmallVector<func::FuncOp>> mlir::octet::getEntries(ModuleOp module) {
  SmallVector<func::FuncOp> entries;
  for (StringRef name : {StringRef("main"), StringRef(kQuantizedMainName)})
    if (auto entry = module.lookupSymbol<func::FuncOp>(name))
      if (!entry.isExternal() && entry.getBody().hasOneBlock())
        entries.push_back(entry);
  if (entries.empty() || entries.front().getName() != "main")
    return module.emitError("has no function @main of one block");
  return entries;
}

bool mlir::octet::isView(Operation *op) { return isa<ViewLikeOpInterface>(op); }

bool mlir::octet::isPartOfUser(Operation *op) {
  return !op->hasTrait<OpTrait::IsTerminator>() && (isView(op) || isPure(op));
}

bool mlir::octet::isComputation(Operation *op) {
  return !isPartOfUser(op) && !op->hasTrait<OpTrait::IsTerminator>() &&
         !isa<memref::AllocOp, memref::DeallocOp>(op);
}

int64_t mlir::octet::getBufferBytes(MemRefType type) {
  return type.getNumElements() *
         llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

Value mlir::octet::getRoot(Value buffer) {
  while (auto view = buffer.getDefiningOp<ViewLikeOpInterface>())
    buffer = view.getViewSource();
  return buffer;
}

bool mlir::octet::isConstantBuffer(Value buffer) {
  return isa_and_nonnull<memref::GetGlobalOp>(getRoot(buffer).getDefiningOp());
}

void mlir::octet::getAccessedRoots(Operation *op, llvm::SetVector<Value> &reads,
                                   llvm::SetVector<Value> &writes) {
  op->walk([&](Operation *inner) {
    auto effects = dyn_cast<MemoryEffectOpInterface>(inner);
    for (Value operand : inner->getOperands()) {
      if (!isa<BaseMemRefType>(operand.getType()) || isView(inner))
        continue;
      Value root = getRoot(operand);
      if (!effects || effects.getEffectOnValue<MemoryEffects::Read>(operand))
        reads.insert(root);
      if (!effects || effects.getEffectOnValue<MemoryEffects::Write>(operand))
        writes.insert(root);
    }
  });
}

void mlir::octet::createCopy(OpBuilder &b, Location loc, Value from, Value to) {
  int64_t rank = cast<MemRefType>(to.getType()).getRank();
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
  linalg::GenericOp::create(b, loc, from, to,
                            ArrayRef<AffineMap>{identity, identity}, loops,
                            [](OpBuilder &b, Location loc, ValueRange args) {
                              linalg::YieldOp::create(b, loc, args.front());
                            });
}

BufferLiveness::BufferLiveness(Block &block) {
  for (Operation &op : block) {
    if (!isComputation(&op))
      continue;
    int64_t number = numbers.size();
    numbers[&op] = number;
    llvm::SetVector<Value> roots;
    getAccessedRoots(&op, roots, roots);
    for (Value root : roots)
      ranges[root].add(number);
  }
}

void BufferLiveness::merge(Value from, Value to) {
  LiveRange range = ranges.lookup(from);
  ranges[to].add(range.first);
  ranges[to].add(range.last);
  ranges.erase(from);
}
