//===- Bufferization.cpp - One-Shot Bufferize on kernels -------------*- C++
//-*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "octet/IR/Kernel/OctetKernel.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace mlir::octet_kernel;

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
    auto conv = cast<ConvOp>(op);
    if (isa<MemRefType>(conv.getOut().getType()))
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
    opState.addRegion()->takeBody(conv.getEpilogue());
    Operation *buffered = rewriter.create(opState);
    replaceOpWithBufferizedValues(rewriter, op,
                                  cast<ConvOp>(buffered).getOut());
    return success();
  }
};
} // namespace

void octet_kernel::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, OctetKernelDialect *dialect) {
    ConvOp::attachInterface<ConvBufferization>(*context);
  });
}
