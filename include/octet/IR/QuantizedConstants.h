//===- QuantizedConstants.h - Constants of 8-bit numbers --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_QUANTIZEDCONSTANTS_H
#define OCTET_IR_QUANTIZEDCONSTANTS_H

#include "octet/IR/AxisIndex.h"
#include "octet/IR/Constants.h"

namespace mlir::octet {

/// A constant of 8-bit numbers taken apart: its bytes, and a scale and a zero
/// point for each entry of the quantized axis (one of each without an axis).
struct QuantizedConstant {
  ConstantData data;
  quant::QuantizedType type;
  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
  AxisIndex axis;

  /// The stored number.
  int64_t getStored(int64_t element) const {
    char byte = data.bytes[element];
    return type.isSigned() ? int64_t(int8_t(byte)) : int64_t(uint8_t(byte));
  }
};

/// Nothing if the value is no constant, or not of 8-bit numbers quantized per
/// tensor or per axis.
std::optional<QuantizedConstant> readQuantizedConstant(Value value);

/// The type, per tensor or per axis, with as many other scales.
quant::QuantizedType withScales(quant::QuantizedType type,
                                ArrayRef<double> scales);

} // namespace mlir::octet

#endif // OCTET_IR_QUANTIZEDCONSTANTS_H
