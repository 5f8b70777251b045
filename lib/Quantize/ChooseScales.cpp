//===- ChooseScales.cpp - Observers and weights to quantize-dequantize pairs
//-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Constants.h"
#include "octet/Quantize/Passes.h"
#include "octet/Quantize/Statistics.h"
#include "octet/Quantize/Weights.h"

namespace mlir::octet {
#define GEN_PASS_DEF_CHOOSESCALES
#include "octet/Quantize/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// dequantize(quantize(value)) in the given element type.
static Value makePair(OpBuilder &builder, Location loc, Value value,
                      quant::QuantizedType type) {
  Value quantized = QuantizeOp::create(
      builder, loc, withElement(value.getType(), type), value);
  return DequantizeOp::create(builder, loc, value.getType(), quantized);
}

namespace {
struct ChooseScalesPass : octet::impl::ChooseScalesBase<ChooseScalesPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops) {
      if (auto observer = dyn_cast<ObserveOp>(op)) {
        if (failed(replaceObserver(observer)))
          return signalPassFailure();
        continue;
      }
      SchemeAttr scheme = SchemeAttr::of(op);
      if (!scheme)
        continue;
      if (auto weighted = dyn_cast<WeightedOpInterface>(op))
        quantizeWeight(weighted, scheme);
      quantizeConstants(cast<IntegerFormOpInterface>(op), scheme);
      if (auto fixed = dyn_cast<FixedOutputRangeOpInterface>(op))
        fixResult(fixed, scheme);
    }
  }

private:
  LogicalResult replaceObserver(ObserveOp op) {
    if (!op.getStatisticsAttr())
      return op.emitError("no samples were seen; calibrate first");
    OpBuilder builder(op);
    SchemeAttr scheme = op.getScheme();
    auto type = makeActivationType(
        &getContext(), chooseRange(scheme, op.getStatisticsAttr()),
        scheme.getActivationSigned(), scheme.getActivationSymmetric());
    op.getResult().replaceAllUsesWith(
        makePair(builder, op.getLoc(), op.getInput(), type));
    op.erase();
    ++numPairs;
    return success();
  }

  void quantizeWeight(WeightedOpInterface op, SchemeAttr scheme) {
    OpOperand &operand = op.getWeightOperand();
    if (!getConstantAttr(operand.get()))
      return;
    OpBuilder builder(op);
    std::optional<int64_t> axis;
    if (scheme.getWeightPerChannel())
      axis = op.getWeightChannelAxis();
    Value quantized = quantizeWeights(builder, operand.get(), axis);
    if (!quantized)
      return;
    operand.set(DequantizeOp::create(builder, quantized.getLoc(),
                                     operand.get().getType(), quantized));
    ++numWeights;
  }

  /// Constant activations: the other side of an addition, a table of
  /// embeddings.
  void quantizeConstants(IntegerFormOpInterface op, SchemeAttr scheme) {
    for (OpOperand *operand : op.getActivationOperands()) {
      std::optional<SmallVector<double>> values = readFloats(operand->get());
      if (!values || values->empty())
        continue;
      auto [low, high] = std::minmax_element(values->begin(), values->end());
      OpBuilder builder(op);
      auto type = makeActivationType(&getContext(), {*low, *high},
                                     scheme.getActivationSigned(),
                                     scheme.getActivationSymmetric());
      operand->set(quantizeConstant(builder, operand->get(), type));
      ++numWeights;
    }
  }

  void fixResult(FixedOutputRangeOpInterface op, SchemeAttr scheme) {
    Value result = op->getResult(0);
    if (!getElementTypeOrSelf(result.getType()).isF32())
      return;
    auto [low, high] = op.getOutputRange();
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfter(op);
    auto type = makeActivationType(&getContext(), {low, high},
                                   scheme.getActivationSigned(),
                                   scheme.getActivationSymmetric());
    Value pair = makePair(builder, op.getLoc(), result, type);
    Operation *quantize = pair.getDefiningOp()->getOperand(0).getDefiningOp();
    result.replaceUsesWithIf(pair, [&](OpOperand &use) {
      return use.getOwner() != quantize && SchemeAttr::of(use.getOwner());
    });
    ++numPairs;
  }
};
} // namespace
