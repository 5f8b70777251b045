//===- QuantizedTypes.cpp - Scales and zero points of a node -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedTypes.h"

#include <cmath>

using namespace mlir;
using namespace mlir::octet;

quant::QuantizedType mlir::octet::makeQuantized(NodeContext &n,
                                                ArrayRef<double> scales,
                                                ArrayRef<int64_t> zeroPoints,
                                                IntegerType storage,
                                                int64_t axis, Type expressed) {
  bool isSigned = !storage.isUnsigned();
  unsigned bits = storage.getWidth();
  if (bits < 8 || bits > 32) {
    n.error() << "quantized elements of " << bits
              << " bits are not supported yet; use 8 bits";
    return {};
  }
  unsigned flags = isSigned ? quant::QuantizationFlags::Signed : 0;
  auto signless = IntegerType::get(storage.getContext(), bits);
  int64_t low =
      quant::QuantizedType::getDefaultMinimumForInteger(isSigned, bits);
  int64_t high =
      quant::QuantizedType::getDefaultMaximumForInteger(isSigned, bits);
  for (int64_t zero : zeroPoints)
    if (zero < low || zero > high) {
      n.error() << "zero point " << zero << " is not in [" << low << ", "
                << high << "]";
      return {};
    }
  for (double scale : scales)
    if (!(scale > 0) || std::isinf(scale)) {
      n.error() << "scale " << scale << " is not positive and finite";
      return {};
    }
  auto emitError = [&] { return n.error(); };
  if (scales.size() == 1)
    return quant::UniformQuantizedType::getChecked(emitError, flags, signless,
                                                   expressed, scales[0],
                                                   zeroPoints[0], low, high);
  return quant::UniformQuantizedPerAxisType::getChecked(
      emitError, flags, signless, expressed, scales, zeroPoints, int32_t(axis),
      low, high);
}

quant::QuantizedType mlir::octet::readQuantized(NodeContext &n, ScaleAt at,
                                                IntegerType storage,
                                                Type expressed) {
  auto scales = n.readFloatsAt(at.scale, "scales");
  if (failed(scales))
    return {};
  Integers zeros(scales->size(), 0);
  if (n.has(at.zeroPoint)) {
    auto given = n.readIntegersAt(at.zeroPoint, "zero points");
    if (failed(given))
      return {};
    if (n.getElement(at.zeroPoint) != storage) {
      n.error() << "zero points of type " << n.getElement(at.zeroPoint)
                << " do not match integers of type " << storage;
      return {};
    }
    zeros = *given;
  }
  if (zeros.size() != scales->size() || zeros.empty()) {
    n.error() << "there are " << scales->size() << " scales and "
              << zeros.size() << " zero points";
    return {};
  }
  if (scales->size() > 1 && n.getRank(at.scale) != 1) {
    n.error() << "scales in blocks are not supported yet; use one a tensor or "
                 "one a channel";
    return {};
  }
  return makeQuantized(n, *scales, zeros, storage, at.axis,
                       expressed ? expressed : n.getElement(at.scale));
}

Value mlir::octet::asQuantized(NodeContext &n, Value value,
                               quant::QuantizedType type) {
  if (!value || !type)
    return {};
  if (!isa<IntegerType, quant::QuantizedType>(
          getElementTypeOrSelf(value.getType()))) {
    n.error() << "elements of type " << getElementTypeOrSelf(value.getType())
              << " are not quantized integers";
    return {};
  }
  return n.storageCast(value, type);
}

Value mlir::octet::dequantize(NodeContext &n, Value value) {
  if (!value)
    return {};
  Type real = getQuantizedType(value).getExpressedType();
  return n.fold(DequantizeOp::create(
      n.b, n.getLoc(), withElement(value.getType(), real), value));
}

/// Operand `i` as a value of the type that the operands describe.
static Value readInput(NodeContext &n, unsigned i, ScaleAt at) {
  auto storage = dyn_cast<IntegerType>(n.getElement(i));
  if (!storage) {
    n.error() << "input " << i << " has elements of type " << n.getElement(i)
              << ", expected integers";
    return {};
  }
  return asQuantized(n, n.getRaw(i), readQuantized(n, at, storage));
}

Value mlir::octet::dequantizeInput(NodeContext &n, unsigned i, ScaleAt at) {
  return dequantize(n, readInput(n, i, at));
}

Value mlir::octet::moveToSigned(NodeContext &n, Value value) {
  auto type = value ? getQuantizedType(value) : quant::QuantizedType();
  auto data = type ? readConstant(value) : std::nullopt;
  if (!data || type.isSigned() || type.getStorageTypeIntegralWidth() != 8)
    return value;
  for (char &byte : data->bytes)
    byte = char(uint8_t(byte) ^ 0x80);
  auto storage = IntegerType::get(n.b.getContext(), 8);
  quant::QuantizedType moved;
  if (auto uniform = dyn_cast<quant::UniformQuantizedType>(type)) {
    moved = makeQuantized(n, uniform.getScale(), uniform.getZeroPoint() - 128,
                          storage, 0, type.getExpressedType());
  } else {
    auto perAxis = cast<quant::UniformQuantizedPerAxisType>(type);
    Integers zeros(perAxis.getZeroPoints());
    for (int64_t &zero : zeros)
      zero -= 128;
    moved =
        makeQuantized(n, perAxis.getScales(), zeros, storage,
                      perAxis.getQuantizedDimension(), type.getExpressedType());
  }
  return makeConstant(n.b, n.getLoc(), *data,
                      withElement(value.getType(), moved));
}

Value mlir::octet::dequantizeWeight(NodeContext &n, unsigned i, ScaleAt at) {
  return dequantize(n, moveToSigned(n, readInput(n, i, at)));
}

Value mlir::octet::quantizeOutput(NodeContext &n, Value value, ScaleAt at) {
  if (!value)
    return {};
  Type storage = n.has(at.zeroPoint) ? n.getElement(at.zeroPoint)
                                     : IntegerType::get(n.b.getContext(), 8,
                                                        IntegerType::Unsigned);
  auto integer = dyn_cast<IntegerType>(storage);
  if (!integer) {
    n.error() << "quantized elements of type " << storage
              << " are not supported";
    return {};
  }
  quant::QuantizedType type =
      readQuantized(n, at, integer, getElementTypeOrSelf(value.getType()));
  if (!type)
    return {};
  return n.fold(QuantizeOp::create(n.b, n.getLoc(),
                                   withElement(value.getType(), type), value));
}
