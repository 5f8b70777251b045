//===- Window.cpp - Strides, pads and dilations of a node -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Window.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::octet;

/// Larger numbers than this are mistakes, and would overflow further on.
static constexpr int64_t kMaxStep = int64_t(1) << 30;

static LogicalResult checkList(NodeContext &n, StringRef name,
                               ArrayRef<int64_t> list, size_t count,
                               int64_t least) {
  if (list.size() != count)
    return n.error() << name << " has " << list.size() << " entries, expected "
                     << count;
  for (int64_t entry : list)
    if (entry < least || entry > kMaxStep)
      return n.error() << name << " has an entry " << entry
                       << ", expected at least " << least;
  return success();
}

FailureOr<Window> mlir::octet::readSteps(NodeContext &n,
                                         ArrayRef<int64_t> kernel) {
  Window window;
  size_t rank = kernel.size();
  window.kernel.assign(kernel.begin(), kernel.end());
  window.strides = n.getInts("strides", rank, 1);
  window.dilations = n.getInts("dilations", rank, 1);
  window.pads = Integers(2 * rank, 0);
  if (failed(checkList(n, "kernel", kernel, rank, 1)) ||
      failed(checkList(n, "strides", window.strides, rank, 1)) ||
      failed(checkList(n, "dilations", window.dilations, rank, 1)))
    return failure();
  return window;
}

void mlir::octet::splitPad(Window &window, size_t axis, int64_t total,
                           bool upper) {
  int64_t small = total / 2, large = total - small;
  window.pads[axis] = upper ? small : large;
  window.pads[window.kernel.size() + axis] = upper ? large : small;
}

/// Enlarges the pad at the end where the number of positions is rounded up. A
/// window that would start in the padding at the end does not count.
static void roundUp(Window &window, ArrayRef<int64_t> spatial) {
  size_t rank = spatial.size();
  for (size_t i = 0; i < rank; ++i) {
    int64_t begin = window.pads[i], &end = window.pads[rank + i];
    int64_t rest = spatial[i] + begin + end - window.getReach(i);
    if (rest < 0)
      continue; // inference reports it
    int64_t last =
        llvm::divideCeil(rest, window.strides[i]) * window.strides[i];
    if (last >= spatial[i] + begin)
      last -= window.strides[i];
    end = std::max(end, last + window.getReach(i) - spatial[i] - begin);
  }
}

FailureOr<Window> mlir::octet::readWindow(NodeContext &n,
                                          ArrayRef<int64_t> spatial,
                                          ArrayRef<int64_t> kernel) {
  auto window = readSteps(n, kernel);
  if (failed(window))
    return failure();
  size_t rank = spatial.size();
  if (kernel.size() != rank)
    return n.error() << "kernel has " << kernel.size() << " extents, expected "
                     << rank;
  StringRef mode = n.getString("auto_pad", "NOTSET");
  if (mode == "NOTSET" || mode.empty()) {
    window->pads = n.getInts("pads", 2 * rank, 0);
    if (failed(checkList(n, "pads", window->pads, 2 * rank, 0)))
      return failure();
  } else if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    for (size_t i = 0; i < rank; ++i) {
      int64_t positions = llvm::divideCeil(spatial[i], window->strides[i]);
      int64_t total = (positions - 1) * window->strides[i] +
                      window->getReach(i) - spatial[i];
      splitPad(*window, i, std::max<int64_t>(total, 0), mode == "SAME_UPPER");
    }
  } else if (mode != "VALID") {
    return n.error() << "auto_pad '" << mode << "' is not known";
  }
  window->stated = window->pads;
  if (n.getInt("ceil_mode", 0))
    roundUp(*window, spatial);
  return window;
}
