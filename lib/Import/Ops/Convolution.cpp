//===- Convolution.cpp - Convolutions -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shared.h"
#include "Window.h"

using namespace mlir;
using namespace mlir::octet;

/// The extents of the window: the weight's, which the attribute must repeat.
static FailureOr<Integers> getKernel(NodeContext &n, Value input,
                                     Value weight) {
  size_t rank = getShape(input).size(), weightRank = getShape(weight).size();
  if (rank < 3 || weightRank != rank)
    return n.error() << "input and weight have ranks " << rank << " and "
                     << weightRank << ", expected the same, at least 3";
  Integers kernel(getShape(weight).drop_front(2));
  auto stated = n.getInts("kernel_shape");
  if (stated && *stated != kernel)
    return n.error() << "kernel_shape [" << ArrayRef(*stated)
                     << "] is not the weight's [" << ArrayRef(kernel) << "]";
  return kernel;
}

Value mlir::octet::buildConv(NodeContext &n, Value input, Value weight,
                             Value bias, Type element) {
  if (!input || !weight)
    return {};
  auto kernel = getKernel(n, input, weight);
  if (failed(kernel))
    return {};
  auto window = readWindow(n, getShape(input).drop_front(2), *kernel);
  if (failed(window))
    return {};
  return n.createOptional<ConvOp>(
      element, input, weight, bias, /*residual=*/Value(),
      ArrayRef(window->strides), ArrayRef(window->pads),
      ArrayRef(window->dilations), n.getInt("group", 1), Layout::ChannelsFirst,
      ClampAttr());
}

static Imported importConv(NodeContext &n) {
  Value bias = n.has(2) ? n.in(2) : Value();
  return buildConv(n, n.in(0), n.in(1), bias, n.getElement(0));
}

/// Pads so that the result has the extents that `output_shape` or `auto_pad`
/// ask for. A result larger than the window reaches becomes output padding.
static void padToShape(Window &window, Integers &outputPadding,
                       ArrayRef<int64_t> spatial, ArrayRef<int64_t> shape,
                       bool upper) {
  for (size_t i = 0; i < spatial.size(); ++i) {
    int64_t total = window.strides[i] * (spatial[i] - 1) + outputPadding[i] +
                    window.getReach(i) - shape[i];
    splitPad(window, i, std::max<int64_t>(total, 0), upper);
    outputPadding[i] += std::max<int64_t>(-total, 0);
  }
}

static Imported importConvTranspose(NodeContext &n) {
  auto kernel = getKernel(n, n.in(0), n.in(1));
  if (failed(kernel))
    return failure();
  auto window = readSteps(n, *kernel);
  if (failed(window))
    return failure();
  ArrayRef<int64_t> spatial = n.getShapeOf(0).drop_front(2);
  Integers outputPadding = n.getInts("output_padding", spatial.size(), 0);
  std::optional<Integers> shape = n.getInts("output_shape");
  StringRef mode = n.getString("auto_pad", "NOTSET");
  if (shape && shape->size() == spatial.size() + 2)
    shape->erase(shape->begin(), shape->begin() + 2);
  if (!shape && mode.starts_with("SAME")) {
    shape.emplace();
    for (auto [extent, stride] : llvm::zip(spatial, window->strides))
      shape->push_back(extent * stride);
  }
  if (outputPadding.size() != spatial.size() ||
      (shape && shape->size() != spatial.size()))
    return n.error() << "output_padding or output_shape does not match "
                     << spatial.size() << " spatial axes";
  if (shape)
    padToShape(*window, outputPadding, spatial, *shape, mode == "SAME_UPPER");
  else if (mode != "VALID")
    window->pads = n.getInts("pads", 2 * spatial.size(), 0);
  Value bias = n.has(2) ? n.in(2) : Value();
  return n.createOptional<ConvTransposeOp>(
      n.getElement(0), n.in(0), n.in(1), bias, /*residual=*/Value(),
      ArrayRef(window->strides), ArrayRef(window->pads),
      ArrayRef(window->dilations), ArrayRef(outputPadding),
      n.getInt("group", 1), Layout::ChannelsFirst, ClampAttr());
}

ArrayRef<Importer> mlir::octet::getConvolutionOps() {
  static const Importer table[] = {
      {"Conv", 1, kNewestOpset, 2, importConv},
      {"ConvTranspose", 1, kNewestOpset, 2, importConvTranspose},
  };
  return table;
}
