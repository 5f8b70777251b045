//===- TensorProto.cpp - Arrays in ONNX's format ---------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads the few fields of a TensorProto that hold an array, from the wire
// format of protocol buffers: no need of the library for that.
//
//===----------------------------------------------------------------------===//

#include "octet/Run/ArrayFile.h"
#include <cstring>

using namespace octet;

namespace {
/// A field: a number (varint, fixed32, fixed64) or bytes.
struct Field {
  uint32_t number = 0, wire = 0;
  uint64_t value = 0;
  std::string_view bytes;
};

class WireReader {
public:
  explicit WireReader(std::string_view bytes) : bytes(bytes) {}
  bool atEnd() const { return at == bytes.size(); }

  bool readVarint(uint64_t &value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && at < bytes.size(); shift += 7) {
      auto byte = static_cast<unsigned char>(bytes[at++]);
      value |= uint64_t(byte & 127) << shift;
      if (!(byte & 128))
        return true;
    }
    return false;
  }
  bool readFixed(uint64_t &value, unsigned count) {
    value = 0;
    if (bytes.size() - at < count)
      return false;
    std::memcpy(&value, bytes.data() + at, count);
    at += count;
    return true;
  }
  bool read(Field &field) {
    uint64_t tag = 0, length = 0;
    if (!readVarint(tag))
      return false;
    field.number = static_cast<uint32_t>(tag >> 3);
    field.wire = tag & 7;
    switch (field.wire) {
    case 0:
      return readVarint(field.value);
    case 1:
      return readFixed(field.value, 8);
    case 5:
      return readFixed(field.value, 4);
    case 2:
      if (!readVarint(length) || length > bytes.size() - at)
        return false;
      field.bytes = bytes.substr(at, length);
      at += length;
      return true;
    default:
      return false;
    }
  }

private:
  std::string_view bytes;
  size_t at = 0;
};

/// The fields of a TensorProto, by their numbers in onnx.proto.
struct Tensor {
  std::string name;
  Array array;
  std::string_view raw;
  bool hasRaw = false, isExternal = false;
  std::vector<uint64_t> values; // bits of float_data, int32_data, ...
};
} // namespace

/// Repeated numbers come packed in bytes or one by one.
static bool addNumbers(const Field &field, std::vector<uint64_t> &out) {
  if (field.wire != 2) {
    out.push_back(field.value);
    return true;
  }
  unsigned fixed = field.number == 4 ? 4 : field.number == 10 ? 8 : 0;
  WireReader reader(field.bytes);
  while (!reader.atEnd()) {
    uint64_t value = 0;
    if (!(fixed ? reader.readFixed(value, fixed) : reader.readVarint(value)))
      return false;
    out.push_back(value);
  }
  return true;
}

static bool addField(const Field &field, Tensor &tensor) {
  switch (field.number) {
  case 1: { // dims
    std::vector<uint64_t> extents;
    if (!addNumbers(field, extents))
      return false;
    tensor.array.shape.insert(tensor.array.shape.end(), extents.begin(),
                              extents.end());
    return true;
  }
  case 2: // data_type
    tensor.array.type = static_cast<int32_t>(field.value);
    return true;
  case 4:  // float_data
  case 5:  // int32_data
  case 7:  // int64_data
  case 10: // double_data
  case 11: // uint64_data
    return addNumbers(field, tensor.values);
  case 8: // name
    tensor.name = field.bytes;
    return true;
  case 9: // raw_data
    tensor.raw = field.bytes;
    tensor.hasRaw = true;
    return true;
  case 14: // data_location
    tensor.isExternal = field.value == 1;
    return true;
  default:
    return true;
  }
}

/// Values are stored as the bits of their element, in a wider integer where the
/// element is small.
static Result fillArray(Tensor &tensor) {
  Array &array = tensor.array;
  size_t elementBytes = getTypeBytes(array.type);
  int64_t count = 0, size = 0;
  if (!elementBytes)
    return Error{"has element type " + std::to_string(array.type) +
                 ", which is not supported"};
  if (tensor.isExternal)
    return Error{"keeps its data in another file, which is not supported"};
  if (!multiplyExtents(array.shape, count) ||
      __builtin_mul_overflow(count, elementBytes, &size) ||
      (tensor.hasRaw ? tensor.raw.size() != static_cast<uint64_t>(size)
                     : tensor.values.size() != static_cast<uint64_t>(count)))
    return Error{"does not have the data for its shape " +
                 formatShape(array.shape)};
  if (tensor.hasRaw) {
    array.data.assign(tensor.raw.begin(), tensor.raw.end());
    return Success{};
  }
  array.data.resize(size);
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(&array.data[i * elementBytes], &tensor.values[i], elementBytes);
  return Success{};
}

Expected<std::pair<std::string, Array>>
octet::readTensorProto(const std::string &path) {
  Expected<std::string> bytes = readFile(path);
  if (!bytes)
    return bytes.error();
  Tensor tensor;
  WireReader reader(*bytes);
  while (!reader.atEnd()) {
    Field field;
    if (!reader.read(field) || !addField(field, tensor))
      return Error{"'" + path + "' is not a tensor of ONNX or is cut off"};
  }
  Result filled = fillArray(tensor);
  if (!filled)
    return Error{"'" + path + "' " + filled.error().message};
  return std::make_pair(std::move(tensor.name), std::move(tensor.array));
}
