//===- Shared.h - Builders that families share ------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a quantized operator of ONNX builds between its dequantized inputs and
// its quantized output is the same as for the float operator.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_IMPORT_SHARED_H
#define OCTET_LIB_IMPORT_SHARED_H

#include "NodeImporter.h"

namespace mlir::octet {

/// A convolution by the node's attributes. `bias` may be null.
Value buildConv(NodeContext &n, Value input, Value weight, Value bias,
                Type element);

/// A product by NumPy's rules: a vector is a row on the left and a column on
/// the right, and its axis does not appear in the result.
Value buildNumPyMatMul(NodeContext &n, Value lhs, Value rhs, Type element);

/// A product of matrices or batches of them. `bias` may be null.
Value buildMatMul(NodeContext &n, Value lhs, Value rhs, Value bias,
                  bool transposeLhs, bool transposeRhs, Type element);

/// An average pool by the node's attributes, or over the whole image.
Value buildAveragePool(NodeContext &n, Value input);
Value buildGlobalAveragePool(NodeContext &n, Value input);

/// x * factor.
Value buildScale(NodeContext &n, Value value, double factor);

} // namespace mlir::octet

#endif // OCTET_LIB_IMPORT_SHARED_H
