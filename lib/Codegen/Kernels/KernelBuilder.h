//===- KernelBuilder.h - Writes loops and 1-D vectors ----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Short names for what kernels are made of: index arithmetic, loads from a flat
// view of a buffer, shuffles, loops that carry vectors.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_KERNELS_KERNELBUILDER_H
#define OCTET_LIB_CODEGEN_KERNELS_KERNELBUILDER_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::octet {

class KernelBuilder : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;
  using Values = SmallVector<Value>;

  // Index arithmetic; what is known is folded.
  Value index(int64_t value);
  Value add(Value a, Value b);
  Value add(Value a, int64_t b);
  Value mul(Value a, int64_t b);
  Value div(Value a, int64_t b);
  Value rem(Value a, int64_t b);

  // Vectors.
  static VectorType vec(int64_t lanes, Type element) {
    return VectorType::get({lanes}, element);
  }
  Value splat(int64_t lanes, Type element, int64_t value);
  Value zero(VectorType type);
  Value broadcast(Value scalar, int64_t lanes);
  Value bitcast(Value vector, int64_t lanes, Type element);
  Value shuffle(Value a, Value b, ArrayRef<int64_t> mask);
  /// The lanes [first, first + count).
  Value slice(Value vector, int64_t first, int64_t count);
  Value concat(Value a, Value b);
  /// a * b + c, in one rounding where `fused`.
  Value multiplyAdd(Value a, Value b, Value c, bool fused);

  // Memory: `view` is one-dimensional.
  /// All of a strided buffer as one dimension, and the slack after it.
  Value flatten(Value buffer);
  /// Memory of the function, as one dimension.
  Value allocate(int64_t count, Type element);
  Value load(Value view, Value at, int64_t lanes);
  /// The first `valid` lanes; the others are zero.
  Value loadPart(Value view, Value at, int64_t lanes, int64_t valid);
  Value loadScalar(Value view, Value at);
  void store(Value vector, Value view, Value at);
  /// Brings the line of an element nearer, to be read before long.
  void prefetch(Value view, Value at);

  // Control.
  Values loop(Value lo, Value hi, int64_t step, ValueRange carried,
              function_ref<Values(Value, ValueRange)> body);
  void loop(Value lo, Value hi, function_ref<void(Value)> body);
  /// As `loop` from 0, without a loop where the body runs once.
  void repeat(int64_t count, function_ref<void(Value)> body);
  void branch(Value condition, function_ref<void()> whenTrue,
              function_ref<void()> whenFalse);
  Value isEqual(Value a, int64_t b);

  Value callIntrinsic(StringRef name, Type result, ValueRange operands);
};

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_KERNELS_KERNELBUILDER_H
