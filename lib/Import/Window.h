//===- Window.h - Strides, pads and dilations of a node ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What convolutions and pools say about their window, made explicit.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_IMPORT_WINDOW_H
#define OCTET_LIB_IMPORT_WINDOW_H

#include "NodeImporter.h"

namespace mlir::octet {

struct Window {
  Integers kernel, strides, dilations;
  Integers pads;   ///< begins, then ends; all that the operator needs
  Integers stated; ///< as `pads`, without what rounding up adds

  int64_t getReach(size_t axis) const {
    return dilations[axis] * (kernel[axis] - 1) + 1;
  }
};

/// Reads `strides`, `dilations`, `pads`, `auto_pad` and `ceil_mode` for a
/// window of extents `kernel` over `spatial`.
FailureOr<Window> readWindow(NodeContext &n, ArrayRef<int64_t> spatial,
                             ArrayRef<int64_t> kernel);

/// Strides and dilations only, checked.
FailureOr<Window> readSteps(NodeContext &n, ArrayRef<int64_t> kernel);

/// Splits a total over begin and end: `SAME_UPPER` puts the odd one at the end.
void splitPad(Window &window, size_t axis, int64_t total, bool upper);

} // namespace mlir::octet

#endif // OCTET_LIB_IMPORT_WINDOW_H
