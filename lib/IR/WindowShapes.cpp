//===- WindowShapes.cpp - Result shapes of convolutions and pools -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operators that move a window over an image, each from ONNX's definition.
//
//===----------------------------------------------------------------------===//

#include "ShapeInference.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::octet;
using mlir::octet::detail::checkAddends;
using mlir::octet::detail::give;
using mlir::octet::detail::Shapes;

//===----------------------------------------------------------------------===//
// Windows: convolutions and pools
//===----------------------------------------------------------------------===//

namespace {
/// Extents of an image tensor by the layout's order.
struct Image {
  int64_t batch, channels;
  ArrayRef<int64_t> spatial;

  Image(ArrayRef<int64_t> shape, Layout layout)
      : batch(shape.front()),
        channels(layout == Layout::ChannelsFirst ? shape[1] : shape.back()),
        spatial(layout == Layout::ChannelsFirst
                    ? shape.drop_front(2)
                    : shape.drop_front().drop_back()) {}
};
} // namespace

static SmallVector<int64_t> makeImage(int64_t batch, int64_t channels,
                                      ArrayRef<int64_t> spatial,
                                      Layout layout) {
  SmallVector<int64_t> shape{batch};
  if (layout == Layout::ChannelsFirst)
    shape.push_back(channels);
  llvm::append_range(shape, spatial);
  if (layout == Layout::ChannelsLast)
    shape.push_back(channels);
  return shape;
}

/// Extents of a window's positions; an error names the axis.
static LogicalResult
slideWindow(Operation *op, ArrayRef<int64_t> extents, ArrayRef<int64_t> kernel,
            ArrayRef<int64_t> strides, ArrayRef<int64_t> pads,
            ArrayRef<int64_t> dilations, SmallVectorImpl<int64_t> &out) {
  size_t rank = extents.size();
  if (kernel.size() != rank || strides.size() != rank ||
      dilations.size() != rank || pads.size() != 2 * rank)
    return op->emitError() << "kernel, strides, dilations and pads must have "
                           << rank << ", " << rank << ", " << rank << " and "
                           << 2 * rank << " entries, found " << kernel.size()
                           << ", " << strides.size() << ", " << dilations.size()
                           << " and " << pads.size();
  for (size_t i = 0; i < rank; ++i) {
    if (kernel[i] < 1 || strides[i] < 1 || dilations[i] < 1 || pads[i] < 0 ||
        pads[rank + i] < 0)
      return op->emitError()
             << "spatial axis " << i << " has kernel " << kernel[i]
             << ", stride " << strides[i] << ", dilation " << dilations[i]
             << ", pads " << pads[i] << " and " << pads[rank + i];
    int64_t reach = dilations[i] * (kernel[i] - 1) + 1;
    int64_t padded = extents[i] + pads[i] + pads[rank + i];
    if (padded < reach)
      return op->emitError()
             << "spatial axis " << i << " of padded extent " << padded
             << " is smaller than the window's reach " << reach;
    out.push_back((padded - reach) / strides[i] + 1);
  }
  return success();
}

/// What both convolutions ask of ranks and groups.
template <typename OpT> static LogicalResult checkConvolution(OpT op) {
  int64_t rank = getShape(op.getInput()).size();
  int64_t weightRank = getShape(op.getWeight()).size();
  if (rank < 3 || weightRank != rank)
    return op.emitError() << "input and weight have ranks " << rank << " and "
                          << weightRank << ", expected the same, at least 3";
  int64_t channels = Image(getShape(op.getInput()), op.getLayout()).channels;
  int64_t groups = op.getGroups();
  if (groups < 1 || channels % groups)
    return op.emitError() << groups << " groups do not divide " << channels
                          << " input channels";
  return success();
}

LogicalResult ConvOp::inferResultShapes(Shapes &shapes) {
  if (failed(checkConvolution(*this)))
    return failure();
  Image image(getShape(getInput()), getLayout());
  ArrayRef<int64_t> weight = getShape(getWeight());
  int64_t groups = getGroups();
  if (weight[1] * groups != image.channels)
    return emitError() << "weight has " << weight[1]
                       << " channels a group, expected " << image.channels
                       << " / " << groups;
  if (weight[0] % groups)
    return emitError() << groups << " groups do not divide " << weight[0]
                       << " output channels";
  SmallVector<int64_t> spatial;
  if (failed(slideWindow(*this, image.spatial, weight.drop_front(2),
                         getStrides(), getPads(), getDilations(), spatial)))
    return failure();
  auto shape = makeImage(image.batch, weight[0], spatial, getLayout());
  return failure(failed(checkAddends(*this, weight[0], shape)) ||
                 failed(give(*this, shapes, shape)));
}

LogicalResult ConvTransposeOp::inferResultShapes(Shapes &shapes) {
  if (failed(checkConvolution(*this)))
    return failure();
  Image image(getShape(getInput()), getLayout());
  ArrayRef<int64_t> weight = getShape(getWeight());
  if (weight[0] != image.channels)
    return emitError() << "weight has " << weight[0]
                       << " input channels, expected " << image.channels;
  size_t rank = image.spatial.size();
  if (getStrides().size() != rank || getDilations().size() != rank ||
      getPads().size() != 2 * rank || getOutputPadding().size() != rank)
    return emitError() << "strides, dilations, pads and output padding must "
                          "match "
                       << rank << " spatial axes";
  SmallVector<int64_t> spatial;
  for (size_t i = 0; i < rank; ++i) {
    if (getStrides()[i] < 1 || getDilations()[i] < 1)
      return emitError() << "spatial axis " << i << " has stride "
                         << getStrides()[i] << " and dilation "
                         << getDilations()[i];
    spatial.push_back(getStrides()[i] * (image.spatial[i] - 1) +
                      getOutputPadding()[i] +
                      getDilations()[i] * (weight[i + 2] - 1) + 1 -
                      getPads()[i] - getPads()[rank + i]);
  }
  int64_t channels = weight[1] * getGroups();
  auto shape = makeImage(image.batch, channels, spatial, getLayout());
  return failure(failed(checkAddends(*this, channels, shape)) ||
                 failed(give(*this, shapes, shape)));
}

template <typename OpT> static LogicalResult inferPool(OpT op, Shapes &shapes) {
  ArrayRef<int64_t> shape = getShape(op.getInput());
  if (shape.size() < 3)
    return op.emitError() << "input has rank " << shape.size()
                          << ", expected at least 3";
  Image image(shape, op.getLayout());
  SmallVector<int64_t> spatial;
  if (failed(slideWindow(op, image.spatial, op.getKernel(), op.getStrides(),
                         op.getPads(), op.getDilations(), spatial)))
    return failure();
  return give(op, shapes,
              makeImage(image.batch, image.channels, spatial, op.getLayout()));
}

LogicalResult MaxPoolOp::inferResultShapes(Shapes &shapes) {
  return inferPool(*this, shapes);
}
LogicalResult AveragePoolOp::inferResultShapes(Shapes &shapes) {
  return inferPool(*this, shapes);
}

LogicalResult ResizeOp::inferResultShapes(Shapes &shapes) {
  ArrayRef<int64_t> shape = getShape(getInput());
  if (shape.size() < 3)
    return emitError() << "input has rank " << shape.size()
                       << ", expected at least 3";
  Image image(shape, getLayout());
  if (getSizes().size() != image.spatial.size() ||
      getScales().size() != image.spatial.size())
    return emitError() << "sizes and scales must have " << image.spatial.size()
                       << " entries";
  return give(*this, shapes,
              makeImage(image.batch, image.channels, getSizes(), getLayout()));
}
