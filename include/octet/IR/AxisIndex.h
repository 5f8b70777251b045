//===- AxisIndex.h - The entry of an axis that an element is in -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_AXISINDEX_H
#define OCTET_IR_AXISINDEX_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <limits>

namespace mlir::octet {

/// Says of each element of a row-major tensor in which entry of an axis it is.
/// The default is no axis: all elements are in entry 0.
struct AxisIndex {
  static constexpr int64_t kAll = std::numeric_limits<int64_t>::max();

  int64_t count = 1;    ///< entries of the axis, in each block
  int64_t inner = kAll; ///< elements that follow each other in one entry
  int64_t block = kAll; ///< elements of a block, whose entries are its own

  AxisIndex() = default;
  AxisIndex(llvm::ArrayRef<int64_t> shape, int64_t axis)
      : count(shape[axis]), inner(1) {
    for (int64_t extent : shape.drop_front(axis + 1))
      inner *= extent;
  }

  int64_t of(int64_t element) const {
    return element / inner % count + element / block * count;
  }

  /// Entries in all blocks of a tensor of `size` elements.
  int64_t countEntries(int64_t size) const {
    return block == kAll ? count : size / block * count;
  }

  /// Calls `visit(element, entry)` for the first `size` elements in order,
  /// without the divisions of `of`.
  template <typename Visit> void forEach(int64_t size, Visit &&visit) const {
    int64_t entry = 0, base = 0, blockEnd = block;
    for (int64_t begin = 0; begin < size;) {
      int64_t end = inner < size - begin ? begin + inner : size;
      for (int64_t element = begin; element < end; ++element)
        visit(element, base + entry);
      entry = entry + 1 < count ? entry + 1 : 0;
      begin = end;
      if (begin < blockEnd)
        continue;
      base += count;
      blockEnd += block;
    }
  }
};

} // namespace mlir::octet

#endif // OCTET_IR_AXISINDEX_H
