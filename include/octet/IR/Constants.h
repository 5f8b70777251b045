//===- Constants.h - Constant tensors of a graph ----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Constants are small `dense` attributes or large `dense_resource` ones, which
// the context does not hash and can release. Everything that reads or makes one
// goes through here and sees raw little-endian bytes.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_CONSTANTS_H
#define OCTET_IR_CONSTANTS_H

#include "octet/IR/Octet.h"

namespace mlir::octet {

/// A tensor with its elements as row-major bytes: one byte a boolean and a
/// sub-byte integer, else the element's own width.
struct ConstantData {
  RankedTensorType type; ///< storage type: no quantized elements
  std::vector<char> bytes;

  template <typename T> ArrayRef<T> as() const {
    return {reinterpret_cast<const T *>(bytes.data()),
            bytes.size() / sizeof(T)};
  }
  template <typename T> MutableArrayRef<T> as() {
    return {reinterpret_cast<T *>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

/// Bytes of one element as ConstantData stores it.
unsigned getElementBytes(Type elementType);

/// The elements of an attribute, splats expanded.
std::optional<ConstantData> readElements(ElementsAttr attr);

/// The constant behind a value; nothing if it is not one.
ElementsAttr getConstantAttr(Value value);
std::optional<ConstantData> readConstant(Value value);

/// All elements of a constant as f64 or i64, for small tensors: shapes, axes,
/// scalars. Nothing if the value is no constant or the kinds do not match.
std::optional<SmallVector<double>> readFloats(Value value);
std::optional<SmallVector<int64_t>> readIntegers(Value value);

/// An attribute that holds `bytes`, a resource where they are many.
ElementsAttr makeElements(RankedTensorType type, ArrayRef<char> bytes);

/// A constant operator; `resultType` may be quantized.
Value makeConstant(OpBuilder &builder, Location loc, const ConstantData &data,
                   Type resultType = {});
Value makeIntegers(OpBuilder &builder, Location loc, ArrayRef<int64_t> values,
                   ArrayRef<int64_t> shape);
Value makeFloats(OpBuilder &builder, Location loc, ArrayRef<float> values,
                 ArrayRef<int64_t> shape);

} // namespace mlir::octet

#endif // OCTET_IR_CONSTANTS_H
