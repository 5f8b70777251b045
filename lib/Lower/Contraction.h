//===- Contraction.h - Multiply-accumulate, and what follows ----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What convolutions and matrix products share: weights made ready, one
// linalg.generic that accumulates, and one that turns accumulators into the
// result (bias, requantization, residual, clamp).
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_LOWER_CONTRACTION_H
#define OCTET_LIB_LOWER_CONTRACTION_H

#include "Numerics.h"

namespace mlir::octet::lower {

/// The operands and result of an operator with weights. The weights' values
/// are arranged as the caller's contraction wants them counted: one channel an
/// entry of `weightChannelAxis`, per-axis scales along it.
struct WeightedOperands {
  Typed input, weight, bias, residual;
  RankedTensorType resultType;
  ClampAttr clamp;
  int64_t weightChannelAxis = 0;
  /// The weights differ between batches, so no sum over them is per channel.
  bool hasBatchedWeight = false;
};

/// Of an operator with a bias, a residual and a clamp.
template <typename OpT, typename AdaptorT>
WeightedOperands collectOperands(OpT op, AdaptorT adaptor, Typed input,
                                 Typed weight) {
  WeightedOperands operands;
  operands.input = input;
  operands.weight = weight;
  operands.bias = Typed(op.getBias(), adaptor.getBias());
  operands.residual = Typed(op.getResidual(), adaptor.getResidual());
  operands.resultType = cast<RankedTensorType>(op.getType());
  operands.clamp = op.getClampAttr();
  return operands;
}

/// How accumulators come about, and what they mean.
struct Accumulation {
  Value weight;      ///< ready to multiply
  Type accumulator;  ///< i32, i64 or float
  TypedAttr padding; ///< stands for real zero in the input
  bool isInputSigned = true, isWeightSigned = true;
  /// Zero points that the contraction has to subtract itself (rule C7).
  int64_t inputZero = 0, weightZero = 0;
  /// Real value of an accumulator step, one a channel or one for all; empty if
  /// nothing is quantized.
  SmallVector<float> scales;
  /// The result is the accumulator, bias included (rule C6).
  bool isResult = false;
  /// Constant to be added, one a channel: bias less zero-point terms (C1).
  SmallVector<int64_t> offsets;
  Value bias; ///< one computed at run time, or a float one
};

/// Decides how to accumulate. Emits an error at `op` if types do not allow it.
FailureOr<Accumulation> planAccumulation(OpBuilder &b, Operation *op,
                                         const WeightedOperands &operands);

/// Loops of a contraction: parallel axes are the result's, then reductions.
struct ContractionLoops {
  AffineMap input, weight;
  SmallVector<int64_t> shape; ///< of the result
  int64_t reductions;
};

/// The accumulators.
Value buildContraction(OpBuilder &b, Location loc, const Accumulation &plan,
                       Value input, Value weight,
                       const ContractionLoops &loops);

/// The result from accumulators; `channelAxes` are the axes of their shape that
/// make up the output channel. `residual` has the accumulators' shape.
Value buildEpilogue(OpBuilder &b, Location loc, const Accumulation &plan,
                    const WeightedOperands &operands, Value accumulators,
                    Typed residual, ArrayRef<int64_t> channelAxes);

} // namespace mlir::octet::lower

#endif // OCTET_LIB_LOWER_CONTRACTION_H
