//===- Retype.cpp - Values of quantized types become storage ----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions, constants and operators that only move elements need no arithmetic
// to leave quantized types or signed integers: they get the storage type.
//
//===----------------------------------------------------------------------===//

#include "Numerics.h"
#include "Patterns.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

/// The same bits, read as another element type of the same width.
static ElementsAttr castElements(ElementsAttr attr, RankedTensorType type) {
  if (attr.getShapedType() == type)
    return attr;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  if (auto dense = dyn_cast<DenseElementsAttr>(attr))
    return dense.bitcast(type.getElementType());
  return nullptr;
}

namespace {
struct RetypeConstant : OpConversionPattern<ConstantOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ConstantOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type =
        cast<RankedTensorType>(getTypeConverter()->convertType(op.getType()));
    ElementsAttr value = castElements(op.getValue(), type);
    if (!value)
      return rewriter.notifyMatchFailure(op, "unknown kind of elements");
    rewriter.replaceOpWithNewOp<ConstantOp>(op, type, value);
    return success();
  }
};

/// Any operator whose results hold its operands' elements.
struct RetypeMovement : OpInterfaceConversionPattern<SameScaleOpInterface> {
  using OpInterfaceConversionPattern::OpInterfaceConversionPattern;
  LogicalResult
  matchAndRewrite(SameScaleOpInterface op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    if (isa<MaxPoolOp, PadOp>(op))
      return rewriter.notifyMatchFailure(op, "depends on the type");
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op->getResultTypes(), types)))
      return failure();
    OperationState state(op->getLoc(), op->getName(), operands, types,
                         op->getAttrs());
    rewriter.replaceOp(op, rewriter.create(state));
    return success();
  }
};

/// The fill value is a real number: it becomes a storage value (rule Q1).
struct RetypePad : OpConversionPattern<PadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(PadOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Type type = getTypeConverter()->convertType(op.getType());
    double value = op.getValue().convertToDouble();
    if (getQuantizedType(op.getResult())) {
      FailureOr<Quantization> to = Quantization::get(op.getType());
      if (failed(to) || to->isPerAxis())
        return rewriter.notifyMatchFailure(op, "not quantized per tensor");
      value =
          quantizeNumber(value, to->scales[0], to->zeros[0], to->min, to->max);
    }
    rewriter.replaceOpWithNewOp<PadOp>(op, type, adaptor.getInput(),
                                       op.getLow(), op.getHigh(), op.getMode(),
                                       APFloat(value));
    return success();
  }
};
} // namespace

void lower::populateRetypePatterns(const TypeConverter &converter,
                                   RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<RetypeConstant, RetypeMovement, RetypePad>(converter, context);
  populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                 converter);
  populateReturnOpTypeConversionPattern(patterns, converter);
  populateCallOpTypeConversionPattern(patterns, converter);
}
