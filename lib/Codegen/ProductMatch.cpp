//===- ProductMatch.cpp - Products of two computed matrices ----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/IR/Matchers.h"
#include "octet/Codegen/KernelMatch.h"

using namespace mlir;
using namespace mlir::octet;

namespace {
/// A factor: an element of an operand, widened, less its zero point.
struct Factor {
  unsigned operand = 0;
  bool isUnsigned = false;
  int64_t zero = 0;

  static std::optional<Factor> get(Value value);
};

/// Finds out what each loop means.
class ProductMatcher {
public:
  explicit ProductMatcher(linalg::GenericOp op) { match.op = op; }
  bool run() { return matchTypes() && matchBody() && matchLoops(); }

  KernelMatch match;

private:
  bool matchTypes();
  bool matchBody();
  bool matchLoops();
  bool hasStandardOrder();
};
} // namespace

std::optional<Factor> Factor::get(Value value) {
  Factor factor;
  APInt zero;
  if (auto difference = value.getDefiningOp<arith::SubIOp>()) {
    if (!matchPattern(difference.getRhs(), m_ConstantInt(&zero)))
      return std::nullopt;
    factor.zero = zero.getSExtValue();
    value = difference.getLhs();
  }
  if (auto extend = value.getDefiningOp<arith::ExtUIOp>()) {
    factor.isUnsigned = true;
    value = extend.getIn();
  } else if (auto extend = value.getDefiningOp<arith::ExtSIOp>()) {
    value = extend.getIn();
  }
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getArgNumber() > 1)
    return std::nullopt;
  factor.operand = argument.getArgNumber();
  return factor;
}

bool ProductMatcher::matchTypes() {
  linalg::GenericOp op = match.op;
  if (!op.hasPureTensorSemantics() || op.getNumReductionLoops() != 1 ||
      op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1)
    return false;
  auto out = cast<RankedTensorType>(op.getDpsInits()[0].getType());
  match.isFloat = out.getElementType().isF32();
  if (!out.hasStaticShape() ||
      (!match.isFloat && !out.getElementType().isInteger(32)))
    return false;
  bool isAllOne = out.getNumElements() == 1;
  for (Value input : op.getDpsInputs()) {
    auto type = dyn_cast<RankedTensorType>(input.getType());
    if (!type || !type.hasStaticShape() ||
        (match.isFloat ? !type.getElementType().isF32()
                       : !type.getElementType().isInteger(8)))
      return false;
    isAllOne &= type.getNumElements() == 1;
  }
  return !isAllOne;
}

/// sum + (a - za) * (b - zb), from a constant.
bool ProductMatcher::matchBody() {
  linalg::GenericOp op = match.op;
  Block *body = op.getBody();
  Operation *add = body->getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::AddIOp, arith::AddFOp>(add))
    return false;
  Value sum = body->getArgument(2);
  unsigned term = add->getOperand(0) == sum ? 1 : 0;
  if (add->getOperand(1 - term) != sum)
    return false;
  Operation *product = add->getOperand(term).getDefiningOp();
  if (!isa_and_nonnull<arith::MulIOp, arith::MulFOp>(product))
    return false;
  auto a = Factor::get(product->getOperand(0)),
       w = Factor::get(product->getOperand(1));
  if (!a || !w || a->operand == w->operand)
    return false;
  if (a->operand == 1)
    std::swap(a, w);
  match.isUnsigned = a->isUnsigned, match.inputZero = a->zero;
  match.isWeightUnsigned = w->isUnsigned, match.weightZero = w->zero;
  auto fill = op.getDpsInits()[0].getDefiningOp<linalg::FillOp>();
  APInt initial;
  if (!fill)
    return false;
  if (match.isFloat)
    return matchPattern(fill.value(), m_PosZeroFloat());
  if (!matchPattern(fill.value(), m_ConstantInt(&initial)))
    return false;
  match.initial = initial.getSExtValue();
  return true;
}

/// Batches, rows, columns, in this order.
bool ProductMatcher::hasStandardOrder() {
  SmallVector<unsigned> expected = match.imageDims;
  llvm::append_range(expected, match.rowDims);
  llvm::append_range(expected, match.leadDims);
  expected.push_back(*match.outChannelDim);
  ArrayRef<AffineExpr> results =
      match.op.getIndexingMapsArray()[2].getResults();
  return llvm::equal(results, expected, [&](AffineExpr expr, unsigned dim) {
    return expr == getAffineDimExpr(dim, match.op.getContext());
  });
}

bool ProductMatcher::matchLoops() {
  linalg::GenericOp op = match.op;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (!llvm::all_of(maps,
                    [](AffineMap map) { return map.isProjectedPermutation(); }))
    return false;
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  SmallVector<unsigned> batch;
  for (auto [dim, iterator] : llvm::enumerate(op.getIteratorTypesArray())) {
    bool inInput = maps[0].isFunctionOfDim(dim),
         inWeights = maps[1].isFunctionOfDim(dim);
    if (!linalg::isParallelIterator(iterator)) {
      if (!inInput || !inWeights)
        return false;
      match.inChannelDim = dim;
      match.groupChannels = extents[dim];
    } else if (inInput && inWeights) {
      batch.push_back(dim);
    } else if (inInput) {
      match.leadDims.push_back(dim);
      match.leadSize *= extents[dim];
    } else if (inWeights && !match.outChannelDim) {
      match.outChannelDim = dim;
      match.groupOutChannels = extents[dim];
    } else {
      return false;
    }
  }
  if (!match.outChannelDim)
    return false;
  // The last batch axis and those before it may lie apart.
  match.imageDims = batch;
  if (batch.size() > 1)
    match.rowDims.push_back(match.imageDims.pop_back_val());
  for (unsigned dim : match.imageDims)
    match.images *= extents[dim];
  for (unsigned dim : match.rowDims)
    match.rows *= extents[dim];
  match.isComputed = true;
  return hasStandardOrder();
}

std::optional<KernelMatch>
mlir::octet::matchComputedProduct(linalg::GenericOp op) {
  ProductMatcher matcher(op);
  if (!matcher.run())
    return std::nullopt;
  return matcher.match;
}
