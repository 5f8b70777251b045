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

#include "Contraction.h"
#include "Patterns.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

namespace {
/// The window of a convolution over an input that is channels-last.
struct Window {
  SmallVector<int64_t> strides, dilations, low, high; ///< one a spatial axis
  int64_t groups;
};

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

template <typename OpT, typename AdaptorT>
static WeightedOperands collectOperands(OpT op, AdaptorT adaptor) {
  return collectOperands(op, adaptor, Typed(op.getInput(), adaptor.getInput()),
                         Typed(op.getWeight(), adaptor.getWeight()));
}

/// Pad, contraction and epilogue for an input that is channels-last; the result
/// is in the operator's layout.
static FailureOr<Value> lowerConvolution(OpBuilder &b, Operation *op,
                                         const WeightedOperands &operands,
                                         const Window &window, Value input,
                                         Layout layout) {
  Location loc = op->getLoc();
  FailureOr<Accumulation> plan = planAccumulation(b, op, operands);
  if (failed(plan))
    return failure();
  ConvolutionBuilder builder(b, loc, *plan, window, input);
  Value accumulators = builder.build();
  Typed residual = operands.residual;
  if (residual) {
    Value last = toChannelsLast(b, loc, residual.value, layout);
    residual.value = createReshape(b, loc, last, getShape(accumulators));
  }
  Value result = buildEpilogue(b, loc, *plan, operands, accumulators, residual,
                               builder.getChannelAxes());
  SmallVector<int64_t> shape(operands.resultType.getShape());
  if (layout == Layout::ChannelsFirst) {
    int64_t channels = shape[1];
    shape.erase(shape.begin() + 1);
    shape.push_back(channels);
  }
  result = createReshape(b, loc, result, shape);
  return fromChannelsLast(b, loc, result, layout);
}

namespace {
struct LowerConv : OpConversionPattern<ConvOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ConvOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    WeightedOperands operands = collectOperands(op, adaptor);
    size_t rank = op.getStrides().size();
    Window window{SmallVector<int64_t>(op.getStrides()),
                  SmallVector<int64_t>(op.getDilations()),
                  SmallVector<int64_t>(op.getPads().take_front(rank)),
                  SmallVector<int64_t>(op.getPads().drop_front(rank)),
                  int64_t(op.getGroups())};
    Value input = toChannelsLast(rewriter, op.getLoc(), adaptor.getInput(),
                                 op.getLayout());
    FailureOr<Value> result =
        lowerConvolution(rewriter, op, operands, window, input, op.getLayout());
    if (failed(result))
      return failure();
    rewriter.replaceOp(op, *result);
    return success();
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Transposed convolution
//===----------------------------------------------------------------------===//

/// C x O/groups x kernel to O x C/groups x reversed kernel: the weights of the
/// convolution over an input with zeros between its elements.
static Value transposeWeight(OpBuilder &b, Location loc, Value weight,
                             int64_t groups) {
  ArrayRef<int64_t> shape = getShape(weight);
  SmallVector<int64_t> split{groups, shape[0] / groups, shape[1]},
      order{0, 2, 1}, merged{groups * shape[1], shape[0] / groups}, kernelAxes;
  for (int64_t i = 2, e = shape.size(); i < e; ++i) {
    split.push_back(shape[i]);
    merged.push_back(shape[i]);
    order.push_back(i + 1);
    kernelAxes.push_back(i);
  }
  weight = createReshape(b, loc, weight, split);
  weight = createTranspose(b, loc, weight, order);
  weight = createReshape(b, loc, weight, merged);
  return createReverse(b, loc, weight, kernelAxes);
}

/// Scales along O/groups of C x O/groups x kernel, along O of the above.
static Type transposeWeightType(Type type, int64_t groups) {
  auto perAxis = dyn_cast_or_null<quant::UniformQuantizedPerAxisType>(
      getQuantizedType(type));
  if (!perAxis)
    return type;
  SmallVector<double> scales;
  SmallVector<int64_t> zeros;
  for (int64_t i = 0; i < groups; ++i) {
    llvm::append_range(scales, perAxis.getScales());
    llvm::append_range(zeros, perAxis.getZeroPoints());
  }
  return withElement(type,
                     quant::UniformQuantizedPerAxisType::get(
                         perAxis.getFlags(), perAxis.getStorageType(),
                         perAxis.getExpressedType(), scales, zeros,
                         /*quantizedDimension=*/0, perAxis.getStorageTypeMin(),
                         perAxis.getStorageTypeMax()));
}

/// Puts stride - 1 zeros between the elements of a channels-last input.
static Value spreadInput(OpBuilder &b, Location loc, Value input,
                         ArrayRef<int64_t> strides, TypedAttr zero) {
  if (llvm::all_of(strides, [](int64_t s) { return s == 1; }))
    return input;
  SmallVector<int64_t> shape(getShape(input)), steps(shape.size(), 1),
      offsets(shape.size(), 0);
  for (auto [i, stride] : llvm::enumerate(strides)) {
    shape[1 + i] = (shape[1 + i] - 1) * stride + 1;
    steps[1 + i] = stride;
  }
  Value zeros = createFill(b, loc, shape, zero);
  return createInsertSlice(b, loc, input, zeros, offsets, steps);
}

/// Removes what a negative pad cuts off, and makes it 0.
static Value cropInput(OpBuilder &b, Location loc, Value input,
                       Window &window) {
  SmallVector<int64_t> sizes(getShape(input)), offsets(sizes.size(), 0),
      steps(sizes.size(), 1);
  for (size_t i = 0; i < window.low.size(); ++i) {
    int64_t low = std::min<int64_t>(window.low[i], 0);
    int64_t high = std::min<int64_t>(window.high[i], 0);
    offsets[1 + i] = -low;
    sizes[1 + i] += low + high;
    window.low[i] -= low;
    window.high[i] -= high;
  }
  if (ArrayRef<int64_t>(sizes) == getShape(input))
    return input;
  return createExtractSlice(b, loc, input, offsets, sizes, steps);
}

namespace {
struct LowerConvTranspose : OpConversionPattern<ConvTransposeOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ConvTransposeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    WeightedOperands operands = collectOperands(op, adaptor);
    int64_t groups = op.getGroups();
    operands.weight.value =
        transposeWeight(rewriter, loc, operands.weight.value, groups);
    operands.weight.type =
        transposeWeightType(withElement(operands.weight.value.getType(),
                                        operands.weight.getElement()),
                            groups);
    TypedAttr zero = getZero(op.getInput(), adaptor.getInput());
    Value input =
        toChannelsLast(rewriter, loc, adaptor.getInput(), op.getLayout());
    input = spreadInput(rewriter, loc, input, op.getStrides(), zero);
    Window window = getWindow(op);
    input = cropInput(rewriter, loc, input, window);
    FailureOr<Value> result =
        lowerConvolution(rewriter, op, operands, window, input, op.getLayout());
    if (failed(result))
      return failure();
    rewriter.replaceOp(op, *result);
    return success();
  }

  /// The storage of real zero.
  static TypedAttr getZero(Value original, Value lowered) {
    FailureOr<Quantization> type = Quantization::get(original.getType());
    return getScalarAttr(getElementTypeOrSelf(lowered.getType()),
                         succeeded(type) ? type->zeros[0] : 0);
  }

  /// The window over the spread input.
  static Window getWindow(ConvTransposeOp op) {
    size_t rank = op.getStrides().size();
    Window window{SmallVector<int64_t>(rank, 1),
                  SmallVector<int64_t>(op.getDilations()),
                  {},
                  {},
                  int64_t(op.getGroups())};
    for (size_t i = 0; i < rank; ++i) {
      int64_t reach =
          op.getDilations()[i] * (getShape(op.getWeight())[2 + i] - 1);
      window.low.push_back(reach - op.getPads()[i]);
      window.high.push_back(reach - op.getPads()[rank + i] +
                            op.getOutputPadding()[i]);
    }
    return window;
  }
};
} // namespace

void lower::populateConvolutionPatterns(const TypeConverter &converter,
                                        RewritePatternSet &patterns) {
  patterns.add<LowerConv, LowerConvTranspose>(converter, patterns.getContext());
}
