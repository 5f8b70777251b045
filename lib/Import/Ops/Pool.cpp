//===- Pool.cpp - Pools -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shared.h"
#include "Window.h"

using namespace mlir;
using namespace mlir::octet;

static LogicalResult checkRank(NodeContext &n, ArrayRef<int64_t> shape) {
  if (shape.size() >= 3)
    return success();
  return n.error() << "input has rank " << shape.size()
                   << ", expected at least 3";
}

static FailureOr<Window> readPool(NodeContext &n, ArrayRef<int64_t> shape) {
  if (failed(checkRank(n, shape)))
    return failure();
  auto kernel = n.getInts("kernel_shape");
  if (!kernel)
    return n.error() << "kernel_shape is missing";
  return readWindow(n, shape.drop_front(2), *kernel);
}

/// A window as large as the image.
static FailureOr<Window> getGlobalWindow(NodeContext &n,
                                         ArrayRef<int64_t> shape) {
  if (failed(checkRank(n, shape)))
    return failure();
  Window window;
  window.kernel = Integers(shape.drop_front(2));
  window.strides = window.dilations = Integers(window.kernel.size(), 1);
  window.pads = Integers(2 * window.kernel.size(), 0);
  return window;
}

static Value createMaxPool(NodeContext &n, const Window &window) {
  Value input = n.getRaw(0);
  return n.create<MaxPoolOp>(getElementTypeOrSelf(input.getType()), input,
                             ArrayRef(window.kernel), ArrayRef(window.strides),
                             ArrayRef(window.pads), ArrayRef(window.dilations),
                             Layout::ChannelsFirst);
}

static Value createAveragePool(NodeContext &n, Value input,
                               const Window &window,
                               DenseI64ArrayAttr countedPads) {
  return n.create<AveragePoolOp>(
      getElementTypeOrSelf(input.getType()), input, ArrayRef(window.kernel),
      ArrayRef(window.strides), ArrayRef(window.pads),
      ArrayRef(window.dilations), countedPads, Layout::ChannelsFirst,
      ClampAttr());
}

Value mlir::octet::buildAveragePool(NodeContext &n, Value input) {
  FailureOr<Window> window = failure();
  if (input)
    window = readPool(n, getShape(input));
  if (failed(window))
    return {};
  DenseI64ArrayAttr counted;
  if (n.getInt("count_include_pad", 0))
    counted = n.b.getDenseI64ArrayAttr(window->stated);
  return createAveragePool(n, input, *window, counted);
}

Value mlir::octet::buildGlobalAveragePool(NodeContext &n, Value input) {
  FailureOr<Window> window = failure();
  if (input)
    window = getGlobalWindow(n, getShape(input));
  return succeeded(window) ? createAveragePool(n, input, *window, {}) : Value();
}

static Imported importMaxPool(NodeContext &n) {
  auto window = readPool(n, n.getShapeOf(0));
  return succeeded(window) ? createMaxPool(n, *window) : Value();
}

static Imported importGlobalMaxPool(NodeContext &n) {
  auto window = getGlobalWindow(n, n.getShapeOf(0));
  return succeeded(window) ? createMaxPool(n, *window) : Value();
}

static Imported importAveragePool(NodeContext &n) {
  return buildAveragePool(n, n.in(0));
}

static Imported importGlobalAveragePool(NodeContext &n) {
  return buildGlobalAveragePool(n, n.in(0));
}

ArrayRef<Importer> mlir::octet::getPoolOps() {
  static const Importer table[] = {
      {"AveragePool", 1, kNewestOpset, 1, importAveragePool},
      {"GlobalAveragePool", 1, kNewestOpset, 1, importGlobalAveragePool},
      {"GlobalMaxPool", 1, kNewestOpset, 1, importGlobalMaxPool},
      {"MaxPool", 1, kNewestOpset, 1, importMaxPool, "no indices"},
  };
  return table;
}
