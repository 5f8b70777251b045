//===- Views.cpp - Tensors in another order --------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Codegen/Views.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"
#include "octet/IR/Kernel/OctetKernel.h"

using namespace mlir;
using namespace mlir::octet;

//===----------------------------------------------------------------------===//
// Reshapes of strided tensors
//===----------------------------------------------------------------------===//

/// The groups that have more than one element.
static SmallVector<unsigned> getLongGroups(ArrayRef<unsigned> groups,
                                           ArrayRef<int64_t> extents) {
  SmallVector<unsigned> result;
  for (auto [group, extent] : llvm::zip(groups, extents))
    if (extent != 1 && !llvm::is_contained(result, group))
      result.push_back(group);
  return result;
}

/// Axes by the long group that they belong to; axes of one element go along
/// with a neighbour.
static SmallVector<ReassociationIndices>
associate(ArrayRef<unsigned> groups, ArrayRef<unsigned> longGroups) {
  SmallVector<ReassociationIndices> result(longGroups.size());
  for (auto [axis, group] : llvm::enumerate(groups)) {
    size_t at = llvm::lower_bound(longGroups, group) - longGroups.begin();
    if (!result.empty())
      result[std::min(at, result.size() - 1)].push_back(axis);
  }
  return result;
}

/// From axes of these groups to others of the same elements, by way of one
/// axis a group: strides carry over.
static Value regroup(OpBuilder &b, Location loc, Value value,
                     ArrayRef<unsigned> from, ArrayRef<unsigned> to,
                     ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getShape() == shape)
    return value;
  SmallVector<unsigned> groups = getLongGroups(from, type.getShape());
  if (groups.size() != from.size())
    value =
        tensor::CollapseShapeOp::create(b, loc, value, associate(from, groups));
  if (groups.size() != to.size())
    value = tensor::ExpandShapeOp::create(b, loc, type.clone(shape), value,
                                          associate(to, groups));
  return value;
}

//===----------------------------------------------------------------------===//
// Arrangements
//===----------------------------------------------------------------------===//

std::optional<Arrangement> Arrangement::get(RankedTensorType type,
                                            AffineMap map, AxisDims dims) {
  if (!map.isProjectedPermutation())
    return std::nullopt;
  Arrangement result;
  for (auto [group, loops] : llvm::enumerate(dims)) {
    int64_t extent = 1;
    for (unsigned loop : loops) {
      std::optional<unsigned> axis =
          map.getResultPosition(getAffineDimExpr(loop, map.getContext()));
      if (!axis)
        continue;
      result.order.push_back(*axis);
      result.groups.push_back(group);
      result.extents.push_back(type.getDimSize(*axis));
      extent *= type.getDimSize(*axis);
    }
    result.shape.push_back(extent);
  }
  if (int64_t(result.order.size()) != type.getRank())
    return std::nullopt;
  return result;
}

static Value permute(OpBuilder &b, Location loc, Value value,
                     ArrayRef<int64_t> order) {
  auto inner = value.getDefiningOp<octet_kernel::PermuteOp>();
  SmallVector<int64_t> composed(order);
  if (inner)
    composed = applyPermutation(inner.getPermutation(), order);
  Value source = inner ? inner.getInput() : value;
  if (llvm::is_sorted(composed))
    return source;
  return octet_kernel::PermuteOp::create(b, loc, source, composed);
}

Value Arrangement::apply(OpBuilder &b, Location loc, Value tensor) const {
  auto all = llvm::to_vector(llvm::seq<unsigned>(shape.size()));
  return regroup(b, loc, permute(b, loc, tensor, order), groups, all, shape);
}

Value Arrangement::undo(OpBuilder &b, Location loc, Value view) const {
  auto all = llvm::to_vector(llvm::seq<unsigned>(shape.size()));
  Value ordered = regroup(b, loc, view, all, groups, extents);
  return permute(b, loc, ordered, invertPermutationVector(order));
}

//===----------------------------------------------------------------------===//
// Transpositions
//===----------------------------------------------------------------------===//

/// The order of axes in which `op` copies its operand, if it does no more.
static std::optional<SmallVector<int64_t>>
getTransposition(linalg::GenericOp op) {
  Block *body = op.getBody();
  if (op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 ||
      op.getNumReductionLoops() != 0 || !op.hasPureTensorSemantics() ||
      body->getTerminator()->getOperand(0) != body->getArgument(0))
    return std::nullopt;
  AffineMap from = op.getIndexingMapsArray()[0],
            to = op.getIndexingMapsArray()[1];
  if (!from.isPermutation() || !to.isPermutation())
    return std::nullopt;
  SmallVector<int64_t> order;
  for (AffineExpr expr : to.getResults())
    order.push_back(*from.getResultPosition(expr));
  return order;
}

Value mlir::octet::seeThroughTranspositions(OpBuilder &b, Value value) {
  Operation *op = value.getDefiningOp();
  if (auto generic = dyn_cast_or_null<linalg::GenericOp>(op)) {
    std::optional<SmallVector<int64_t>> order = getTransposition(generic);
    if (!order)
      return value;
    Value source = seeThroughTranspositions(b, generic.getDpsInputs()[0]);
    return permute(b, op->getLoc(), source, *order);
  }
  if (!isa_and_nonnull<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
                       tensor::ExtractSliceOp>(op))
    return value;
  Value source = seeThroughTranspositions(b, op->getOperand(0));
  if (source == op->getOperand(0))
    return value;
  IRMapping mapping;
  mapping.map(op->getOperand(0), source);
  return b.clone(*op, mapping)->getResult(0);
}
