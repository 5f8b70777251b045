//===- Bufferization.cpp - One-Shot Bufferize on kernels -------------*- C++
//-*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "octet/IR/Kernel/OctetKernel.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace mlir::octet_kernel;

/// The op on buffers, its region taken over.
static LogicalResult bufferizeKernel(Operation *op, RewriterBase &rewriter,
                                     const BufferizationOptions &options,
                                     BufferizationState &state) {
  auto kernel = cast<DestinationStyleOpInterface>(op);
  if (kernel.hasPureBufferSemantics())
    return success();
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(op);
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    if (!isa<TensorType>(operand.getType())) {
      operands.push_back(operand);
      continue;
    }
    FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
    if (failed(buffer))
      return failure();
    operands.push_back(*buffer);
  }
  OperationState opState(op->getLoc(), op->getName(), operands, TypeRange(),
                         op->getAttrs());
  opState.propertiesAttr = op->getPropertiesAsAttribute();
  for (Region &region : op->getRegions())
    opState.addRegion()->takeBody(region);
  auto buffered = cast<DestinationStyleOpInterface>(rewriter.create(opState));
  SmallVector<Value> results(buffered.getDpsInits());
  replaceOpWithBufferizedValues(rewriter, op, results);
  return success();
}

namespace {
struct ConvBufferization
    : public DstBufferizableOpInterfaceExternalModel<ConvBufferization,
                                                     ConvOp> {
  /// The output is written without being read.
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &state) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  /// An operand of the output's shape is read, element by element, just before
  /// the output is written: the two may be one buffer.
  bool bufferizesToElementwiseAccess(Operation *op, const AnalysisState &state,
                                     ArrayRef<OpOperand *> operands) const {
    auto conv = cast<ConvOp>(op);
    unsigned first = conv.getEpilogueOperands().getBeginOperandIndex();
    unsigned end = first + conv.getEpilogueOperands().size();
    return llvm::all_of(operands, [&](OpOperand *operand) {
      if (operand == &conv.getOutMutable())
        return true;
      auto type = cast<ShapedType>(operand->get().getType());
      unsigned index = operand->getOperandNumber();
      return index >= first && index < end &&
             type.getShape() == conv.getOutType().getShape();
    });
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    return bufferizeKernel(op, rewriter, options, state);
  }
};

struct PackBufferization
    : public DstBufferizableOpInterfaceExternalModel<PackBufferization,
                                                     PackOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &state) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    return bufferizeKernel(op, rewriter, options, state);
  }
};

struct PermuteBufferization
    : public BufferizableOpInterface::ExternalModel<PermuteBufferization,
                                                    PermuteOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &state) const {
    return false;
  }
  bool bufferizesToMemoryWrite(Operation *op, OpOperand &operand,
                               const AnalysisState &state) const {
    return false;
  }
  AliasingValueList getAliasingValues(Operation *op, OpOperand &operand,
                                      const AnalysisState &state) const {
    return {{op->getResult(0), BufferRelation::Equivalent}};
  }

  FailureOr<BufferLikeType>
  getBufferType(Operation *op, Value value, const BufferizationOptions &options,
                const BufferizationState &state,
                SmallVector<Value> &invocationStack) const {
    auto permute = cast<PermuteOp>(op);
    FailureOr<BufferLikeType> source = bufferization::getBufferType(
        permute.getInput(), options, state, invocationStack);
    if (failed(source))
      return failure();
    return cast<BufferLikeType>(
        permuteType(cast<MemRefType>(*source), permute.getPermutation()));
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto permute = cast<PermuteOp>(op);
    FailureOr<Value> source =
        getBuffer(rewriter, permute.getInput(), options, state);
    if (failed(source))
      return failure();
    MemRefType type = permuteType(cast<MemRefType>(source->getType()),
                                  permute.getPermutation());
    auto [strides, offset] = type.getStridesAndOffset();
    replaceOpWithNewBufferizedOp<memref::ReinterpretCastOp>(
        rewriter, op, type, *source, offset, type.getShape(), strides);
    return success();
  }

  /// The view of a buffer with its axes in another order.
  static MemRefType permuteType(MemRefType type, ArrayRef<int64_t> order) {
    auto [strides, offset] = type.getStridesAndOffset();
    auto layout = StridedLayoutAttr::get(
        type.getContext(), offset,
        applyPermutation(ArrayRef<int64_t>(strides), order));
    return MemRefType::get(applyPermutation(type.getShape(), order),
                           type.getElementType(), layout,
                           type.getMemorySpace());
  }
};
} // namespace

void octet_kernel::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, OctetKernelDialect *dialect) {
    ConvOp::attachInterface<ConvBufferization>(*context);
    PackOp::attachInterface<PackBufferization>(*context);
    PermuteOp::attachInterface<PermuteBufferization>(*context);
    context->loadDialect<memref::MemRefDialect>();
  });
}
