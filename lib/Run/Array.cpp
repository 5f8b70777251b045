//===- Array.cpp - Dense arrays --------------------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Element types and conversions between them.
//
//===----------------------------------------------------------------------===//

#include "octet/Run/Array.h"
#include <cmath>
#include <cstring>
#include <limits>

using namespace octet;

size_t octet::getTypeBytes(int32_t type) {
  switch (type) {
  case OCTET_TYPE_U8:
  case OCTET_TYPE_I8:
  case OCTET_TYPE_BOOL:
    return 1;
  case OCTET_TYPE_U16:
  case OCTET_TYPE_I16:
  case OCTET_TYPE_F16:
  case OCTET_TYPE_BF16:
    return 2;
  case OCTET_TYPE_F32:
  case OCTET_TYPE_I32:
  case OCTET_TYPE_U32:
    return 4;
  case OCTET_TYPE_F64:
  case OCTET_TYPE_I64:
  case OCTET_TYPE_U64:
    return 8;
  default:
    return 0;
  }
}

const char *octet::getTypeName(int32_t type) {
  switch (type) {
  case OCTET_TYPE_F32:
    return "float32";
  case OCTET_TYPE_U8:
    return "uint8";
  case OCTET_TYPE_I8:
    return "int8";
  case OCTET_TYPE_U16:
    return "uint16";
  case OCTET_TYPE_I16:
    return "int16";
  case OCTET_TYPE_I32:
    return "int32";
  case OCTET_TYPE_I64:
    return "int64";
  case OCTET_TYPE_BOOL:
    return "bool";
  case OCTET_TYPE_F16:
    return "float16";
  case OCTET_TYPE_F64:
    return "float64";
  case OCTET_TYPE_U32:
    return "uint32";
  case OCTET_TYPE_U64:
    return "uint64";
  case OCTET_TYPE_BF16:
    return "bfloat16";
  default:
    return "unknown";
  }
}

bool octet::isFloat(int32_t type) {
  return type == OCTET_TYPE_F32 || type == OCTET_TYPE_F64 ||
         type == OCTET_TYPE_F16 || type == OCTET_TYPE_BF16;
}

int64_t octet::countRows(const octet_tensor &tensor) {
  return tensor.rank ? tensor.shape[0] : 1;
}

bool octet::isRowsOf(const Array &array, const octet_tensor &tensor) {
  if (tensor.rank == 0)
    return array.shape.size() == 1;
  return array.shape.size() == size_t(tensor.rank) &&
         std::equal(array.shape.begin() + 1, array.shape.end(),
                    tensor.shape + 1);
}

std::string octet::formatShape(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

bool octet::multiplyExtents(const std::vector<int64_t> &shape,
                            int64_t &product) {
  product = 1;
  for (int64_t extent : shape)
    if (extent < 0 || __builtin_mul_overflow(product, extent, &product))
      return false;
  return true;
}

Array Array::zeros(int32_t type, std::vector<int64_t> shape) {
  Array array{type, std::move(shape), {}};
  array.data.resize(array.getNumElements() * getTypeBytes(type));
  return array;
}

int64_t Array::getNumElements() const {
  int64_t count = 0;
  return multiplyExtents(shape, count) ? count : 0;
}

//===----------------------------------------------------------------------===//
// Small floats
//===----------------------------------------------------------------------===//

static float fromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

static double fromHalf(uint16_t half) {
  int exponent = half >> 10 & 31;
  double mantissa = half & 1023;
  double sign = half & 0x8000 ? -1 : 1;
  if (exponent == 31)
    return mantissa ? std::nan("") : sign * INFINITY;
  if (exponent == 0)
    return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(mantissa + 1024, exponent - 25);
}

static uint16_t toHalf(double value) {
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  double magnitude = std::fabs(value);
  if (std::isnan(value))
    return sign | 0x7e00;
  if (magnitude >= 65520)
    return sign | 0x7c00;
  int exponent = magnitude > 0 ? std::ilogb(magnitude) : -15;
  if (exponent < -14) // subnormal; rounding up to 1024 gives the next exponent
    return sign |
           static_cast<uint16_t>(std::nearbyint(std::ldexp(magnitude, 24)));
  double mantissa = std::nearbyint(std::ldexp(magnitude, 10 - exponent));
  return sign | static_cast<uint16_t>(((exponent + 15) << 10) +
                                      (static_cast<int>(mantissa) - 1024));
}

static uint16_t toBrain(double value) {
  float narrow = static_cast<float>(value);
  uint32_t bits;
  std::memcpy(&bits, &narrow, sizeof(bits));
  if (std::isnan(value))
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

template <typename T> static T loadElement(const char *data, int64_t index) {
  T value;
  std::memcpy(&value, data + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
static void storeElement(char *data, int64_t index, T value) {
  std::memcpy(data + index * sizeof(T), &value, sizeof(T));
}

double Array::get(int64_t i) const {
  const char *p = data.data();
  switch (type) {
  case OCTET_TYPE_F32:
    return loadElement<float>(p, i);
  case OCTET_TYPE_F64:
    return loadElement<double>(p, i);
  case OCTET_TYPE_F16:
    return fromHalf(loadElement<uint16_t>(p, i));
  case OCTET_TYPE_BF16:
    return fromBits(uint32_t(loadElement<uint16_t>(p, i)) << 16);
  case OCTET_TYPE_U8:
  case OCTET_TYPE_BOOL:
    return loadElement<uint8_t>(p, i);
  case OCTET_TYPE_I8:
    return loadElement<int8_t>(p, i);
  case OCTET_TYPE_U16:
    return loadElement<uint16_t>(p, i);
  case OCTET_TYPE_I16:
    return loadElement<int16_t>(p, i);
  case OCTET_TYPE_I32:
    return loadElement<int32_t>(p, i);
  case OCTET_TYPE_U32:
    return loadElement<uint32_t>(p, i);
  case OCTET_TYPE_I64:
    return static_cast<double>(loadElement<int64_t>(p, i));
  case OCTET_TYPE_U64:
    return static_cast<double>(loadElement<uint64_t>(p, i));
  default:
    return 0;
  }
}

template <typename T>
static void storeRounded(char *data, int64_t index, double value) {
  // The limits of 64-bit types round up as doubles, hence >=.
  double rounded = std::nearbyint(value);
  T result = 0;
  if (rounded >= static_cast<double>(std::numeric_limits<T>::max()))
    result = std::numeric_limits<T>::max();
  else if (rounded <= static_cast<double>(std::numeric_limits<T>::lowest()))
    result = std::numeric_limits<T>::lowest();
  else if (!std::isnan(value))
    result = static_cast<T>(rounded);
  storeElement<T>(data, index, result);
}

void Array::set(int64_t i, double value) {
  char *p = data.data();
  switch (type) {
  case OCTET_TYPE_F32:
    return storeElement<float>(p, i, static_cast<float>(value));
  case OCTET_TYPE_F64:
    return storeElement<double>(p, i, value);
  case OCTET_TYPE_F16:
    return storeElement<uint16_t>(p, i, toHalf(value));
  case OCTET_TYPE_BF16:
    return storeElement<uint16_t>(p, i, toBrain(value));
  case OCTET_TYPE_BOOL:
    return storeElement<uint8_t>(p, i, value != 0);
  case OCTET_TYPE_U8:
    return storeRounded<uint8_t>(p, i, value);
  case OCTET_TYPE_I8:
    return storeRounded<int8_t>(p, i, value);
  case OCTET_TYPE_U16:
    return storeRounded<uint16_t>(p, i, value);
  case OCTET_TYPE_I16:
    return storeRounded<int16_t>(p, i, value);
  case OCTET_TYPE_I32:
    return storeRounded<int32_t>(p, i, value);
  case OCTET_TYPE_U32:
    return storeRounded<uint32_t>(p, i, value);
  case OCTET_TYPE_I64:
    return storeRounded<int64_t>(p, i, value);
  case OCTET_TYPE_U64:
    return storeRounded<uint64_t>(p, i, value);
  default:
    return;
  }
}

//===----------------------------------------------------------------------===//
// Whole arrays
//===----------------------------------------------------------------------===//

Expected<Array> octet::castArray(const Array &array, int32_t type) {
  if (array.type == type)
    return array;
  // Files without a type for it keep a bfloat16's bits.
  if (array.type == OCTET_TYPE_U16 && type == OCTET_TYPE_BF16)
    return Array{type, array.shape, array.data};
  if (isFloat(array.type) && !isFloat(type))
    return Error{std::string("takes ") + getTypeName(type) +
                 ", but the array is " + getTypeName(array.type)};
  Array result = Array::zeros(type, array.shape);
  for (int64_t i = 0, n = array.getNumElements(); i < n; ++i)
    result.set(i, array.get(i));
  return result;
}

Array octet::quantizeArray(const Array &array, const octet_tensor &tensor) {
  Array result = Array::zeros(tensor.quantized_type, array.shape);
  for (int64_t i = 0, n = array.getNumElements(); i < n; ++i) {
    float scaled = static_cast<float>(array.get(i)) / tensor.scale;
    result.set(i, std::nearbyintf(scaled) + double(tensor.zero_point));
  }
  return result;
}

Array octet::dequantizeArray(const Array &array, const octet_tensor &tensor) {
  Array result = Array::zeros(OCTET_TYPE_F32, array.shape);
  for (int64_t i = 0, n = array.getNumElements(); i < n; ++i)
    result.set(i, static_cast<float>(array.get(i) - tensor.zero_point) *
                      tensor.scale);
  return result;
}
