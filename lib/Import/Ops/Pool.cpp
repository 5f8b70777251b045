//===- Pool.cpp - Pools -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Window.h"

using namespace mlir;
using namespace mlir::octet;

static LogicalResult checkRank(NodeContext &n) {
  if (n.getRank(0) >= 3)
    return success();
  return n.error() << "input has rank " << n.getRank(0)
                   << ", expected at least 3";
}

static FailureOr<Window> readPool(NodeContext &n) {
  if (failed(checkRank(n)))
    return failure();
  auto kernel = n.getInts("kernel_shape");
  if (!kernel)
    return n.error() << "kernel_shape is missing";
  return readWindow(n, n.getShapeOf(0).drop_front(2), *kernel);
}

static Value createMaxPool(NodeContext &n, const Window &window) {
  Value input = n.getRaw(0);
  return n.create<MaxPoolOp>(getElementTypeOrSelf(input.getType()), input,
                             ArrayRef(window.kernel), ArrayRef(window.strides),
                             ArrayRef(window.pads), ArrayRef(window.dilations),
                             Layout::ChannelsFirst);
}

static Value createAveragePool(NodeContext &n, const Window &window,
                               DenseI64ArrayAttr countedPads) {
  return n.create<AveragePoolOp>(
      n.getElement(0), n.in(0), ArrayRef(window.kernel),
      ArrayRef(window.strides), ArrayRef(window.pads),
      ArrayRef(window.dilations), countedPads, Layout::ChannelsFirst,
      ClampAttr());
}

static Imported importMaxPool(NodeContext &n) {
  auto window = readPool(n);
  if (failed(window))
    return failure();
  return createMaxPool(n, *window);
}

static Imported importAveragePool(NodeContext &n) {
  auto window = readPool(n);
  if (failed(window))
    return failure();
  DenseI64ArrayAttr counted;
  if (n.getInt("count_include_pad", 0))
    counted = n.b.getDenseI64ArrayAttr(window->stated);
  return createAveragePool(n, *window, counted);
}

/// A window as large as the image.
static FailureOr<Window> getGlobalWindow(NodeContext &n) {
  if (failed(checkRank(n)))
    return failure();
  Window window;
  window.kernel = Integers(n.getShapeOf(0).drop_front(2));
  window.strides = window.dilations = Integers(window.kernel.size(), 1);
  window.pads = Integers(2 * window.kernel.size(), 0);
  return window;
}

static Imported importGlobalMaxPool(NodeContext &n) {
  auto window = getGlobalWindow(n);
  return succeeded(window) ? createMaxPool(n, *window) : Value();
}

static Imported importGlobalAveragePool(NodeContext &n) {
  auto window = getGlobalWindow(n);
  return succeeded(window) ? createAveragePool(n, *window, {}) : Value();
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
