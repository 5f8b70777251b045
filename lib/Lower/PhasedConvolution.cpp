//===- PhasedConvolution.cpp - Transposed convolutions ----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Output i of a transposed convolution sums over the taps k for which i + pad -
// k * dilation is a multiple of the stride. So the outputs of one phase, i
// modulo the stride, are a convolution of the input itself with some of the
// taps, and the result is as many convolutions as there are phases, their
// outputs interleaved. The phases of the last axis may be one convolution with
// that many times the channels: interleaved they lie together.
//
//===----------------------------------------------------------------------===//

#include "Convolution.h"

#include "llvm/Support/MathExtras.h"

#include <cstring>
#include <numeric>

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// For each axis the indices to take; -1 stands for 0.
using Taps = SmallVector<SmallVector<int64_t>>;

/// The taps of O x I x kernel weights.
static ConstantData pickTaps(const ConstantData &weight, const Taps &taps) {
  SmallVector<int64_t> shape(weight.type.getShape());
  ArrayRef<int64_t> in = weight.type.getShape();
  for (auto [i, picked] : llvm::enumerate(taps))
    shape[2 + i] = picked.size();
  unsigned size = getElementBytes(weight.type.getElementType());
  ConstantData result{weight.type.clone(shape), {}};
  result.bytes.assign(countElements(shape) * size, 0);
  for (int64_t i = 0, e = countElements(shape); i < e; ++i) {
    int64_t rest = i, stride = 1, source = 0;
    for (int64_t axis = int64_t(shape.size()) - 1; axis >= 0; --axis) {
      int64_t at = rest % shape[axis];
      if (axis >= 2)
        at = taps[axis - 2][at];
      if (at < 0) {
        source = -1;
        break;
      }
      source += at * stride;
      stride *= in[axis];
      rest /= shape[axis];
    }
    if (source >= 0)
      std::memcpy(&result.bytes[i * size], &weight.bytes[source * size], size);
  }
  return result;
}

/// The same where the weights may be computed at run time; no tap is -1.
static Value createPick(OpBuilder &b, Location loc, Value weight,
                        const Taps &taps) {
  if (std::optional<ConstantData> data = readTensor(weight))
    return createConstant(b, loc, pickTaps(*data, taps));
  SmallVector<int64_t> sizes(getShape(weight)), offsets(sizes.size(), 0),
      steps(sizes.size(), 1);
  for (auto [i, picked] : llvm::enumerate(taps)) {
    offsets[2 + i] = picked.front();
    sizes[2 + i] = picked.size();
    if (picked.size() > 1)
      steps[2 + i] = picked[1] - picked[0];
  }
  return createExtractSlice(b, loc, weight, offsets, sizes, steps);
}

/// A constant one a channel, repeated; what holds for all channels stays.
static Typed repeatChannels(OpBuilder &b, Location loc, Typed operand,
                            int64_t times) {
  std::optional<ConstantData> data = readTensor(operand.value);
  SmallVector<int64_t> shape(data->type.getShape());
  shape[0] *= times;
  ConstantData repeated{data->type.clone(shape), {}};
  for (int64_t i = 0; i < times; ++i)
    llvm::append_range(repeated.bytes, data->bytes);
  operand.value = createConstant(b, loc, repeated);
  operand.type =
      repeatScales(RankedTensorType::get(shape, operand.getElement()), times);
  return operand;
}

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

namespace {
/// Outputs `first`, `first` + stride, ... of one axis: output number t sums
/// x[t + low + j * dilation] * w[taps[j]] over the reversed kernel w.
struct Phase {
  int64_t first, count, low, dilation;
  SmallVector<int64_t> taps;

  int64_t getHigh() const { return low + (taps.size() - 1) * dilation; }
};

/// One axis of a transposed convolution.
struct Axis {
  int64_t in, out, kernel, stride, dilation, pad;

  Phase getPhase(int64_t first) const;
  SmallVector<Phase> getPhases() const;
};

/// Builds the convolutions.
class PhasedConvolution {
public:
  PhasedConvolution(OpBuilder &b, ConvTransposeOp op,
                    const WeightedOperands &operands, Value input);

  /// Whether every output has a tap, and taps of a phase are evenly spaced.
  bool isPossible() const;
  FailureOr<Value> build();

private:
  void padInput();
  bool mayMerge() const;
  bool shouldMerge() const;
  void merge();
  FailureOr<Value> buildPart(ArrayRef<Phase> part);
  WeightedOperands getMergedOperands(ArrayRef<Phase> part);

  OpBuilder &b;
  ConvTransposeOp op;
  WeightedOperands operands;
  Value input;
  int64_t rank, groups;
  SmallVector<Axis> axes;
  SmallVector<SmallVector<Phase>> phases; ///< for each axis
  /// Those of the last axis if they became one.
  SmallVector<Phase> merged;
};
} // namespace

Phase Axis::getPhase(int64_t first) const {
  int64_t at = llvm::mod(first + pad, stride), tap = 0;
  while (tap < kernel && tap * dilation % stride != at)
    ++tap;
  Phase phase{
      first, int64_t(llvm::divideCeil(out - first, stride)), 0, dilation, {}};
  int64_t last = tap;
  for (; tap < kernel; tap += stride) {
    phase.taps.push_back(kernel - 1 - tap);
    last = tap;
  }
  std::reverse(phase.taps.begin(), phase.taps.end());
  phase.low = (first + pad - last * dilation) / stride;
  return phase;
}

SmallVector<Phase> Axis::getPhases() const {
  SmallVector<Phase> phases;
  for (int64_t first = 0; first < std::min(stride, out); ++first)
    phases.push_back(getPhase(first));
  return phases;
}

PhasedConvolution::PhasedConvolution(OpBuilder &b, ConvTransposeOp op,
                                     const WeightedOperands &operands,
                                     Value input)
    : b(b), op(op), operands(operands), input(input),
      rank(op.getStrides().size()), groups(op.getGroups()) {
  ArrayRef<int64_t> result = operands.resultType.getShape().drop_front();
  if (op.getLayout() == Layout::ChannelsFirst)
    result = result.drop_front();
  for (int64_t i = 0; i < rank; ++i) {
    axes.push_back({getShape(input)[1 + i], result[i],
                    getShape(op.getWeight())[2 + i], op.getStrides()[i],
                    op.getDilations()[i], op.getPads()[i]});
    phases.push_back(axes.back().getPhases());
  }
}

bool PhasedConvolution::isPossible() const {
  for (const Axis &axis : axes)
    if (std::gcd(axis.stride, axis.dilation) != 1)
      return false;
  return llvm::all_of(phases, [](ArrayRef<Phase> axis) {
    return !axis.empty() && llvm::all_of(axis, [](const Phase &phase) {
      return !phase.taps.empty();
    });
  });
}

/// Whether the last axis is whole groups of outputs, and everything that
/// differs between channels is constant.
bool PhasedConvolution::mayMerge() const {
  const Axis &axis = axes.back();
  auto isConstant = [](const Typed &operand) {
    return readTensor(operand.value).has_value();
  };
  auto isPerAxis = [](Type type) {
    return isa_and_nonnull<quant::UniformQuantizedPerAxisType>(
        getQuantizedType(type));
  };
  FailureOr<Quantization> weight = Quantization::get(operands.weight.type);
  return axis.stride > 1 && axis.out % axis.stride == 0 && axis.dilation == 1 &&
         groups == 1 && isConstant(operands.weight) &&
         (failed(weight) || weight->isSymmetric()) &&
         (!operands.bias || isConstant(operands.bias)) &&
         !isPerAxis(operands.resultType);
}

/// The first input and the number of inputs that any phase of an axis reads.
static std::pair<int64_t, int64_t> getReach(ArrayRef<Phase> phases) {
  int64_t low = phases.front().low, high = phases.front().getHigh();
  for (const Phase &phase : phases) {
    low = std::min(low, phase.low);
    high = std::max(high, phase.getHigh());
  }
  return {low, high - low + 1};
}

/// Pads as far as any phase needs, once: each reads a part of that.
void PhasedConvolution::padInput() {
  SmallVector<int64_t> low(rank + 2, 0), high(rank + 2, 0);
  for (int64_t i = 0; i < rank; ++i) {
    for (const Phase &phase : phases[i]) {
      low[1 + i] = std::max(low[1 + i], -phase.low);
      high[1 + i] =
          std::max(high[1 + i], phase.count + phase.getHigh() - axes[i].in);
    }
    axes[i].in += low[1 + i] + high[1 + i];
    for (Phase &phase : phases[i])
      phase.low += low[1 + i];
  }
  input = createPad(b, op.getLoc(), input, low, high,
                    getPadding(op.getInput(), input));
}

/// One convolution multiplies by the zeros of taps that a phase does not have;
/// many may fill the vectors of sums less well. Where neither costs, many can
/// write their outputs apart, as when these go into a larger tensor.
bool PhasedConvolution::shouldMerge() const {
  constexpr int64_t kSums = 16;
  if (!mayMerge())
    return false;
  int64_t channels = getShape(operands.weight.value)[0], apart = 0;
  for (const Phase &phase : phases.back())
    apart += phase.taps.size() * llvm::alignTo(channels, kSums);
  return getReach(phases.back()).second *
             llvm::alignTo(channels * axes.back().stride, kSums) <
         uint64_t(apart);
}

/// Makes the phases of the last axis one, which has all their taps.
void PhasedConvolution::merge() {
  merged = phases.back();
  auto [low, taps] = getReach(merged);
  for (Phase &phase : merged) {
    SmallVector<int64_t> all(taps, -1);
    llvm::copy(phase.taps, all.begin() + (phase.low - low));
    phase.taps = all;
  }
  phases.back() = {merged.front()};
  phases.back().front().low = low;
  axes.back().out /= axes.back().stride;
  axes.back().stride = 1;
}

/// The channels of one phase of the last axis after those of the other.
WeightedOperands PhasedConvolution::getMergedOperands(ArrayRef<Phase> part) {
  WeightedOperands all = operands;
  Location loc = op.getLoc();
  Taps taps;
  for (const Phase &phase : part)
    taps.push_back(phase.taps);
  ConstantData weight = *readTensor(operands.weight.value), joined;
  for (const Phase &phase : merged) {
    taps.back() = phase.taps;
    ConstantData picked = pickTaps(weight, taps);
    joined.type = picked.type;
    llvm::append_range(joined.bytes, picked.bytes);
  }
  SmallVector<int64_t> shape(joined.type.getShape());
  shape[0] *= merged.size();
  joined.type = joined.type.clone(shape);
  all.weight.value = createConstant(b, loc, joined);
  all.weight.type =
      repeatScales(RankedTensorType::get(shape, operands.weight.getElement()),
                   merged.size());
  if (operands.bias)
    all.bias = repeatChannels(b, loc, operands.bias, merged.size());
  return all;
}

/// The convolution of one phase of each axis.
FailureOr<Value> PhasedConvolution::buildPart(ArrayRef<Phase> part) {
  Location loc = op.getLoc();
  WeightedOperands own = operands;
  Window window{SmallVector<int64_t>(rank, 1), {}, {}, {}, groups};
  Taps taps;
  SmallVector<int64_t> offsets{0}, sizes{getShape(input)[0]}, steps{1};
  for (auto [axis, phase] : llvm::zip(axes, part)) {
    taps.push_back(phase.taps);
    window.dilations.push_back(phase.dilation);
    window.low.push_back(-phase.low);
    window.high.push_back(phase.count + phase.getHigh() - axis.in);
    offsets.push_back(phase.first);
    sizes.push_back(phase.count);
    steps.push_back(axis.stride);
  }
  if (merged.empty())
    own.weight.value = createPick(b, loc, operands.weight.value, taps);
  else
    own = getMergedOperands(part);
  if (own.residual &&
      ArrayRef(sizes) != getShape(own.residual.value).drop_back()) {
    offsets.push_back(0);
    sizes.push_back(getShape(own.residual.value).back());
    steps.push_back(1);
    own.residual.value =
        createExtractSlice(b, loc, own.residual.value, offsets, sizes, steps);
  }
  Value cropped = cropInput(b, loc, input, window);
  return buildConvolution(b, op, own, window, cropped);
}

FailureOr<Value> PhasedConvolution::build() {
  Location loc = op.getLoc();
  SmallVector<int64_t> shape{getShape(input)[0]};
  for (const Axis &axis : axes)
    shape.push_back(axis.out);
  shape.push_back(getShape(operands.weight.value)[0]);
  SmallVector<int64_t> whole = shape;
  if (shouldMerge()) {
    shape.back() *= axes.back().stride;
    merge();
    shape[rank] = axes.back().out;
    if (operands.residual)
      operands.residual.value =
          createReshape(b, loc, operands.residual.value, shape);
  }
  padInput();
  SmallVector<int64_t> steps{1};
  int64_t parts = 1;
  for (auto [axis, all] : llvm::zip(axes, phases)) {
    steps.push_back(axis.stride);
    parts *= all.size();
  }
  steps.push_back(1);
  Value result;
  for (int64_t i = 0; i < parts; ++i) {
    SmallVector<Phase> part;
    SmallVector<int64_t> offsets(rank + 2, 0);
    for (int64_t axis = rank - 1, rest = i; axis >= 0; --axis) {
      part.insert(part.begin(), phases[axis][rest % phases[axis].size()]);
      offsets[1 + axis] = part.front().first;
      rest /= phases[axis].size();
    }
    FailureOr<Value> value = buildPart(part);
    if (failed(value))
      return failure();
    if (parts == 1)
      return createReshape(b, loc, *value, whole);
    if (!result)
      result = createEmpty(b, loc, shape, getElementTypeOrSelf(*value));
    result = createInsertSlice(b, loc, *value, result, offsets, steps);
  }
  return createReshape(b, loc, result, whole);
}

std::optional<FailureOr<Value>>
lower::buildPhases(OpBuilder &b, ConvTransposeOp op,
                   const WeightedOperands &operands, Value input) {
  PhasedConvolution phased(b, op, operands, input);
  if (!phased.isPossible())
    return std::nullopt;
  return phased.build();
}
