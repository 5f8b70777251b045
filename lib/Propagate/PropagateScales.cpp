//===- PropagateScales.cpp - Move dequantize down and quantize up -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Propagate/Passes.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <cmath>

namespace mlir::octet {
#define GEN_PASS_DEF_PROPAGATESCALES
#include "octet/Propagate/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// Whether the value that a movement fills in is one of the type's.
static bool representsFill(SameScaleOpInterface op, quant::QuantizedType type) {
  std::optional<double> fill = op.getFillValue();
  if (!fill)
    return true;
  auto uniform = dyn_cast<quant::UniformQuantizedType>(type);
  if (!uniform)
    return *fill == 0.0;
  double q = *fill / uniform.getScale() + uniform.getZeroPoint();
  return q == std::nearbyint(q) && q >= type.getStorageTypeMin() &&
         q <= type.getStorageTypeMax();
}

/// The element type of the result of a movement of elements of `type`; null if
/// per-axis scales do not survive it.
static quant::QuantizedType moveType(SameScaleOpInterface op,
                                     quant::QuantizedType type) {
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  if (!perAxis)
    return type;
  std::optional<int64_t> axis =
      op.getResultAxis(perAxis.getQuantizedDimension());
  if (!axis || isa<MaxPoolOp>(op))
    return {};
  return quant::UniformQuantizedPerAxisType::get(
      perAxis.getFlags(), perAxis.getStorageType(), perAxis.getExpressedType(),
      perAxis.getScales(), perAxis.getZeroPoints(), *axis,
      perAxis.getStorageTypeMin(), perAxis.getStorageTypeMax());
}

namespace {
/// movement(dequantize(q)...) -> dequantize(movement(q...))
struct MoveDequantizeDown : OpInterfaceRewritePattern<SameScaleOpInterface> {
  MoveDequantizeDown(MLIRContext *context, Pass::Statistic &count)
      : OpInterfaceRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(SameScaleOpInterface op,
                                PatternRewriter &rewriter) const override {
    SmallVector<OpOperand *> operands = op.getDataOperands();
    quant::QuantizedType type;
    for (OpOperand *operand : operands) {
      auto source = operand->get().getDefiningOp<DequantizeOp>();
      if (!source)
        return rewriter.notifyMatchFailure(op, "an operand is real");
      auto other = getQuantizedType(source.getInput());
      if (type && other != type)
        return rewriter.notifyMatchFailure(op, "operands differ in scale");
      type = other;
    }
    if (!type || !representsFill(op, type))
      return rewriter.notifyMatchFailure(op, "fill value is between two steps");
    quant::QuantizedType moved = moveType(op, type);
    if (!moved)
      return rewriter.notifyMatchFailure(op, "axis of the scales is lost");
    Operation *clone = rewriter.clone(*op);
    for (OpOperand *operand : operands)
      clone->setOperand(
          operand->getOperandNumber(),
          operand->get().getDefiningOp<DequantizeOp>().getInput());
    Type real = op->getResult(0).getType();
    clone->getResult(0).setType(withElement(real, moved));
    rewriter.replaceOpWithNewOp<DequantizeOp>(op, real, clone->getResult(0));
    ++count;
    return success();
  }

private:
  Pass::Statistic &count;
};

/// quantize(movement(x)) -> movement(quantize(x)), where nobody else needs the
/// real result.
struct MoveQuantizeUp : OpRewritePattern<QuantizeOp> {
  MoveQuantizeUp(MLIRContext *context, Pass::Statistic &count)
      : OpRewritePattern(context), count(count) {}

  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto movement = op.getInput().getDefiningOp<SameScaleOpInterface>();
    if (!movement || !op.getInput().hasOneUse())
      return rewriter.notifyMatchFailure(op, "input is no private movement");
    SmallVector<OpOperand *> operands = movement.getDataOperands();
    auto type =
        dyn_cast<quant::UniformQuantizedType>(getQuantizedType(op.getResult()));
    if (!type || !representsFill(movement, type))
      return rewriter.notifyMatchFailure(op, "type does not move");
    rewriter.setInsertionPoint(movement);
    Operation *clone = rewriter.clone(*movement);
    for (OpOperand *operand : operands) {
      Value x = operand->get();
      Value q = QuantizeOp::create(rewriter, op.getLoc(),
                                   withElement(x.getType(), type), x);
      rewriter.moveOpBefore(q.getDefiningOp(), clone);
      clone->setOperand(operand->getOperandNumber(), q);
    }
    clone->getResult(0).setType(op.getType());
    rewriter.replaceOp(op, clone->getResults());
    rewriter.eraseOp(movement);
    ++count;
    return success();
  }

private:
  Pass::Statistic &count;
};

/// quantize(dequantize(q)) to another type -> requantize(q)
struct MergePair : OpRewritePattern<QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    auto source = op.getInput().getDefiningOp<DequantizeOp>();
    if (!source)
      return rewriter.notifyMatchFailure(op, "input is no dequantize");
    if (!getByteType(source.getInput().getType()) ||
        !getByteType(op.getResult().getType()))
      return rewriter.notifyMatchFailure(op, "not 8 bits per tensor");
    rewriter.replaceOpWithNewOp<RequantizeOp>(op, op.getType(),
                                              source.getInput());
    return success();
  }
};

struct PropagateScalesPass
    : octet::impl::PropagateScalesBase<PropagateScalesPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<MoveDequantizeDown>(&getContext(), numDown);
    patterns.add<MoveQuantizeUp>(&getContext(), numUp);
    patterns.add<MergePair>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
      getOperation().emitError("scales did not settle");
      signalPassFailure();
    }
  }
};
} // namespace
