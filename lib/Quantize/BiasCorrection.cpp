//===- BiasCorrection.cpp - Make good for the mean error of weights -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rounded weights shift the mean of an output channel by (Wq - W) E[x]. The
// samples told E[x], so the bias takes the shift back: section 4.2 of Nagel et
// al., Data-Free Quantization Through Weight Equalization and Bias Correction,
// ICCV 2019, with measured means in place of those of batch normalization.
//
//===----------------------------------------------------------------------===//

#include "octet/Quantize/Weights.h"

#include "octet/IR/QuantizedConstants.h"

using namespace mlir;
using namespace mlir::octet;

static ArrayRef<double> getMeans(ObserveOp observer, int64_t axis) {
  if (!observer || observer.getChannelAxis() != uint64_t(axis) ||
      !observer.getStatisticsAttr())
    return {};
  return observer.getStatisticsAttr().getMeans().asArrayRef();
}

/// What an observer of the input, or one beside it, saw of its channels.
static ArrayRef<double> findMeans(WeightedOpInterface op) {
  int64_t axis = op.getInputChannelAxis();
  Value input = op.getInputOperand().get();
  if (auto observer = input.getDefiningOp<ObserveOp>()) {
    if (ArrayRef<double> means = getMeans(observer, axis); !means.empty())
      return means;
    input = observer.getInput();
  }
  for (Operation *user : input.getUsers())
    if (ArrayRef<double> means = getMeans(dyn_cast<ObserveOp>(user), axis);
        !means.empty())
      return means;
  return {};
}

/// The values that quantized weights stand for.
static SmallVector<double> dequantize(const QuantizedConstant &weights) {
  SmallVector<double> values(weights.data.bytes.size());
  weights.axis.forEach(values.size(), [&](int64_t i, int64_t entry) {
    values[i] = (weights.getStored(i) - weights.zeroPoints[entry]) *
                weights.scales[entry];
  });
  return values;
}

bool mlir::octet::correctBias(OpBuilder &builder, WeightedOpInterface op,
                              Value quantized) {
  ArrayRef<double> means = findMeans(op);
  std::optional<SmallVector<double>> weights =
      readFloats(op.getWeightOperand().get());
  Value bias = op.getBiasValue();
  std::optional<SmallVector<double>> old =
      bias ? readFloats(bias) : SmallVector<double>();
  if (means.empty() || !weights || !old)
    return false;
  SmallVector<double> errors = dequantize(*readQuantizedConstant(quantized));
  for (auto [error, weight] : llvm::zip(errors, *weights))
    error -= weight;
  SmallVector<double> shift = op.getMeanResponse(errors, means);
  if (shift.empty() || (bias && old->size() != shift.size()))
    return false;
  SmallVector<float> corrected;
  for (auto [i, error] : llvm::enumerate(shift))
    corrected.push_back((bias ? (*old)[i] : 0.0) - error);
  op.setBiasValue(
      makeFloats(builder, op.getLoc(), corrected, int64_t(corrected.size())));
  return true;
}
