//===- ChooseMultipliers.cpp - Scales that round once -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Fold/Passes.h"

#include "octet/IR/QuantizedConstants.h"
#include "octet/Support/ExactRequantize.h"

#include "llvm/ADT/bit.h"

namespace mlir::octet {
#define GEN_PASS_DEF_CHOOSEMULTIPLIERS
#include "octet/Fold/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// How many scales of a channel are tried, each next to the one before.
static constexpr int kTries = 48;

/// Whether the scales are not the model's, but of weights that were quantized
/// here: what is imported uses all of its storage.
static bool isOwn(quant::QuantizedType type) {
  return type.isSigned() && type.getStorageTypeMin() == -127;
}

namespace {
/// A product of a byte tensor and constant weights that gives bytes.
class Product {
public:
  explicit Product(WeightedOpInterface op) : op(op) {}

  bool match();
  /// Scales for all channels; fails where one has none.
  LogicalResult choose();
  void apply();

private:
  std::optional<double> findScale(size_t channel) const;

  WeightedOpInterface op;
  quant::UniformQuantizedType input, result;
  std::optional<QuantizedConstant> weights;
  /// All but their scales.
  std::vector<ChannelRequantization> channels;
};
} // namespace

bool Product::match() {
  input = getByteType(op.getInputOperand().get().getType());
  result = getByteType(op->getResult(0).getType());
  if (!input || !result || op.getResidualOperand())
    return false;
  weights = readQuantizedConstant(op.getWeightOperand().get());
  if (!weights || !isOwn(weights->type))
    return false;
  AxisIndex axis = op.getOutputChannels();
  int64_t size = weights->data.bytes.size();
  size_t count = weights->scales.size();
  std::optional<SmallVector<int64_t>> bias;
  if (Value value = op.getBiasValue())
    bias = readIntegers(value);
  else
    bias = SmallVector<int64_t>(count, 0);
  // One scale for several channels would have to suit them all.
  if (!bias || bias->size() != count ||
      axis.countEntries(size) != int64_t(count))
    return false;
  int64_t zero = result.getZeroPoint();
  for (int64_t start : *bias)
    channels.push_back({0, int32_t(result.getStorageTypeMin() - zero),
                        int32_t(result.getStorageTypeMax() - zero), start,
                        start});
  // The storage values, all 8 bits of them, are what is multiplied.
  int64_t low = (input.isSigned() ? -128 : 0) - input.getZeroPoint();
  axis.forEach(size, [&](int64_t i, int64_t channel) {
    channels[channel].addProduct(weights->getStored(i), low);
  });
  return true;
}

/// The nearest scale that serves: 0, 1, -1, 2, ... units in the last place
/// away.
std::optional<double> Product::findScale(size_t channel) const {
  ChannelRequantization tried = channels[channel];
  uint32_t bits = llvm::bit_cast<uint32_t>(float(weights->scales[channel]));
  for (int i = 0; i < kTries; ++i) {
    float scale =
        llvm::bit_cast<float>(bits + (i % 2 ? (i + 1) / 2 : -(i / 2)));
    // Rule C2.
    float product = float(input.getScale()) * scale;
    tried.scale = product / float(result.getScale());
    if (findRoundingAdd(tried, int32_t(result.getZeroPoint())))
      return scale;
  }
  return std::nullopt;
}

LogicalResult Product::choose() {
  for (auto [channel, scale] : llvm::enumerate(weights->scales)) {
    std::optional<double> chosen = findScale(channel);
    if (!chosen)
      return failure();
    scale = *chosen;
  }
  return success();
}

/// The same constant with other scales, for this use alone.
static void retype(OpOperand &operand, ArrayRef<double> scales) {
  Operation *constant = operand.get().getDefiningOp();
  OpBuilder b(constant);
  Value clone = b.clone(*constant)->getResult(0);
  clone.setType(withElement(
      clone.getType(), withScales(getQuantizedType(clone.getType()), scales)));
  operand.set(clone);
  if (isOpTriviallyDead(constant))
    constant->erase();
}

void Product::apply() {
  retype(op.getWeightOperand(), weights->scales);
  Value bias = op.getBiasValue();
  if (!bias)
    return;
  SmallVector<double> scales;
  for (double scale : weights->scales)
    scales.push_back(float(input.getScale()) * float(scale));
  for (OpOperand &operand : op->getOpOperands())
    if (operand.get() == bias)
      retype(operand, scales);
}

namespace {
struct ChooseMultipliersPass
    : octet::impl::ChooseMultipliersBase<ChooseMultipliersPass> {
  void runOnOperation() override {
    SmallVector<WeightedOpInterface> ops;
    getOperation().walk([&](WeightedOpInterface op) { ops.push_back(op); });
    for (WeightedOpInterface op : ops) {
      Product product(op);
      if (!product.match())
        continue;
      if (failed(product.choose())) {
        ++numLeft;
        continue;
      }
      product.apply();
      ++numChosen;
    }
  }
};
} // namespace
