//===- Convolution.h - Contractions over windows ----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What convolutions and transposed convolutions share.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_LOWER_CONVOLUTION_H
#define OCTET_LIB_LOWER_CONVOLUTION_H

#include "Contraction.h"

namespace mlir::octet::lower {

/// The window of a convolution over an input that is channels-last.
struct Window {
  SmallVector<int64_t> strides, dilations, low, high; ///< one a spatial axis
  int64_t groups;
};

template <typename OpT, typename AdaptorT>
WeightedOperands collectConvolution(OpT op, AdaptorT adaptor) {
  return collectOperands(op, adaptor, Typed(op.getInput(), adaptor.getInput()),
                         Typed(op.getWeight(), adaptor.getWeight()));
}

/// Pad, contraction and epilogue. Input, residual and result are channels-last,
/// weights are O x I/groups x kernel.
FailureOr<Value> buildConvolution(OpBuilder &b, Operation *op,
                                  const WeightedOperands &operands,
                                  const Window &window, Value input);

/// The storage of real zero in an operand.
TypedAttr getPadding(Value original, Value lowered);

/// Removes what a negative pad cuts off a channels-last input, and makes the
/// pad 0.
Value cropInput(OpBuilder &b, Location loc, Value input, Window &window);

/// `type` with its scales one channel of axis 0 each, all of them `times` over.
Type repeatScales(Type type, int64_t times);

/// A transposed convolution as convolutions of its phases, all of it as for
/// `buildConvolution`; nothing if some outputs have no tap.
std::optional<FailureOr<Value>> buildPhases(OpBuilder &b, ConvTransposeOp op,
                                            const WeightedOperands &operands,
                                            Value input);

} // namespace mlir::octet::lower

#endif // OCTET_LIB_LOWER_CONVOLUTION_H
