//===- TransposedConvolution.cpp - To convolutions --------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// As convolutions of the input (PhasedConvolution.cpp), or, where some outputs
// have no tap, as one over an input with zeros between its elements.
//
//===----------------------------------------------------------------------===//

#include "Convolution.h"
#include "Gather.h"
#include "Patterns.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

//===----------------------------------------------------------------------===//
// Weights
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

Type lower::repeatScales(Type type, int64_t times) {
  auto perAxis = dyn_cast_or_null<quant::UniformQuantizedPerAxisType>(
      getQuantizedType(type));
  if (!perAxis)
    return type;
  SmallVector<double> scales;
  SmallVector<int64_t> zeros;
  for (int64_t i = 0; i < times; ++i) {
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

Value lower::cropInput(OpBuilder &b, Location loc, Value input,
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

//===----------------------------------------------------------------------===//
// Zeros between inputs
//===----------------------------------------------------------------------===//

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

TypedAttr lower::getPadding(Value original, Value lowered) {
  FailureOr<Quantization> type = Quantization::get(original.getType());
  return getScalarAttr(getElementTypeOrSelf(lowered.getType()),
                       succeeded(type) ? type->zeros[0] : 0);
}

/// The window over the spread input.
static Window getSpreadWindow(ConvTransposeOp op) {
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

//===----------------------------------------------------------------------===//
// Pattern
//===----------------------------------------------------------------------===//

namespace {
struct LowerConvTranspose : OpConversionPattern<ConvTransposeOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ConvTransposeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    WeightedOperands operands = collectConvolution(op, adaptor);
    int64_t groups = op.getGroups();
    operands.weight.value =
        transposeWeight(rewriter, loc, operands.weight.value, groups);
    operands.weight.type =
        repeatScales(withElement(operands.weight.value.getType(),
                                 operands.weight.getElement()),
                     groups);
    Layout layout = op.getLayout();
    if (operands.residual)
      operands.residual.value =
          toChannelsLast(rewriter, loc, operands.residual.value, layout);
    Value input = toChannelsLast(rewriter, loc, adaptor.getInput(), layout);
    FailureOr<Value> result = build(rewriter, op, operands, input);
    if (failed(result))
      return failure();
    rewriter.replaceOp(op, fromChannelsLast(rewriter, loc, *result, layout));
    return success();
  }

  static FailureOr<Value> build(OpBuilder &b, ConvTransposeOp op,
                                const WeightedOperands &operands, Value input) {
    if (auto phases = buildPhases(b, op, operands, input))
      return *phases;
    Window window = getSpreadWindow(op);
    input = spreadInput(b, op.getLoc(), input, op.getStrides(),
                        getPadding(op.getInput(), input));
    input = cropInput(b, op.getLoc(), input, window);
    return buildConvolution(b, op, operands, window, input);
  }
};
} // namespace

void lower::populateTransposedConvolutionPatterns(
    const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerConvTranspose>(converter, patterns.getContext());
}
