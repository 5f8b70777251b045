//===- Constants.cpp - Constant tensors of a graph -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Constants.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

#include <cstring>

using namespace mlir;
using namespace mlir::octet;

/// Constants above this size are resources.
static constexpr size_t kInlineBytes = 256;

unsigned mlir::octet::getElementBytes(Type elementType) {
  if (auto quantized = dyn_cast<quant::QuantizedType>(elementType))
    elementType = getStorageInteger(quantized);
  return llvm::divideCeil(elementType.getIntOrFloatBitWidth(), 8);
}

/// Elements of a `dense` attribute, one value at a time where its raw form is a
/// splat or packs bits.
static void readDense(DenseElementsAttr dense, ConstantData &data) {
  unsigned size = getElementBytes(data.type.getElementType());
  size_t count = data.type.getNumElements();
  data.bytes.resize(count * size);
  bool isBits = data.type.getElementTypeBitWidth() < 8;
  if (!dense.isSplat() && !isBits) {
    ArrayRef<char> raw = dense.getRawData();
    std::memcpy(data.bytes.data(), raw.data(), data.bytes.size());
    return;
  }
  auto bits = [&](size_t i) -> uint64_t {
    if (isa<IntegerType>(data.type.getElementType()))
      return dense.getValues<APInt>()[i].getZExtValue();
    return dense.getValues<APFloat>()[i].bitcastToAPInt().getZExtValue();
  };
  uint64_t splat = dense.isSplat() && count ? bits(0) : 0;
  for (size_t i = 0; i < count; ++i) {
    uint64_t value = dense.isSplat() ? splat : bits(i);
    std::memcpy(&data.bytes[i * size], &value, size);
  }
}

std::optional<ConstantData> mlir::octet::readElements(ElementsAttr attr) {
  auto type = attr ? dyn_cast<RankedTensorType>(attr.getType()) : nullptr;
  if (!type)
    return std::nullopt;
  ConstantData data{type, {}};
  if (auto dense = dyn_cast<DenseElementsAttr>(attr)) {
    readDense(dense, data);
    return data;
  }
  auto resource = dyn_cast<DenseResourceElementsAttr>(attr);
  AsmResourceBlob *blob =
      resource ? resource.getRawHandle().getBlob() : nullptr;
  size_t size = type.getNumElements() * getElementBytes(type.getElementType());
  if (!blob || blob->getData().size() != size)
    return std::nullopt;
  data.bytes.assign(blob->getData().begin(), blob->getData().end());
  return data;
}

ElementsAttr mlir::octet::getConstantAttr(Value value) {
  auto op = value ? value.getDefiningOp<ConstantOp>() : nullptr;
  return op ? op.getValue() : nullptr;
}

std::optional<ConstantData> mlir::octet::readConstant(Value value) {
  ElementsAttr attr = getConstantAttr(value);
  return attr ? readElements(attr) : std::nullopt;
}

template <typename T, typename To>
static SmallVector<To> convert(const ConstantData &data) {
  ArrayRef<T> values = data.as<T>();
  return SmallVector<To>(values.begin(), values.end());
}

std::optional<SmallVector<double>> mlir::octet::readFloats(Value value) {
  std::optional<ConstantData> data = readConstant(value);
  if (!data)
    return std::nullopt;
  Type element = data->type.getElementType();
  if (element.isF32())
    return convert<float, double>(*data);
  if (element.isF64())
    return convert<double, double>(*data);
  auto type = dyn_cast<FloatType>(element);
  if (!type || type.getWidth() != 16)
    return std::nullopt;
  SmallVector<double> values;
  for (uint16_t bits : data->as<uint16_t>()) {
    APFloat number(type.getFloatSemantics(), APInt(16, bits));
    bool lost;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lost);
    values.push_back(number.convertToDouble());
  }
  return values;
}

std::optional<SmallVector<int64_t>> mlir::octet::readIntegers(Value value) {
  std::optional<ConstantData> data = readConstant(value);
  auto type =
      data ? dyn_cast<IntegerType>(data->type.getElementType()) : nullptr;
  if (!type)
    return std::nullopt;
  bool isUnsigned = type.isUnsigned() || type.getWidth() == 1;
  switch (getElementBytes(type)) {
  case 1:
    return isUnsigned ? convert<uint8_t, int64_t>(*data)
                      : convert<int8_t, int64_t>(*data);
  case 2:
    return isUnsigned ? convert<uint16_t, int64_t>(*data)
                      : convert<int16_t, int64_t>(*data);
  case 4:
    return isUnsigned ? convert<uint32_t, int64_t>(*data)
                      : convert<int32_t, int64_t>(*data);
  case 8:
    return convert<int64_t, int64_t>(*data);
  }
  return std::nullopt;
}

ElementsAttr mlir::octet::makeElements(RankedTensorType type,
                                       ArrayRef<char> bytes) {
  unsigned bits = type.getElementTypeBitWidth();
  if (bits < 8) {
    SmallVector<APInt> values;
    for (char byte : bytes)
      values.emplace_back(bits, uint8_t(byte), /*isSigned=*/false,
                          /*implicitTrunc=*/true);
    return DenseElementsAttr::get(type, values);
  }
  if (bytes.size() <= kInlineBytes)
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyWithAlign(
      bytes, /*align=*/64, /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, "c", std::move(blob));
}

Value mlir::octet::makeConstant(OpBuilder &builder, Location loc,
                                const ConstantData &data, Type resultType) {
  ElementsAttr attr = makeElements(data.type, data.bytes);
  return ConstantOp::create(builder, loc,
                            resultType ? resultType : Type(data.type), attr);
}

template <typename T>
static Value makeTensor(OpBuilder &builder, Location loc, ArrayRef<T> values,
                        ArrayRef<int64_t> shape, Type element) {
  ConstantData data{RankedTensorType::get(shape, element), {}};
  auto *bytes = reinterpret_cast<const char *>(values.data());
  data.bytes.assign(bytes, bytes + values.size() * sizeof(T));
  return makeConstant(builder, loc, data);
}

Value mlir::octet::makeIntegers(OpBuilder &builder, Location loc,
                                ArrayRef<int64_t> values,
                                ArrayRef<int64_t> shape) {
  return makeTensor(builder, loc, values, shape, builder.getI64Type());
}

Value mlir::octet::makeFloats(OpBuilder &builder, Location loc,
                              ArrayRef<float> values, ArrayRef<int64_t> shape) {
  return makeTensor(builder, loc, values, shape, builder.getF32Type());
}
