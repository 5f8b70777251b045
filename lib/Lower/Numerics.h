//===- Numerics.h - The rules of docs/Numerics.md as IR ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a quantized type means, and the scalar arithmetic that all operators on
// quantized types share. Rules are cited by their number in docs/Numerics.md.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_LOWER_NUMERICS_H
#define OCTET_LIB_LOWER_NUMERICS_H

#include "Elementwise.h"

namespace mlir::octet::lower {

/// A quantized type as arithmetic needs it. There is one scale and zero point,
/// or one an element of `axis`.
struct Quantization {
  bool isSigned;
  unsigned bits;
  int64_t min, max; ///< of storage
  SmallVector<float> scales;
  SmallVector<int64_t> zeros;
  std::optional<int64_t> axis;

  /// Of a quantized element type or a tensor of one; fails for sub-channel
  /// types and others than `!quant.uniform`.
  static FailureOr<Quantization> get(Type type);

  /// The axes along which numbers vary in a result of `rank`, for an operand of
  /// `ownRank` that broadcasts to it.
  SmallVector<int64_t> getAxes(int64_t rank, int64_t ownRank) const;
  bool isPerAxis() const { return axis.has_value(); }
  /// All zero points are 0.
  bool isSymmetric() const {
    return llvm::all_of(zeros, [](int64_t z) { return z == 0; });
  }
  /// The storage bounds narrowed to a clamp, for entry `i` (rule Q1).
  std::pair<int64_t, int64_t> getBounds(ClampAttr clamp, size_t i) const;
};

/// Rule Q1 for one number at compile time.
int64_t quantizeNumber(double x, float scale, int64_t zero, int64_t min,
                       int64_t max);

/// Turns scaled real numbers of a body into storage values: the last step of
/// rules Q1, Q3, C3, E1, E2, P1 and R1.
class Quantizer {
public:
  /// Adds the operands that it needs to `to`. `axes` are those of the shape
  /// along which a per-axis type varies.
  Quantizer(Elementwise &to, const Quantization &type, ClampAttr clamp,
            ArrayRef<int64_t> axes);

  /// x (f32), already divided by the scale, as storage. NaN becomes the lower
  /// bound if it `mayBeNaN`.
  Value build(Body &body, ArrayRef<Value> args, Value x, bool mayBeNaN) const;

private:
  Value buildWide(Body &body, ArrayRef<Value> args, Value x) const;

  unsigned low, high, zero, bits;
  bool isSymmetric;
  bool isWide; ///< bounds are not exact in f32: clamp in i64
};

/// Turns storage values of a body into q - z and f32(q - z): the first step of
/// rules Q2, Q3, E1, E2.
class Dequantizer {
public:
  Dequantizer(Elementwise &to, const Quantization &type,
              ArrayRef<int64_t> axes);

  /// q - z, exact: i32, or i64 where that may not fit.
  Value buildCentered(Body &body, ArrayRef<Value> args, Value stored) const;
  /// f32(q - z)
  Value buildNumber(Body &body, ArrayRef<Value> args, Value stored) const;

private:
  unsigned zero, bits;
  bool isSigned, isSymmetric;
};

/// Reads an operand, quantized or float, as a real number: f32(q - z) * s (rule
/// Q2), or the float itself.
class RealOperand {
public:
  RealOperand(Elementwise &to, Typed operand);
  Value build(Body &body, ArrayRef<Value> args) const;

private:
  unsigned slot, scale = 0;
  std::optional<Dequantizer> dequantizer;
};

/// Writes a real number of a body as the result's type: quantized (rule Q1),
/// after a clamp, or float.
class RealResult {
public:
  RealResult(Elementwise &to, RankedTensorType type, ClampAttr clamp);
  Value build(Body &body, ArrayRef<Value> args, Value x) const;
  Type getElement() const { return element; }

private:
  Type element; ///< lowered
  ClampAttr clamp;
  unsigned scale = 0;
  std::optional<Quantizer> quantizer;
};

/// Rule P1: exact i32 or i64 sums of q - z as the result's type, times
/// f32(s_x / f32(s_y * n)); `counts` holds n, which may vary along `axes`.
Value buildMean(OpBuilder &b, Location loc, Value sums,
                const Quantization &from, RankedTensorType type,
                ArrayRef<float> counts, ArrayRef<int64_t> axes,
                ClampAttr clamp);
/// The integer type in which `count` values of a type are summed up.
Type getSumType(MLIRContext *context, const Quantization &type, int64_t count);

/// Cuts a float of a body to a clamp's bounds; NaN stays NaN.
Value buildClamp(Body &body, Value x, ClampAttr clamp);

/// Each a[i] / b[i] or a[i] * b[i] in f32; a single number stands for all.
SmallVector<float> divide(ArrayRef<float> a, ArrayRef<float> b);
SmallVector<float> multiply(ArrayRef<float> a, ArrayRef<float> b);

} // namespace mlir::octet::lower

#endif // OCTET_LIB_LOWER_NUMERICS_H
