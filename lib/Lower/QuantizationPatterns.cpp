//===- QuantizationPatterns.cpp - Between real and quantized ----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// quantize, dequantize, requantize, table lookups, and casts between a
// quantized type and its storage.
//
//===----------------------------------------------------------------------===//

#include "Numerics.h"
#include "Patterns.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

namespace {
/// Rule Q1.
struct LowerQuantize : OpConversionPattern<QuantizeOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(QuantizeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    FailureOr<Quantization> type = Quantization::get(op.getType());
    if (failed(type))
      return rewriter.notifyMatchFailure(op, "neither per-tensor nor per-axis");
    ArrayRef<int64_t> shape = getShape(op.getInput());
    Elementwise work(rewriter, op.getLoc(), shape);
    SmallVector<int64_t> axes = type->getAxes(shape.size(), shape.size());
    unsigned x = work.add(adaptor.getInput());
    unsigned scale = work.addNumbers(type->scales, axes);
    Quantizer quantizer(work, *type, /*clamp=*/{}, axes);
    rewriter.replaceOp(
        op, work.build(rewriter.getIntegerType(type->bits),
                       [&](Body &body, ArrayRef<Value> args) {
                         Value real =
                             body.resizeFloat(args[x], body.getF32Type());
                         return quantizer.build(body, args,
                                                body.div(real, args[scale]),
                                                /*mayBeNaN=*/true);
                       }));
    return success();
  }
};

/// Rule Q2.
struct LowerDequantize : OpConversionPattern<DequantizeOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(DequantizeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    FailureOr<Quantization> type = Quantization::get(op.getInput().getType());
    if (failed(type))
      return rewriter.notifyMatchFailure(op, "neither per-tensor nor per-axis");
    ArrayRef<int64_t> shape = getShape(op.getInput());
    Elementwise work(rewriter, op.getLoc(), shape);
    SmallVector<int64_t> axes = type->getAxes(shape.size(), shape.size());
    unsigned q = work.add(adaptor.getInput());
    unsigned scale = work.addNumbers(type->scales, axes);
    Dequantizer dequantizer(work, *type, axes);
    Type element = getElementTypeOrSelf(op.getType());
    rewriter.replaceOp(
        op, work.build(element, [&](Body &body, ArrayRef<Value> args) {
          Value number = dequantizer.buildNumber(body, args, args[q]);
          return body.resizeFloat(body.mul(number, args[scale]), element);
        }));
    return success();
  }
};

/// Rule Q3.
struct LowerRequantize : OpConversionPattern<RequantizeOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(RequantizeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    FailureOr<Quantization> from = Quantization::get(op.getInput().getType());
    FailureOr<Quantization> to = Quantization::get(op.getType());
    if (failed(from) || failed(to))
      return rewriter.notifyMatchFailure(op, "neither per-tensor nor per-axis");
    if (from->isPerAxis() && to->isPerAxis() && *from->axis != *to->axis)
      return rewriter.notifyMatchFailure(op, "two different axes");
    bool isExact = !from->isPerAxis() && !to->isPerAxis() &&
                   from->scales == to->scales && from->bits <= 16 &&
                   to->bits <= 16;
    rewriter.replaceOp(
        op, isExact
                ? buildExact(rewriter, op, adaptor.getInput(), *from, *to)
                : buildScaled(rewriter, op, adaptor.getInput(), *from, *to));
    return success();
  }

  /// Equal scales: the zero point moves, in integers.
  static Value buildExact(OpBuilder &b, RequantizeOp op, Value input,
                          const Quantization &from, const Quantization &to) {
    int64_t shift = to.zeros[0] - from.zeros[0];
    bool fits = from.min + shift >= to.min && from.max + shift <= to.max;
    if (fits && shift == 0 && from.bits == to.bits)
      return input;
    Elementwise work(b, op.getLoc(), getShape(op.getInput()));
    unsigned q = work.add(input);
    Type result = b.getIntegerType(to.bits);
    return work.build(result, [&](Body &body, ArrayRef<Value> args) {
      Type type = body.getI32Type();
      Value x = body.resizeInteger(args[q], from.isSigned, type);
      if (shift)
        x = body.add(x, body.integer(type, shift));
      if (from.min + shift < to.min)
        x = body.max(x, body.integer(type, to.min));
      if (from.max + shift > to.max)
        x = body.min(x, body.integer(type, to.max));
      return body.resizeInteger(x, /*isSigned=*/true, result);
    });
  }

  static Value buildScaled(OpBuilder &b, RequantizeOp op, Value input,
                           const Quantization &from, const Quantization &to) {
    int64_t rank = getShape(op.getInput()).size();
    Elementwise work(b, op.getLoc(), getShape(op.getInput()));
    SmallVector<int64_t> axes =
        (from.isPerAxis() ? from : to).getAxes(rank, rank);
    unsigned q = work.add(input);
    unsigned scale = work.addNumbers(divide(from.scales, to.scales), axes);
    Dequantizer dequantizer(work, from, from.getAxes(rank, rank));
    Quantizer quantizer(work, to, /*clamp=*/{}, to.getAxes(rank, rank));
    return work.build(
        b.getIntegerType(to.bits), [&](Body &body, ArrayRef<Value> args) {
          Value number = dequantizer.buildNumber(body, args, args[q]);
          return quantizer.build(body, args, body.mul(number, args[scale]),
                                 /*mayBeNaN=*/false);
        });
  }
};

/// Rule T1: a read of the table, indexed by the storage byte.
struct LowerLookup : OpConversionPattern<LookupOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(LookupOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value table = createConstant<int8_t>(rewriter, loc, op.getTable(), {256},
                                         rewriter.getI8Type());
    Elementwise work(rewriter, loc, getShape(op.getInput()));
    unsigned q = work.add(adaptor.getInput());
    rewriter.replaceOp(
        op,
        work.build(rewriter.getI8Type(), [&](Body &body, ArrayRef<Value> args) {
          Value index = body.resizeInteger(args[q], /*isSigned=*/false,
                                           body.getIndexType());
          return body.make<tensor::ExtractOp>(table, ValueRange{index});
        }));
    return success();
  }
};

/// A quantized value and its storage are the same bits. A storage type with a
/// sign, as at the model's border, goes with the floats.
struct LowerStorageCast : OpConversionPattern<StorageCastOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(StorageCastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Type type = getTypeConverter()->convertType(op.getType());
    Value bits = adaptor.getInput();
    if (bits.getType() != type)
      bits = CastOp::create(rewriter, op.getLoc(), type, bits);
    rewriter.replaceOp(op, bits);
    return success();
  }
};

/// Calibration is over: an observer is the identity.
struct DropObserver : OpConversionPattern<ObserveOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ObserveOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op, adaptor.getInput());
    return success();
  }
};
} // namespace

void lower::populateQuantizationPatterns(const TypeConverter &converter,
                                         RewritePatternSet &patterns) {
  patterns.add<LowerQuantize, LowerDequantize, LowerRequantize, LowerLookup,
               LowerStorageCast, DropObserver>(converter,
                                               patterns.getContext());
}
