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
/// Elements of a buffer, evenly spaced along each dimension.
struct Part {
  SmallVector<int64_t> offsets, sizes, strides;

  int64_t getEnd(unsigned dim) const {
    return offsets[dim] + (sizes[dim] - 1) * strides[dim] + 1;
  }
  int64_t count() const {
    int64_t result = 1;
    for (int64_t size : sizes)
      result *= size;
    return result;
  }
  bool isBox() const {
    return llvm::all_of(strides, [](int64_t stride) { return stride == 1; });
  }
  bool operator==(const Part &other) const {
    return offsets == other.offsets && sizes == other.sizes &&
           strides == other.strides;
  }
};

/// What is written of a filled buffer before anybody reads it.
struct Overwriting {
  /// A box that is written in full.
  std::optional<Part> inside;
  /// Whether nothing else is written.
  bool isAll = true;
};
} // namespace

/// The part of `buffer` that a chain of subviews is.
static std::optional<Part> getPart(Value view, Value buffer) {
  if (view == buffer) {
    ArrayRef<int64_t> shape = cast<MemRefType>(buffer.getType()).getShape();
    return Part{SmallVector<int64_t>(shape.size(), 0),
                SmallVector<int64_t>(shape),
                SmallVector<int64_t>(shape.size(), 1)};
  }
  auto subview = view.getDefiningOp<memref::SubViewOp>();
  if (!subview || subview.getDroppedDims().any() ||
      ShapedType::isDynamicShape(subview.getStaticSizes()) ||
      ShapedType::isDynamicShape(subview.getStaticStrides()) ||
      ShapedType::isDynamicShape(subview.getStaticOffsets()))
    return std::nullopt;
  std::optional<Part> part = getPart(subview.getSource(), buffer);
  if (!part)
    return std::nullopt;
  for (auto [dim, offset] : llvm::enumerate(subview.getStaticOffsets())) {
    part->offsets[dim] += offset * part->strides[dim];
    part->strides[dim] *= subview.getStaticStrides()[dim];
    part->sizes[dim] = subview.getStaticSizes()[dim];
  }
  return part;
}

/// The part of `buffer` that `op` writes without reading what it held.
static std::optional<Part> getWrittenPart(Operation *op, Value buffer) {
  auto dps = dyn_cast<DestinationStyleOpInterface>(op);
  if (!dps || dps.getNumDpsInits() != 1)
    return std::nullopt;
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    if (linalgOp.payloadUsesValueFromOperand(dps.getDpsInitOperand(0)))
      return std::nullopt;
  return getPart(dps.getDpsInits()[0], buffer);
}

/// Whether no element is of both.
static bool areDisjoint(const Part &a, const Part &b) {
  for (unsigned dim = 0; dim < a.offsets.size(); ++dim)
    if (a.getEnd(dim) <= b.offsets[dim] || b.getEnd(dim) <= a.offsets[dim] ||
        (a.strides[dim] == b.strides[dim] &&
         (a.offsets[dim] - b.offsets[dim]) % a.strides[dim] != 0))
      return true;
  return false;
}

/// The box around `parts` if they are all of it.
static std::optional<Part> getUnion(ArrayRef<Part> parts) {
  Part box = parts.front();
  int64_t count = 0;
  for (const Part &part : parts) {
    count += part.count();
    for (unsigned dim = 0; dim < box.offsets.size(); ++dim) {
      int64_t end = std::max(box.getEnd(dim), part.getEnd(dim));
      box.offsets[dim] = std::min(box.offsets[dim], part.offsets[dim]);
      box.strides[dim] = 1;
      box.sizes[dim] = end - box.offsets[dim];
    }
    for (const Part &other : parts)
      if (&other != &part && !areDisjoint(part, other))
        return std::nullopt;
  }
  return box.count() == count ? std::optional(box) : std::nullopt;
}

/// Looks at what follows `fill` up to the first op that reads its buffer.
static Overwriting findOverwriting(linalg::FillOp fill, Value buffer) {
  SmallVector<Part> parts;
  for (Operation *op = fill->getNextNode(); op; op = op->getNextNode()) {
    if (!isComputation(op))
      continue;
    llvm::SetVector<Value> reads, writes;
    getAccessedRoots(op, reads, writes);
    if (!writes.contains(buffer) && !reads.contains(buffer))
      continue;
    std::optional<Part> part = getWrittenPart(op, buffer);
    if (!part || reads.contains(buffer))
      break;
    if (!llvm::is_contained(parts, *part))
      parts.push_back(*part);
  }
  Overwriting result;
  if (parts.empty())
    return result;
  result.inside = getUnion(parts);
  if (result.inside)
    return result;
  result.isAll = false;
  for (const Part &part : parts)
    if (part.isBox() &&
        (!result.inside || part.count() > result.inside->count()))
      result.inside = part;
  return result;
}

/// Fills `buffer` but its part `inside`, slab by slab.
static void fillAround(OpBuilder &b, linalg::FillOp fill, Value buffer,
                       const Part &inside, bool isBorder) {
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
    int64_t begin = inside.offsets[dim], end = inside.getEnd(dim);
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
      fillAround(b, fill, buffer, *found.inside, found.isAll);
      fill.erase();
      ++numShrunk;
    }
  }
};
} // namespace
