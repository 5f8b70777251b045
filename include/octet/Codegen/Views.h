//===- octet/Codegen/Views.h - Tensors in another order --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors as kernels want them indexed, without a copy where strides can say
// it: transpositions become octet_kernel.permute.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_CODEGEN_VIEWS_H
#define OCTET_CODEGEN_VIEWS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::octet {

/// Loops, in order, that make up each axis of a view.
using AxisDims = ArrayRef<SmallVector<unsigned>>;

/// How a tensor that is indexed by `map` becomes one with an axis for each
/// group of loops: an order of its axes, and an extent for each group. A loop
/// that does not move it adds nothing to its group's extent.
struct Arrangement {
  /// Axes of the tensor, in the order of the groups.
  SmallVector<int64_t> order;
  /// The group of each, in that order, and the extents of tensor and view.
  SmallVector<unsigned> groups;
  SmallVector<int64_t> extents, shape;

  /// Nothing where `map` is not one loop an axis.
  static std::optional<Arrangement> get(RankedTensorType type, AffineMap map,
                                        AxisDims dims);
  Value apply(OpBuilder &b, Location loc, Value tensor) const;
  /// The tensor that `view` is the arranged form of.
  Value undo(OpBuilder &b, Location loc, Value view) const;
};

/// `value`, read through the transpositions that it comes from.
Value seeThroughTranspositions(OpBuilder &b, Value value);

} // namespace mlir::octet

#endif // OCTET_CODEGEN_VIEWS_H
