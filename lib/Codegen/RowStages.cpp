//===- RowStages.cpp - Computations that go row by row ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RowStages.h"
#include "octet/Codegen/Buffers.h"
#include "octet/Codegen/StepGroups.h"
#include "octet/IR/Kernel/OctetKernel.h"

using namespace mlir;
using namespace mlir::octet;

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

/// Whether `buffer` is one image.
static bool isImage(Value buffer) {
  auto type = dyn_cast<MemRefType>(buffer.getType());
  return type && type.getRank() == 4 && type.getDimSize(0) == 1;
}

static int64_t countRows(Value image) {
  return cast<MemRefType>(image.getType()).getDimSize(kRowAxis);
}

static std::optional<RowStage> getConvStage(octet_kernel::ConvOp op) {
  if (op.getWeightsPerRow() || !isImage(op.getOut()))
    return std::nullopt;
  auto dps = cast<DestinationStyleOpInterface>(op.getOperation());
  RowStage stage{dps, countRows(op.getOut()), {}};
  int64_t window = (op.getKernel()[0] - 1) * op.getDilations()[0] + 1;
  stage.inputs.push_back({&op.getInputMutable(), op.getStrides()[0], window});
  for (OpOperand &operand : op.getEpilogueOperandsMutable()) {
    auto type = cast<MemRefType>(operand.get().getType());
    if (type.getRank() >= 3 && type.getDimSize(type.getRank() - 3) != 1) {
      if (!isImage(operand.get()))
        return std::nullopt;
      stage.inputs.push_back({&operand});
    }
  }
  return stage;
}

/// The access to `operand` by an expression for its row: the output's row,
/// times a stride, plus a place in a window. Nothing if it is another.
static std::optional<RowAccess> getAccess(linalg::GenericOp op,
                                          OpOperand &operand, AffineExpr expr,
                                          unsigned rowDim) {
  SmallVector<int64_t> extents = op.getStaticLoopRanges();
  SmallVector<int64_t> coefficients;
  if (expr.isFunctionOfDim(rowDim) == false ||
      failed(getFlattenedAffineExpr(expr, op.getNumLoops(), 0, &coefficients)))
    return std::nullopt;
  RowAccess access{&operand, coefficients[rowDim], 1};
  if (coefficients.size() != op.getNumLoops() + 1 || coefficients.back() != 0)
    return std::nullopt;
  for (auto [dim, extent] : llvm::enumerate(extents)) {
    if (coefficients[dim] < 0)
      return std::nullopt;
    if (dim != rowDim)
      access.window += coefficients[dim] * (extent - 1);
  }
  return access;
}

static std::optional<RowStage> getGenericStage(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1 || !isImage(op.getDpsInits()[0]) ||
      op.hasIndexSemantics() ||
      op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)))
    return std::nullopt;
  // Elements of other buffers may be of any row.
  if (op.getBody()
          ->walk([](memref::LoadOp) { return WalkResult::interrupt(); })
          .wasInterrupted())
    return std::nullopt;
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  auto row = dyn_cast<AffineDimExpr>(out.getResult(kRowAxis));
  if (!row)
    return std::nullopt;
  auto dps = cast<DestinationStyleOpInterface>(op.getOperation());
  RowStage stage{dps, countRows(op.getDpsInits()[0]), {}};
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
      if (!expr.isFunctionOfDim(row.getPosition()))
        continue;
      std::optional<RowAccess> access =
          getAccess(op, *input, expr, row.getPosition());
      if (!access || axis != kRowAxis || !isImage(input->get()))
        return std::nullopt;
      stage.inputs.push_back(*access);
    }
  }
  return stage;
}

std::optional<RowStage> mlir::octet::getRowStage(Operation *op) {
  if (auto conv = dyn_cast<octet_kernel::ConvOp>(op))
    return getConvStage(conv);
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return getGenericStage(generic);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Links
//===----------------------------------------------------------------------===//

/// Whether `view` is a box of its source, of the same rank.
static bool isBox(memref::SubViewOp view) {
  return view.getDroppedDims().none() && view.hasUnitStride() &&
         !ShapedType::isDynamicShape(view.getStaticSizes()) &&
         !ShapedType::isDynamicShape(view.getStaticOffsets());
}

/// Notes which rows a fill of the border is for.
static bool addBorder(RowLink &link, linalg::FillOp fill,
                      memref::SubViewOp part, int64_t insideRows) {
  if (!fill->hasAttr(kBorderAttrName) || !isBox(part))
    return false;
  int64_t rows = link.getType().getDimSize(kRowAxis);
  int64_t first = part.getStaticOffsets()[kRowAxis],
          count = part.getStaticSizes()[kRowAxis];
  if (first == 0 && count == link.top)
    link.above.push_back(fill);
  else if (first + count == rows && count == link.bottom)
    link.below.push_back(fill);
  else if (first == link.top && count == insideRows)
    link.sides.push_back(fill);
  else
    return false;
  return true;
}

/// Whether all that touches the buffer is the link's; notes the borders.
static bool addUsers(RowLink &link, Operation *writer, int64_t insideRows) {
  for (Operation *user : link.buffer->getUsers()) {
    if (user == writer || user == link.reader.operand->getOwner())
      continue;
    auto part = dyn_cast<memref::SubViewOp>(user);
    if (!part)
      return false;
    for (Operation *inner : part->getUsers()) {
      if (inner == writer && part == link.inside)
        continue;
      auto fill = dyn_cast<linalg::FillOp>(inner);
      if (!fill || !addBorder(link, fill, part, insideRows))
        return false;
    }
  }
  return true;
}

std::optional<RowLink> mlir::octet::getRowLink(RowStage &writer,
                                               const RowStage &reader) {
  RowLink link;
  Value out = writer.getOut()->get();
  link.inside = out.getDefiningOp<memref::SubViewOp>();
  link.buffer = (link.inside ? link.inside.getSource() : out)
                    .getDefiningOp<memref::AllocOp>();
  if (!link.buffer || (link.inside && !isBox(link.inside)) ||
      !isImage(link.buffer))
    return std::nullopt;
  if (link.inside) {
    link.top = link.inside.getStaticOffsets()[kRowAxis];
    link.bottom = link.getType().getDimSize(kRowAxis) - link.top - writer.rows;
  }
  // Where an operand is not read by rows, its whole buffer is needed.
  const RowAccess *found = nullptr;
  for (OpOperand &operand : reader.op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()) ||
        getRoot(operand.get()) != link.buffer)
      continue;
    const auto *access = llvm::find_if(reader.inputs, [&](const RowAccess &a) {
      return a.operand == &operand;
    });
    if (found || access == reader.inputs.end() || operand.get() != link.buffer)
      return std::nullopt;
    found = access;
  }
  if (!found)
    return std::nullopt;
  link.reader = *found;
  if (!addUsers(link, writer.op, writer.rows))
    return std::nullopt;
  return link;
}
