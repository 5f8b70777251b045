//===- QuantizationFolds.cpp - Folds between real and quantized -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Constants.h"
#include "octet/IR/Octet.h"

#include "mlir/IR/TypeUtilities.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace mlir::octet;

// quantize(dequantize(q)) with equal types is q: every q is a fixed point. The
// converse is never folded, for it would undo the rounding.
OpFoldResult QuantizeOp::fold(FoldAdaptor) {
  auto source = getInput().getDefiningOp<DequantizeOp>();
  if (source && source.getInput().getType() == getType())
    return source.getInput();
  return {};
}

OpFoldResult DequantizeOp::fold(FoldAdaptor) { return {}; }

/// What each storage byte becomes: rule Q3. Null unless both are of 8 bits and
/// per tensor.
static std::optional<SmallVector<char>> makeRequantizeTable(Type from,
                                                            Type to) {
  quant::UniformQuantizedType source = getByteType(from),
                              target = getByteType(to);
  if (!source || !target)
    return std::nullopt;
  float multiplier = float(source.getScale()) / float(target.getScale());
  float low = target.getStorageTypeMin() - target.getZeroPoint(),
        high = target.getStorageTypeMax() - target.getZeroPoint();
  SmallVector<char> table;
  for (int i = 0; i < 256; ++i) {
    int q = source.isSigned() ? int8_t(i) : i;
    float number = float(q - source.getZeroPoint()) * multiplier;
    number = std::nearbyint(std::clamp(number, low, high));
    table.push_back(char(int64_t(number) + target.getZeroPoint()));
  }
  return table;
}

// Constants are converted once; tables of embeddings can be large.
OpFoldResult RequantizeOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto constant = dyn_cast_or_null<ElementsAttr>(adaptor.getInput());
  auto table = makeRequantizeTable(getInput().getType(), getType());
  if (!constant || !table)
    return {};
  std::optional<ConstantData> data = readElements(constant);
  if (!data)
    return {};
  for (char &byte : data->bytes)
    byte = (*table)[uint8_t(byte)];
  return makeElements(data->type, data->bytes);
}

// Of a chain of casts the last counts; a constant changes its type only.
OpFoldResult StorageCastOp::fold(FoldAdaptor adaptor) {
  Value source = getInput();
  while (auto cast = source.getDefiningOp<StorageCastOp>())
    source = cast.getInput();
  if (source.getType() == getType())
    return source;
  if (source != getInput()) {
    getInputMutable().assign(source);
    return getResult();
  }
  auto elements = dyn_cast_or_null<ElementsAttr>(adaptor.getInput());
  auto type = dyn_cast<RankedTensorType>(getType());
  std::optional<ConstantData> data =
      elements && type ? readElements(elements) : std::nullopt;
  if (!data)
    return {};
  quant::QuantizedType quantized = getQuantizedType(type);
  Type element =
      quantized ? getStorageInteger(quantized) : type.getElementType();
  return makeElements(type.clone(element), data->bytes);
}
