//===- ChooseScales.cpp - Observers and weights to quantize-dequantize pairs
//-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outputs.h"
#include "octet/IR/Constants.h"
#include "octet/IR/Hints.h"
#include "octet/IR/OutputForms.h"
#include "octet/Quantize/Passes.h"
#include "octet/Quantize/Statistics.h"
#include "octet/Quantize/Weights.h"

#include <algorithm>

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

static StringAttr getRangeGroup(ObserveOp observer) {
  Operation *producer = observer.getInput().getDefiningOp();
  return producer ? producer->getAttrOfType<StringAttr>(kRangeGroupName)
                  : nullptr;
}

namespace {
struct ChooseScalesPass : octet::impl::ChooseScalesBase<ChooseScalesPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { ops.push_back(op); });
    // Corrections of the bias read the observers, so they come first.
    for (Operation *op : ops)
      if (auto weighted = dyn_cast<WeightedOpInterface>(op))
        if (SchemeAttr scheme = SchemeAttr::of(op))
          quantizeWeight(weighted, scheme);
    uniteGroups(ops);
    for (Operation *op : ops) {
      if (auto observer = dyn_cast<ObserveOp>(op)) {
        if (failed(replaceObserver(observer)))
          return signalPassFailure();
        continue;
      }
      SchemeAttr scheme = SchemeAttr::of(op);
      if (!scheme)
        continue;
      quantizeConstants(cast<IntegerFormOpInterface>(op), scheme);
      if (auto fixed = dyn_cast<FixedOutputRangeOpInterface>(op))
        fixResult(fixed, scheme);
    }
    fixOutputs();
  }

private:
  /// The range of each group, which holds all of its members' ranges.
  void uniteGroups(ArrayRef<Operation *> ops) {
    groups.clear();
    for (Operation *op : ops) {
      auto observer = dyn_cast<ObserveOp>(op);
      if (!observer || !observer.getSchemeAttr() ||
          !observer.getStatisticsAttr())
        continue;
      StringAttr group = getRangeGroup(observer);
      if (!group)
        continue;
      RealRange own =
          chooseRange(observer.getSchemeAttr(), observer.getStatisticsAttr());
      RealRange &all = groups.try_emplace(group, own).first->second;
      all = {std::min(all.low, own.low), std::max(all.high, own.high)};
    }
  }

  /// What the samples showed; else what the producer promises, where this
  /// recipe leaves it float and the one of the samples did not.
  std::optional<RealRange> findRange(ObserveOp op) {
    if (auto found = groups.find(getRangeGroup(op)); found != groups.end())
      return found->second;
    if (op.getStatisticsAttr())
      return chooseRange(op.getSchemeAttr(), op.getStatisticsAttr());
    auto fixed = op.getInput().getDefiningOp<FixedOutputRangeOpInterface>();
    if (!fixed)
      return std::nullopt;
    auto [low, high] = fixed.getOutputRange();
    return RealRange{low, high};
  }

  LogicalResult replaceObserver(ObserveOp op) {
    if (!op.getSchemeAttr()) {
      op.getResult().replaceAllUsesWith(op.getInput());
      op.erase();
      return success();
    }
    std::optional<RealRange> range = findRange(op);
    if (!range) {
      if (!op.use_empty())
        return op.emitError("no samples were seen; calibrate first");
      op.erase(); // of an output, whose quantized form may be missing
      return success();
    }
    OpBuilder builder(op);
    auto type = makeType(op.getSchemeAttr(), *range);
    noteForm(op.getInput(), type);
    if (!op.use_empty()) {
      op.getResult().replaceAllUsesWith(
          makePair(builder, op.getLoc(), op.getInput(), type));
      ++numPairs;
    }
    op.erase();
    return success();
  }

  quant::UniformQuantizedType makeType(SchemeAttr scheme, RealRange range) {
    return makeActivationType(&getContext(), range,
                              scheme.getActivationSigned(),
                              scheme.getActivationSymmetric());
  }

  /// Where `value` is an output, notes the type as its quantized form.
  void noteForm(Value value, quant::UniformQuantizedType type) {
    for (OpOperand &use : value.getUses())
      if (isa<func::ReturnOp>(use.getOwner()))
        setOutputForm(getOperation(), use.getOperandNumber(), type);
  }

  /// Outputs of operators with a fixed range were not observed.
  void fixOutputs() {
    Operation *terminator = getOperation().getBody().front().getTerminator();
    for (Value value : terminator->getOperands()) {
      auto fixed = value.getDefiningOp<FixedOutputRangeOpInterface>();
      SchemeAttr scheme = findOutputScheme(value);
      if (!fixed || !scheme)
        continue;
      auto [low, high] = fixed.getOutputRange();
      noteForm(value, makeType(scheme, {low, high}));
    }
  }

  void quantizeWeight(WeightedOpInterface op, SchemeAttr scheme) {
    Value weight = op.getWeightOperand().get();
    if (!getConstantAttr(weight))
      return;
    OpBuilder builder(op);
    std::optional<int64_t> axis;
    if (scheme.getWeightPerChannel())
      axis = op.getWeightChannelAxis();
    Value quantized = quantizeWeights(builder, weight, axis);
    if (!quantized)
      return;
    if (scheme.getCorrectBias())
      numCorrected += correctBias(builder, op, quantized);
    // A new operand may move the others, so the weights' is asked for last.
    op.getWeightOperand().set(DequantizeOp::create(
        builder, quantized.getLoc(), weight.getType(), quantized));
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
      auto type = makeType(scheme, {*low, *high});
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
    auto type = makeType(scheme, {low, high});
    Value pair = makePair(builder, op.getLoc(), result, type);
    Operation *quantize = pair.getDefiningOp()->getOperand(0).getDefiningOp();
    result.replaceUsesWithIf(pair, [&](OpOperand &use) {
      return use.getOwner() != quantize && SchemeAttr::of(use.getOwner());
    });
    ++numPairs;
  }

  DenseMap<StringAttr, RealRange> groups;
};
} // namespace
