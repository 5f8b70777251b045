//===- Npy.cpp - Arrays in numpy's format ----------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One array: a text that describes it, and its bytes. The format is described
// in numpy.lib.format.
//
//===----------------------------------------------------------------------===//

#include "octet/Run/ArrayFile.h"
#include <cstring>

using namespace octet;

static constexpr char kMagic[] = "\x93NUMPY";

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

namespace {
struct TypeCode {
  int32_t type;
  const char *code; // kind and bytes, without the byte order
};
} // namespace

static constexpr TypeCode kTypeCodes[] = {
    {OCTET_TYPE_F32, "f4"}, {OCTET_TYPE_F64, "f8"}, {OCTET_TYPE_F16, "f2"},
    {OCTET_TYPE_U8, "u1"},  {OCTET_TYPE_I8, "i1"},  {OCTET_TYPE_U16, "u2"},
    {OCTET_TYPE_I16, "i2"}, {OCTET_TYPE_U32, "u4"}, {OCTET_TYPE_I32, "i4"},
    {OCTET_TYPE_U64, "u8"}, {OCTET_TYPE_I64, "i8"}, {OCTET_TYPE_BOOL, "b1"}};

static Expected<int32_t> parseType(std::string_view descr) {
  std::string_view code = descr.substr(descr.empty() ? 0 : 1);
  bool hasOrder = !descr.empty() && std::strchr("<|=", descr[0]);
  for (const TypeCode &entry : kTypeCodes)
    if (hasOrder && code == entry.code)
      return entry.type;
  return Error{"has elements of type '" + std::string(descr) +
               "', use little-endian numbers of 1, 2, 4 or 8 bytes"};
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {
/// Reads "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 8), }".
class HeaderParser {
public:
  explicit HeaderParser(std::string_view text) : text(text) {}

  /// What follows a key, or nothing.
  std::string_view find(std::string_view key) const {
    std::string quoted = "'" + std::string(key) + "':";
    size_t at = text.find(quoted);
    if (at == std::string_view::npos)
      return {};
    std::string_view rest = text.substr(at + quoted.size());
    return rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
  }
  bool readString(std::string_view key, std::string_view &value) const {
    std::string_view rest = find(key);
    if (rest.empty() || rest[0] != '\'')
      return false;
    size_t end = rest.find('\'', 1);
    if (end == std::string_view::npos)
      return false;
    value = rest.substr(1, end - 1);
    return true;
  }
  bool readShape(std::vector<int64_t> &shape) const {
    std::string_view rest = find("shape");
    size_t end = rest.find(')');
    if (rest.empty() || rest[0] != '(' || end == std::string_view::npos)
      return false;
    int64_t extent = -1;
    for (char c : rest.substr(1, end)) {
      if (c >= '0' && c <= '9') {
        extent = (extent < 0 ? 0 : extent) * 10 + (c - '0');
        if (extent > int64_t(1) << 48)
          return false;
      } else if (c == ',' || c == ')') {
        if (extent >= 0)
          shape.push_back(extent);
        extent = -1;
      } else if (c != ' ' && c != 'L') {
        return false;
      }
    }
    return true;
  }

private:
  std::string_view text;
};
} // namespace

/// From column-major to row-major.
static void transpose(Array &array) {
  Array result = Array::zeros(array.type, array.shape);
  size_t bytes = getTypeBytes(array.type), rank = array.shape.size();
  std::vector<int64_t> index(rank, 0);
  for (int64_t from = 0, n = array.getNumElements(); from < n; ++from) {
    int64_t to = 0;
    for (size_t d = 0; d < rank; ++d)
      to = to * array.shape[d] + index[d];
    std::memcpy(&result.data[to * bytes], &array.data[from * bytes], bytes);
    for (size_t d = 0; d < rank && ++index[d] == array.shape[d]; ++d)
      index[d] = 0;
  }
  array = std::move(result);
}

/// Splits a file into the header's text and the data.
static bool splitNpy(std::string_view bytes, std::string_view &header,
                     std::string_view &data) {
  size_t magic = sizeof(kMagic) - 1;
  if (bytes.size() < magic + 4 || bytes.substr(0, magic) != kMagic)
    return false;
  size_t lengthBytes = bytes[magic] == 1 ? 2 : 4, length = 0;
  size_t start = magic + 2 + lengthBytes;
  if (bytes.size() < start)
    return false;
  std::memcpy(&length, bytes.data() + magic + 2, lengthBytes);
  if (length > bytes.size() - start)
    return false;
  header = bytes.substr(start, length);
  data = bytes.substr(start + length);
  return true;
}

Expected<Array> octet::parseNpy(std::string_view bytes) {
  std::string_view text, data, descr;
  if (!splitNpy(bytes, text, data))
    return Error{"is not a .npy array or is cut off"};
  HeaderParser header(text);
  Array array;
  if (!header.readString("descr", descr) || !header.readShape(array.shape))
    return Error{"has a broken .npy header"};
  Expected<int32_t> type = parseType(descr);
  if (!type)
    return type.error();
  array.type = *type;

  int64_t size = 0;
  if (!multiplyExtents(array.shape, size) ||
      __builtin_mul_overflow(size, getTypeBytes(array.type), &size) ||
      static_cast<uint64_t>(size) > data.size())
    return Error{"is cut off: its shape is " + formatShape(array.shape) +
                 ", but it has " + std::to_string(data.size()) +
                 " bytes of data"};
  array.data.assign(data.begin(), data.begin() + size);
  if (header.find("fortran_order").substr(0, 4) == "True")
    transpose(array);
  return array;
}

Expected<Array> octet::readNpy(const std::string &path) {
  Expected<std::string> bytes = readFile(path);
  if (!bytes)
    return bytes.error();
  Expected<Array> array = parseNpy(*bytes);
  if (!array)
    return Error{"'" + path + "' " + array.error().message};
  return array;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

std::string octet::formatNpy(const Array &array) {
  // numpy has no bfloat16.
  if (array.type == OCTET_TYPE_BF16)
    return formatNpy(*castArray(array, OCTET_TYPE_F32));
  std::string descr, shape;
  for (const TypeCode &entry : kTypeCodes)
    if (entry.type == array.type)
      descr =
          (getTypeBytes(array.type) == 1 ? "|" : "<") + std::string(entry.code);
  for (int64_t extent : array.shape)
    shape += std::to_string(extent) + ", ";
  if (array.shape.size() > 1)
    shape.resize(shape.size() - 2);
  std::string header = "{'descr': '" + descr +
                       "', 'fortran_order': False, 'shape': (" + shape + "), }";
  // Data starts at a multiple of 64; the header ends with a newline.
  size_t prefix = sizeof(kMagic) - 1 + 4;
  header.append(63 - (prefix + header.size()) % 64, ' ');
  header += '\n';
  std::string bytes = kMagic;
  bytes += {'\x01', '\0', static_cast<char>(header.size() & 255),
            static_cast<char>(header.size() >> 8)};
  bytes += header;
  bytes.append(array.data.data(), array.data.size());
  return bytes;
}
