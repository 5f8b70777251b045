//===- Gather.h - Elements picked by index, axis by axis --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_LOWER_GATHER_H
#define OCTET_LIB_LOWER_GATHER_H

#include "Elementwise.h"

namespace mlir::octet::lower {

/// For each index of a result's axis, the index of the input's axis that it is
/// read from; nothing where they are the same.
using IndexTable = std::optional<SmallVector<int64_t>>;

/// The index of an axis in a body: the loop's own, an affine function of it
/// where the table is one, or read from the table.
class TableIndex {
public:
  TableIndex(Elementwise &to, int64_t axis, const IndexTable &table);
  Value build(Body &body, ArrayRef<Value> args) const;

private:
  int64_t axis, start = 0, step = 1;
  std::optional<unsigned> slot;
};

/// result[i, j, ..] = input[tables[0][i], tables[1][j], ..]
Value createGather(OpBuilder &b, Location loc, Value input,
                   ArrayRef<int64_t> shape, ArrayRef<IndexTable> tables);

} // namespace mlir::octet::lower

#endif // OCTET_LIB_LOWER_GATHER_H
