//===- ShapeInference.h - What all shape functions share --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_IR_SHAPEINFERENCE_H
#define OCTET_LIB_IR_SHAPEINFERENCE_H

#include "octet/IR/Octet.h"

namespace mlir::octet::detail {

using Shapes = SmallVectorImpl<SmallVector<int64_t>>;

/// Appends a result's shape, or reports an extent below 0 or a product beyond
/// what any model has.
LogicalResult give(Operation *op, Shapes &shapes, ArrayRef<int64_t> shape);

/// A bias has one element an output channel, a residual the result's shape.
template <typename OpT>
LogicalResult checkAddends(OpT op, int64_t channels, ArrayRef<int64_t> result) {
  if (op.getBias() && getShape(op.getBias()) != ArrayRef<int64_t>{channels})
    return op.emitError() << "bias has shape [" << getShape(op.getBias())
                          << "], expected [" << channels << "]";
  if (op.getResidual() && getShape(op.getResidual()) != result)
    return op.emitError() << "residual has shape ["
                          << getShape(op.getResidual()) << "], expected ["
                          << result << "]";
  return success();
}

} // namespace mlir::octet::detail

#endif // OCTET_LIB_IR_SHAPEINFERENCE_H
