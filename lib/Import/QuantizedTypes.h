//===- QuantizedTypes.h - Scales and zero points of a node ------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operands that hold scales and zero points become quantized types; integers of
// the graph become values of these types.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_IMPORT_QUANTIZEDTYPES_H
#define OCTET_LIB_IMPORT_QUANTIZEDTYPES_H

#include "NodeImporter.h"

namespace mlir::octet {

/// Where a quantized tensor's parameters are among the node's operands.
struct ScaleAt {
  unsigned scale;
  unsigned zeroPoint; ///< may be absent: then zero
  int64_t axis = 0;   ///< of the scales, if there are several
};

/// The type with constant scales; several scales run along the axis. Null after
/// an error.
quant::QuantizedType makeQuantized(NodeContext &n, ArrayRef<double> scales,
                                   ArrayRef<int64_t> zeroPoints,
                                   IntegerType storage, int64_t axis,
                                   Type expressed);

/// The type that operands describe for integers of type `storage`.
quant::QuantizedType readQuantized(NodeContext &n, ScaleAt at,
                                   IntegerType storage, Type expressed = {});

/// Integers, or a quantized value, as a value of `type`.
Value asQuantized(NodeContext &n, Value value, quant::QuantizedType type);

/// Operand `i` in real numbers.
Value dequantizeInput(NodeContext &n, unsigned i, ScaleAt at);

/// As above for weights: constants in u8 are moved to s8, which has the same
/// real values with zero points lower by 128.
Value dequantizeWeight(NodeContext &n, unsigned i, ScaleAt at);

/// A constant in u8, as a constant in s8 of the same real values.
Value moveToSigned(NodeContext &n, Value value);

Value dequantize(NodeContext &n, Value value);

/// A real value in the type that the operands describe; the storage is that of
/// the zero point, or u8.
Value quantizeOutput(NodeContext &n, Value value, ScaleAt at);

} // namespace mlir::octet

#endif // OCTET_LIB_IMPORT_QUANTIZEDTYPES_H
