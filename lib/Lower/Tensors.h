//===- Tensors.h - Building blocks on whole tensors -------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Creation, reshaping and transposition of tensors. What is constant stays
// constant: nothing here leaves work for run time that can be done now.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_LOWER_TENSORS_H
#define OCTET_LIB_LOWER_TENSORS_H

#include "octet/IR/Constants.h"
#include "octet/IR/Octet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::octet::lower {

/// An operand: its value in lowered types, and the type it had before.
struct Typed {
  Value value;
  Type type;

  Typed() = default;
  /// Of an operand that may be absent.
  Typed(Value original, Value converted)
      : value(converted), type(original ? original.getType() : Type()) {}

  explicit operator bool() const { return bool(value); }
  Type getElement() const { return getElementTypeOrSelf(type); }
  bool isQuantized() const { return bool(getQuantizedType(type)); }
};

/// Number of elements of a shape.
int64_t countElements(ArrayRef<int64_t> shape);

/// Whether the stored integers of an element type are signed.
bool isSignedElement(Type element);

/// The elements of an `octet.constant` or `arith.constant`.
std::optional<ConstantData> readTensor(Value value);

/// An `arith.constant` of the elements.
Value createConstant(OpBuilder &b, Location loc, const ConstantData &data);
template <typename T>
Value createConstant(OpBuilder &b, Location loc, ArrayRef<T> values,
                     ArrayRef<int64_t> shape, Type element) {
  ConstantData data{RankedTensorType::get(shape, element), {}};
  auto *bytes = reinterpret_cast<const char *>(values.data());
  data.bytes.assign(bytes, bytes + values.size() * sizeof(T));
  return createConstant(b, loc, data);
}

/// A scalar constant of an integer or float type.
TypedAttr getScalarAttr(Type type, double value);
TypedAttr getIntegerAttr(Type type, int64_t value);

Value createEmpty(OpBuilder &b, Location loc, ArrayRef<int64_t> shape,
                  Type element);
/// A tensor that holds one value everywhere.
Value createFill(OpBuilder &b, Location loc, ArrayRef<int64_t> shape,
                 TypedAttr value);

/// The same elements in row-major order with another shape.
Value createReshape(OpBuilder &b, Location loc, Value input,
                    ArrayRef<int64_t> shape);
/// Axis i of the result is axis `permutation[i]` of the input.
Value createTranspose(OpBuilder &b, Location loc, Value input,
                      ArrayRef<int64_t> permutation);
/// The elements of some axes in the opposite order.
Value createReverse(OpBuilder &b, Location loc, Value input,
                    ArrayRef<int64_t> axes);
/// `fill` around the input; the input itself where nothing is added.
Value createPad(OpBuilder &b, Location loc, Value input, ArrayRef<int64_t> low,
                ArrayRef<int64_t> high, TypedAttr fill);
Value createExtractSlice(OpBuilder &b, Location loc, Value input,
                         ArrayRef<int64_t> offsets, ArrayRef<int64_t> sizes,
                         ArrayRef<int64_t> strides);
Value createInsertSlice(OpBuilder &b, Location loc, Value input, Value into,
                        ArrayRef<int64_t> offsets, ArrayRef<int64_t> strides);

/// Between N x C x spatial and N x spatial x C.
Value toChannelsLast(OpBuilder &b, Location loc, Value input, Layout from);
Value fromChannelsLast(OpBuilder &b, Location loc, Value input, Layout to);

} // namespace mlir::octet::lower

#endif // OCTET_LIB_LOWER_TENSORS_H
