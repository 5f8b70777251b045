//===- PackOps.cpp - Matrices packed at run time ---------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Effects.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/TypeUtilities.h"
#include "octet/IR/Kernel/OctetKernel.h"
#include "octet/IR/Kernel/Packing.h"

using namespace mlir;
using namespace mlir::octet_kernel;

//===----------------------------------------------------------------------===//
// PackOp
//===----------------------------------------------------------------------===//

/// The most bytes of the reduction that a lane takes at once.
static constexpr int64_t kMaxDepth = 8;

int64_t PackOp::getRoom(int64_t depth, int64_t columns, bool isFloat) {
  return llvm::alignTo(columns, WeightShape::kPanel) *
         (isFloat ? depth : llvm::alignTo(depth, kMaxDepth));
}

void PackOp::build(OpBuilder &b, OperationState &state, Value source,
                   ValueRange outs, int64_t inputZero, bool inputUnsigned,
                   bool sourceUnsigned) {
  SmallVector<Type> results;
  for (Value out : outs)
    if (isa<TensorType>(out.getType()))
      results.push_back(out.getType());
  build(b, state, results, source, outs, /*lo=*/Value(), /*hi=*/Value(),
        inputZero, inputUnsigned, sourceUnsigned, /*packing=*/nullptr);
}

LogicalResult PackOp::verify() {
  ArrayRef<int64_t> source = getSourceType().getShape();
  if (!getSourceType().hasStaticShape())
    return emitOpError("shapes must be static");
  unsigned expected = isFloat() ? 1 : 2;
  if (getOuts().size() != expected)
    return emitOpError() << "must write " << expected << " outputs, got "
                         << getOuts().size();
  SmallVector<SmallVector<int64_t>> shapes = {
      {getCount(), getRoom(getDepth(), getColumns(), isFloat())},
      {source[0], source[1], 1, source[3]}};
  for (auto [out, shape] : llvm::zip(getOuts(), shapes)) {
    auto type = cast<ShapedType>(out.getType());
    if (type.getShape() != ArrayRef<int64_t>(shape))
      return emitOpError() << "output must have the shape [" << shape
                           << "], got [" << type.getShape() << "]";
  }
  if (getElementTypeOrSelf(getOuts()[0]) != getSourceType().getElementType() ||
      (!isFloat() && !getElementTypeOrSelf(getOuts()[1]).isInteger(32)))
    return emitOpError("outputs must be of the source's type, and i32");
  if (bool(getLo()) != bool(getHi()))
    return emitOpError("range needs both ends");
  return success();
}

void PackOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  addDestinationEffects(*this, effects);
}

/// Panels of all matrices.
int64_t PackOp::getWorkExtent() {
  return getCount() * llvm::divideCeil(getColumns(), WeightShape::kPanel);
}

void PackOp::setWorkRange(Value lo, Value hi) {
  getLoMutable().assign(lo);
  getHiMutable().assign(hi);
}

int64_t PackOp::getMacs() { return 0; }

//===----------------------------------------------------------------------===//
// PermuteOp
//===----------------------------------------------------------------------===//

void PermuteOp::build(OpBuilder &b, OperationState &state, Value input,
                      ArrayRef<int64_t> permutation) {
  auto type = cast<RankedTensorType>(input.getType());
  auto shape = applyPermutation(type.getShape(), permutation);
  build(b, state, RankedTensorType::get(shape, type.getElementType()), input,
        permutation);
}

LogicalResult PermuteOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto result = cast<RankedTensorType>(getResult().getType());
  if (!isPermutationVector(getPermutation()) ||
      int64_t(getPermutation().size()) != input.getRank())
    return emitOpError() << "[" << getPermutation()
                         << "] is no order of the input's axes";
  if (result.getElementType() != input.getElementType() ||
      result.getShape() !=
          ArrayRef(applyPermutation(input.getShape(), getPermutation())))
    return emitOpError() << "result must be the permuted input, got " << result;
  return success();
}
