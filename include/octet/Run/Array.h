//===- octet/Run/Array.h - Dense arrays ------------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An array with a type known at run time, and conversions between types.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_RUN_ARRAY_H
#define OCTET_RUN_ARRAY_H

#include "octet-c/Model.h"
#include "octet/Run/Expected.h"
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace octet {

/// Bytes of an octet_type; 0 for one that is unknown.
size_t getTypeBytes(int32_t type);
/// "float32", "uint8", ...; numpy's names.
const char *getTypeName(int32_t type);
bool isFloat(int32_t type);
/// "[1, 8, 8]".
std::string formatShape(const std::vector<int64_t> &shape);

/// Row-major and dense.
struct Array {
  int32_t type = OCTET_TYPE_NONE;
  std::vector<int64_t> shape;
  std::vector<char> data;

  static Array zeros(int32_t type, std::vector<int64_t> shape);
  int64_t getNumElements() const;
  /// Element `index` as a double; 64-bit integers may round.
  double get(int64_t index) const;
  /// Converts to the array's type: rounds to nearest even, saturates integers.
  void set(int64_t index, double value);
};

/// In the order of the names.
using Arrays = std::map<std::string, Array>;

/// Multiplies extents; false where the product does not fit or an extent is
/// negative.
bool multiplyExtents(const std::vector<int64_t> &shape, int64_t &product);

/// Converts integers to any type and floats to floats. Floats do not become
/// integers: whoever passes them is likely to have meant another input. uint16
/// to bfloat16 are its bits, as files have them that know no bfloat16.
Expected<Array> castArray(const Array &array, int32_t type);
/// Entries of a tensor's first axis; 1 of a scalar.
int64_t countRows(const octet_tensor &tensor);
/// True for rows of what the tensor takes, any number along the first axis; a
/// scalar's are a vector.
bool isRowsOf(const Array &array, const octet_tensor &tensor);
/// q = round(x / scale) + zero_point, and back; see octet_tensor.
Array quantizeArray(const Array &array, const octet_tensor &tensor);
Array dequantizeArray(const Array &array, const octet_tensor &tensor);

} // namespace octet

#endif // OCTET_RUN_ARRAY_H
