//===- ShrinkFills.cpp - Fill only the border ------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "octet/Codegen/Buffers.h"
#include "octet/Codegen/Passes.h"
#include "octet/Codegen/StepGroups.h"

namespace mlir::octet {
#define GEN_PASS_DEF_SHRINKFILLS
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

namespace {
/// What is written of a filled buffer before anybody reads it.
struct Overwriting {
  /// The largest part, or null.
  memref::SubViewOp inside;
  /// Whether nothing else is written.
  bool isOnly = true;
};
} // namespace

/// The part of `buffer` that `op` writes without reading what it held.
static memref::SubViewOp getWrittenPart(Operation *op, Value buffer) {
  auto dps = dyn_cast<DestinationStyleOpInterface>(op);
  if (!dps || dps.getNumDpsInits() != 1)
    return nullptr;
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    if (linalgOp.payloadUsesValueFromOperand(dps.getDpsInitOperand(0)))
      return nullptr;
  auto view = dps.getDpsInits()[0].getDefiningOp<memref::SubViewOp>();
  if (!view || view.getSource() != buffer || !view.hasUnitStride() ||
      view.getDroppedDims().any() ||
      ShapedType::isDynamicShape(view.getStaticSizes()) ||
      ShapedType::isDynamicShape(view.getStaticOffsets()))
    return nullptr;
  return view;
}

/// Looks at what follows `fill` up to the first op that reads its buffer.
static Overwriting findOverwriting(linalg::FillOp fill, Value buffer) {
  Overwriting result;
  llvm::SetVector<Value> parts;
  for (Operation *op = fill->getNextNode(); op; op = op->getNextNode()) {
    if (!isComputation(op))
      continue;
    llvm::SetVector<Value> reads, writes;
    getAccessedRoots(op, reads, writes);
    memref::SubViewOp part = getWrittenPart(op, buffer);
    if (!writes.contains(buffer) && !reads.contains(buffer))
      continue;
    if (!part || reads.contains(buffer))
      break;
    parts.insert(part);
    result.isOnly &= parts.size() == 1;
    if (!result.inside || part.getType().getNumElements() >
                              result.inside.getType().getNumElements())
      result.inside = part;
  }
  return result;
}

/// Fills `buffer` but its part `inside`, slab by slab.
static void fillAround(OpBuilder &b, linalg::FillOp fill, Value buffer,
                       memref::SubViewOp inside, bool isBorder) {
  ArrayRef<int64_t> shape = cast<MemRefType>(buffer.getType()).getShape();
  SmallVector<int64_t> offsets(shape.size(), 0), sizes(shape);
  SmallVector<int64_t> strides(shape.size(), 1);
  auto fillSlab = [&](unsigned dim, int64_t begin, int64_t end) {
    if (begin >= end)
      return;
    offsets[dim] = begin, sizes[dim] = end - begin;
    Value slab = memref::SubViewOp::create(b, fill.getLoc(), buffer, offsets,
                                           sizes, strides);
    auto part = linalg::FillOp::create(b, fill.getLoc(), fill.value(), slab);
    if (isBorder)
      part->setAttr(kBorderAttrName, b.getUnitAttr());
  };
  for (unsigned dim = 0; dim < shape.size(); ++dim) {
    int64_t begin = inside.getStaticOffsets()[dim];
    int64_t end = begin + inside.getStaticSizes()[dim];
    fillSlab(dim, 0, begin);
    fillSlab(dim, end, shape[dim]);
    offsets[dim] = begin, sizes[dim] = end - begin;
  }
}

namespace {
struct ShrinkFillsPass
    : public mlir::octet::impl::ShrinkFillsBase<ShrinkFillsPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal() || !func.getBody().hasOneBlock())
      return;
    Block &block = func.getBody().front();
    for (auto fill :
         llvm::make_early_inc_range(block.getOps<linalg::FillOp>())) {
      Value buffer = fill.output();
      auto type = dyn_cast<MemRefType>(buffer.getType());
      if (!type || getRoot(buffer) != buffer)
        continue;
      Overwriting found = findOverwriting(fill, buffer);
      if (!found.inside)
        continue;
      OpBuilder b(fill);
      fillAround(b, fill, buffer, found.inside, found.isOnly);
      fill.erase();
      ++numShrunk;
    }
  }
};
} // namespace
