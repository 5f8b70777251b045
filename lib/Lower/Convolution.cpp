//===- Convolution.cpp - Convolutions to linalg -----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A convolution of any spatial rank is a pad and one contraction, channels
// last. Loops: n, output positions, output channel, kernel positions, input
// channel; with groups the output channel is (group, channel in group), and in
// a depthwise convolution there is no loop over input channels.
//
//===----------------------------------------------------------------------===//

#include "Convolution.h"
#include "Patterns.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

namespace {
/// Builds the contraction of a convolution; `weight` is O x I/groups x kernel.
class ConvolutionBuilder {
public:
  ConvolutionBuilder(OpBuilder &b, Location loc, const Accumulation &plan,
                     const Window &window, Value input)
      : b(b), loc(loc), plan(plan), window(window), input(input),
        weight(plan.weight), rank(window.strides.size()),
        isDepthwise(window.groups > 1 && getShape(weight)[0] == window.groups &&
                    getShape(weight)[1] == 1),
        isGrouped(window.groups > 1 && !isDepthwise) {}

  Value build();
  /// Axes of the accumulators that make up the output channel.
  SmallVector<int64_t> getChannelAxes() const {
    if (isGrouped)
      return {rank + 1, rank + 2};
    return {rank + 1};
  }

private:
  Value arrangeWeight();
  Value arrangeInput();
  SmallVector<int64_t> getAccumulatorShape(Value padded);
  ContractionLoops getLoops(ArrayRef<int64_t> shape);

  OpBuilder &b;
  Location loc;
  const Accumulation &plan;
  const Window &window;
  Value input, weight;
  int64_t rank;
  bool isDepthwise, isGrouped;
};
} // namespace

/// O x I x kernel to kernel x I x O, kernel x C or kernel x G x I x O.
Value ConvolutionBuilder::arrangeWeight() {
  ArrayRef<int64_t> shape = getShape(weight);
  SmallVector<int64_t> permutation;
  if (isGrouped) {
    SmallVector<int64_t> split{window.groups, shape[0] / window.groups};
    llvm::append_range(split, shape.drop_front());
    for (int64_t i = 0; i < rank; ++i)
      permutation.push_back(3 + i);
    permutation.append({0, 2, 1});
    return createTranspose(b, loc, createReshape(b, loc, weight, split),
                           permutation);
  }
  for (int64_t i = 0; i < rank; ++i)
    permutation.push_back(2 + i);
  permutation.append({1, 0});
  Value arranged = createTranspose(b, loc, weight, permutation);
  if (!isDepthwise)
    return arranged;
  SmallVector<int64_t> flat(shape.drop_front(2));
  flat.push_back(shape[0]);
  return createReshape(b, loc, arranged, flat);
}

/// Pads, and splits channels into groups.
Value ConvolutionBuilder::arrangeInput() {
  SmallVector<int64_t> low{0}, high{0};
  llvm::append_range(low, window.low);
  llvm::append_range(high, window.high);
  low.push_back(0);
  high.push_back(0);
  Value padded = createPad(b, loc, input, low, high, plan.padding);
  if (!isGrouped)
    return padded;
  SmallVector<int64_t> split(getShape(padded));
  int64_t channels = split.pop_back_val();
  split.append({window.groups, channels / window.groups});
  return createReshape(b, loc, padded, split);
}

SmallVector<int64_t> ConvolutionBuilder::getAccumulatorShape(Value padded) {
  SmallVector<int64_t> shape{getShape(padded)[0]};
  for (int64_t i = 0; i < rank; ++i) {
    int64_t reach = window.dilations[i] * (getShape(weight)[2 + i] - 1) + 1;
    shape.push_back((getShape(padded)[1 + i] - reach) / window.strides[i] + 1);
  }
  int64_t channels = getShape(weight)[0];
  if (isGrouped)
    shape.append({window.groups, channels / window.groups});
  else
    shape.push_back(channels);
  return shape;
}

ContractionLoops ConvolutionBuilder::getLoops(ArrayRef<int64_t> shape) {
  auto dim = [&](int64_t i) { return b.getAffineDimExpr(i); };
  int64_t channel = rank + 1, kernel = shape.size(), inner = kernel + rank;
  SmallVector<AffineExpr> in{dim(0)}, w;
  for (int64_t i = 0; i < rank; ++i) {
    in.push_back(dim(1 + i) * window.strides[i] +
                 dim(kernel + i) * window.dilations[i]);
    w.push_back(dim(kernel + i));
  }
  if (isDepthwise) {
    in.push_back(dim(channel));
    w.push_back(dim(channel));
  } else if (isGrouped) {
    in.append({dim(channel), dim(inner)});
    w.append({dim(channel), dim(inner), dim(channel + 1)});
  } else {
    in.push_back(dim(inner));
    w.append({dim(inner), dim(channel)});
  }
  int64_t reductions = rank + !isDepthwise, loops = kernel + reductions;
  return {AffineMap::get(loops, 0, in, b.getContext()),
          AffineMap::get(loops, 0, w, b.getContext()),
          SmallVector<int64_t>(shape), reductions};
}

Value ConvolutionBuilder::build() {
  Value arrangedInput = arrangeInput();
  SmallVector<int64_t> shape = getAccumulatorShape(arrangedInput);
  return buildContraction(b, loc, plan, arrangedInput, arrangeWeight(),
                          getLoops(shape));
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

FailureOr<Value> lower::buildConvolution(OpBuilder &b, Operation *op,
                                         const WeightedOperands &operands,
                                         const Window &window, Value input) {
  Location loc = op->getLoc();
  FailureOr<Accumulation> plan = planAccumulation(b, op, operands);
  if (failed(plan))
    return failure();
  ConvolutionBuilder builder(b, loc, *plan, window, input);
  Value accumulators = builder.build();
  Typed residual = operands.residual;
  if (residual)
    residual.value =
        createReshape(b, loc, residual.value, getShape(accumulators));
  Value result = buildEpilogue(b, loc, *plan, operands, accumulators, residual,
                               builder.getChannelAxes());
  SmallVector<int64_t> shape(
      getShape(accumulators).take_front(1 + window.strides.size()));
  shape.push_back(getShape(plan->weight)[0]);
  return createReshape(b, loc, result, shape);
}

namespace {
struct LowerConv : OpConversionPattern<ConvOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ConvOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    WeightedOperands operands = collectConvolution(op, adaptor);
    size_t rank = op.getStrides().size();
    Window window{SmallVector<int64_t>(op.getStrides()),
                  SmallVector<int64_t>(op.getDilations()),
                  SmallVector<int64_t>(op.getPads().take_front(rank)),
                  SmallVector<int64_t>(op.getPads().drop_front(rank)),
                  int64_t(op.getGroups())};
    Value input = toChannelsLast(rewriter, op.getLoc(), adaptor.getInput(),
                                 op.getLayout());
    if (operands.residual)
      operands.residual.value = toChannelsLast(
          rewriter, op.getLoc(), operands.residual.value, op.getLayout());
    FailureOr<Value> result =
        buildConvolution(rewriter, op, operands, window, input);
    if (failed(result))
      return failure();
    rewriter.replaceOp(
        op, fromChannelsLast(rewriter, op.getLoc(), *result, op.getLayout()));
    return success();
  }
};
} // namespace

void lower::populateConvolutionPatterns(const TypeConverter &converter,
                                        RewritePatternSet &patterns) {
  patterns.add<LowerConv>(converter, patterns.getContext());
  populateTransposedConvolutionPatterns(converter, patterns);
}
