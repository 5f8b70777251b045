//===- RowStages.h - Computations that go row by row -----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Images are buffers 1 x rows x pixels x channels. What a computation needs to
// write some rows of one, and how one computation hands rows to the next.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_ROWSTAGES_H
#define OCTET_LIB_CODEGEN_ROWSTAGES_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::octet {

/// The axis of an image's rows.
inline constexpr unsigned kRowAxis = 1;

/// An operand of which the output's row r needs the rows
/// [r * stride, r * stride + window).
struct RowAccess {
  OpOperand *operand;
  int64_t stride = 1, window = 1;

  /// What `rows` neighbouring rows of the output need.
  int64_t getRows(int64_t rows) const { return (rows - 1) * stride + window; }
};

/// A computation that writes one image, row by row. Operands that no access
/// names are needed whole for any row.
struct RowStage {
  DestinationStyleOpInterface op;
  int64_t rows;
  SmallVector<RowAccess> inputs;

  OpOperand *getOut() { return op.getDpsInitOperand(0); }
};

/// `op` as a stage, if it is one.
std::optional<RowStage> getRowStage(Operation *op);

/// A buffer that one stage writes, perhaps within a border, and only the next
/// one reads.
struct RowLink {
  memref::AllocOp buffer;
  /// The part that the writer takes, if that is not all.
  memref::SubViewOp inside;
  /// Rows above and below that part.
  int64_t top = 0, bottom = 0;
  /// Fills of these rows, and of what is left and right of the part.
  SmallVector<linalg::FillOp> above, below, sides;
  RowAccess reader;

  MemRefType getType() { return buffer.getType(); }
};

/// How `writer` hands rows to `reader`, if it does and to no other.
std::optional<RowLink> getRowLink(RowStage &writer, const RowStage &reader);

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_ROWSTAGES_H
