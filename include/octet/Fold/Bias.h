//===- Bias.h - Constants at the accumulator's scale ------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_FOLD_BIAS_H
#define OCTET_FOLD_BIAS_H

#include "octet/IR/Octet.h"

namespace mlir::octet {

/// Weights and bias of a product in integers.
struct IntegerWeights {
  Value weight; ///< quantized constant
  Value bias;   ///< i32 constant at s_input * s_weight, or null
};

/// Makes the integer constants of a product whose input has type `input`, whose
/// weight is `dequantize(constant)` and whose bias is null, a float constant or
/// a dequantized one. The bias is rounded half to even; a channel whose bias
/// exceeds 2^30 steps gets larger weight scales, as rule C8 of docs/Numerics.md
/// says. Fails with a reason where the accumulator could exceed 32 bits or a
/// constant is missing.
FailureOr<IntegerWeights> makeIntegerWeights(OpBuilder &builder,
                                             WeightedOpInterface op,
                                             quant::UniformQuantizedType input,
                                             std::string &reason);

} // namespace mlir::octet

#endif // OCTET_FOLD_BIAS_H
