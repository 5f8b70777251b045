//===- Reduction.h - Reductions over axes -----------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_LOWER_REDUCTION_H
#define OCTET_LIB_LOWER_REDUCTION_H

#include "Elementwise.h"

namespace mlir::octet::lower {

/// The axes of a shape that are not reduced.
SmallVector<int64_t> getKeptAxes(int64_t rank, ArrayRef<int64_t> reduced);

/// Reduces axes away. `combine` gets the element and the accumulator, whose
/// first value is `init`.
Value buildReduction(OpBuilder &b, Location loc, Value input,
                     ArrayRef<int64_t> axes, TypedAttr init,
                     function_ref<Value(Body &, Value, Value)> combine);

/// As `buildReduction`, in an order that vectors can follow and that is the
/// same everywhere: along the last axis, every 16th element goes into an
/// accumulator of its own, the accumulators are joined in a tree, and what is
/// left over follows one by one.
Value buildReductionInLanes(OpBuilder &b, Location loc, Value input,
                            ArrayRef<int64_t> axes, TypedAttr init,
                            function_ref<Value(Body &, Value, Value)> combine,
                            function_ref<Value(Body &, Value, Value)> join);

/// Sum of floats, in f32 where they are narrower.
Value buildFloatSum(OpBuilder &b, Location loc, Value input,
                    ArrayRef<int64_t> axes);
/// Maximum of floats; NaN if one is.
Value buildFloatMax(OpBuilder &b, Location loc, Value input,
                    ArrayRef<int64_t> axes);

/// f32 for narrower floats, else the type.
Type getWideFloat(Type type);

} // namespace mlir::octet::lower

#endif // OCTET_LIB_LOWER_REDUCTION_H
