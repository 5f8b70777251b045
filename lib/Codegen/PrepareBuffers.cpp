//===- PrepareBuffers.cpp - What may be written where ----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The last pass on tensors before bufferization.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SubsetOpInterface.h"
#include "octet/Codegen/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_PREPAREBUFFERS
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// pad -> empty, fill, insert_slice. The fill stands where the padding stood;
/// bufferization lets the producer of the source write into it.
static LogicalResult rewritePad(tensor::PadOp pad, IRRewriter &rewriter) {
  Value padding = pad.getConstantPaddingValue();
  if (!padding)
    return pad.emitError("padding must be a value that is the same everywhere");
  if (!pad.getResultType().hasStaticShape() || !pad.getLow().empty() ||
      !pad.getHigh().empty())
    return pad.emitError("padding must be static, got ") << pad.getResultType();
  rewriter.setInsertionPoint(pad);
  Location loc = pad.getLoc();
  RankedTensorType type = pad.getResultType();
  if (padding.getParentRegion() == &pad.getRegion()) {
    // A constant inside the region.
    Operation *constant = rewriter.clone(*padding.getDefiningOp());
    padding = constant->getResult(0);
  }
  Value empty = tensor::EmptyOp::create(rewriter, loc, type.getShape(),
                                        type.getElementType());
  Value filled =
      linalg::FillOp::create(rewriter, loc, padding, empty).getResult(0);
  SmallVector<OpFoldResult> strides(type.getRank(), rewriter.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      getAsIndexOpFoldResult(pad.getContext(), pad.getSourceType().getShape());
  rewriter.replaceOpWithNewOp<tensor::InsertSliceOp>(
      pad, pad.getSource(), filled, pad.getMixedLowPad(), sizes, strides);
  return success();
}

/// Makes the producer of what is inserted write straight into the destination.
/// The last insertion comes first: a tensor that is put together and then put
/// into another must have its place before its parts get theirs.
static LogicalResult writeInPlace(func::FuncOp func, IRRewriter &rewriter) {
  bufferization::OneShotBufferizationOptions options;
  bufferization::OneShotAnalysisState state(func, options);
  if (failed(bufferization::analyzeOp(func, state)))
    return failure();
  SmallVector<Operation *> insertions;
  func.walk([&](SubsetInsertionOpInterface op) { insertions.push_back(op); });
  for (Operation *op : llvm::reverse(insertions))
    if (failed(bufferization::eliminateEmptyTensors(rewriter, op, state)))
      return failure();
  return success();
}

namespace {
struct PrepareBuffersPass
    : public mlir::octet::impl::PrepareBuffersBase<PrepareBuffersPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    for (BlockArgument arg : func.getArguments())
      if (isa<TensorType>(arg.getType()))
        func.setArgAttr(arg.getArgNumber(),
                        bufferization::BufferizationDialect::kWritableAttrName,
                        BoolAttr::get(&getContext(), false));
    IRRewriter rewriter(&getContext());
    WalkResult result = func.walk([&](tensor::PadOp pad) {
      ++numPads;
      return failed(rewritePad(pad, rewriter)) ? WalkResult::interrupt()
                                               : WalkResult::advance();
    });
    if (result.wasInterrupted() || failed(writeInPlace(func, rewriter)))
      signalPassFailure();
  }
};
} // namespace
