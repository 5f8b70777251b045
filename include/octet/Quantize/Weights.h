//===- Weights.h - Quantized constants --------------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_QUANTIZE_WEIGHTS_H
#define OCTET_QUANTIZE_WEIGHTS_H

#include "octet/IR/Octet.h"

namespace mlir::octet {

/// Quantizes constant f32 weights to symmetric i8 in [-127, 127], one scale an
/// entry of `axis` or one in all. Returns the quantized constant, or null if
/// the value is no f32 constant or holds a NaN or an infinity.
Value quantizeWeights(OpBuilder &builder, Value weight,
                      std::optional<int64_t> axis);

/// A constant f32 tensor in the given per-tensor type, read back as float:
/// dequantize(constant).
Value quantizeConstant(OpBuilder &builder, Value constant,
                       quant::UniformQuantizedType type);

/// Takes the shift that quantizing the operator's weights gives its mean result
/// out of its bias, if an observer saw the means of the input's channels. To be
/// called before the weights are replaced. Whether there was a correction.
bool correctBias(OpBuilder &builder, WeightedOpInterface op, Value quantized);

} // namespace mlir::octet

#endif // OCTET_QUANTIZE_WEIGHTS_H
