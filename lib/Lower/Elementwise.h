//===- Elementwise.h - One element-wise linalg.generic ----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_LOWER_ELEMENTWISE_H
#define OCTET_LIB_LOWER_ELEMENTWISE_H

#include "Body.h"
#include "Tensors.h"

namespace mlir::octet::lower {

/// Collects the operands of an element-wise linalg.generic, then builds it. An
/// operand is known by the position that its `add` returned; the body gets one
/// value a position. Operands that are one number everywhere become constants
/// in the body.
class Elementwise {
public:
  using BodyFn = function_ref<Value(Body &, ArrayRef<Value>)>;

  Elementwise(OpBuilder &builder, Location loc, ArrayRef<int64_t> shape)
      : builder(builder), loc(loc), shape(shape.begin(), shape.end()) {}

  /// A tensor that broadcasts to the shape as in NumPy.
  unsigned add(Value tensor);
  /// Numbers that vary along some axes of the shape, row-major over them.
  unsigned addNumbers(ArrayRef<float> values, ArrayRef<int64_t> axes);
  unsigned addNumbers(ArrayRef<int32_t> values, ArrayRef<int64_t> axes);
  unsigned addNumbers(ArrayRef<int64_t> values, ArrayRef<int64_t> axes);
  /// A tensor whose axes are the given ones of the shape.
  unsigned addAlong(Value tensor, ArrayRef<int64_t> axes);

  int64_t getRank() const { return shape.size(); }

  /// The operation; `element` is the type that the body returns.
  Value build(Type element, BodyFn body);

private:
  struct Slot {
    Value tensor;
    AffineMap map;
    TypedAttr scalar; ///< instead of a tensor
  };
  unsigned push(Slot slot) {
    slots.push_back(slot);
    return slots.size() - 1;
  }
  template <typename T>
  unsigned addValues(ArrayRef<T> values, ArrayRef<int64_t> axes, Type element);
  AffineMap mapTo(ArrayRef<int64_t> axes);

  OpBuilder &builder;
  Location loc;
  SmallVector<int64_t> shape;
  SmallVector<Slot> slots;
};

/// The value of a constant tensor that is the same everywhere, else null.
TypedAttr getSplat(Value tensor);

/// `count` parallel, then `reductions` reduction iterators.
SmallVector<utils::IteratorType> getIterators(int64_t count,
                                              int64_t reductions = 0);

} // namespace mlir::octet::lower

#endif // OCTET_LIB_LOWER_ELEMENTWISE_H
