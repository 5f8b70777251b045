//===- QuantizedConstants.cpp - Constants of 8-bit numbers ----------------===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/QuantizedConstants.h"

using namespace mlir;
using namespace mlir::octet;

std::optional<QuantizedConstant>
mlir::octet::readQuantizedConstant(Value value) {
  std::optional<ConstantData> data = readConstant(value);
  if (!data || getElementBytes(data->type.getElementType()) != 1)
    return std::nullopt;
  QuantizedConstant constant;
  constant.data = std::move(*data);
  constant.type = getQuantizedType(value);
  if (auto type =
          dyn_cast_or_null<quant::UniformQuantizedType>(constant.type)) {
    constant.scales = {type.getScale()};
    constant.zeroPoints = {type.getZeroPoint()};
    return constant;
  }
  auto type =
      dyn_cast_or_null<quant::UniformQuantizedPerAxisType>(constant.type);
  if (!type)
    return std::nullopt;
  constant.scales = llvm::to_vector(type.getScales());
  constant.zeroPoints = llvm::to_vector(type.getZeroPoints());
  constant.axis =
      AxisIndex(constant.data.type.getShape(), type.getQuantizedDimension());
  return constant;
}

quant::QuantizedType mlir::octet::withScales(quant::QuantizedType type,
                                             ArrayRef<double> scales) {
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
    return quant::UniformQuantizedPerAxisType::get(
        type.getFlags(), type.getStorageType(), type.getExpressedType(), scales,
        perAxis.getZeroPoints(), perAxis.getQuantizedDimension(),
        type.getStorageTypeMin(), type.getStorageTypeMax());
  return quant::UniformQuantizedType::get(
      type.getFlags(), type.getStorageType(), type.getExpressedType(),
      scales.front(), cast<quant::UniformQuantizedType>(type).getZeroPoint(),
      type.getStorageTypeMin(), type.getStorageTypeMax());
}
