//===- Hints.h - What speaks for float or integers --------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of attributes that an operator may carry. Where an operator of ONNX
// becomes many, its importer knows what cannot be seen from any of them;
// recipes and the passes of Quantize write some of them too.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_HINTS_H
#define OCTET_IR_HINTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/StringRef.h"

namespace mlir::octet {

/// The reason why 8 bits would cost accuracy here. A recipe may overrule it.
inline constexpr llvm::StringLiteral kPrefersFloatName = "octet.prefers_float";

/// A recipe asks for integers here, by name or type; nothing overrules it.
inline constexpr llvm::StringLiteral kRequiresIntegersName =
    "octet.requires_integers";

/// Of a function: the type of floats that the model was stored in, where it has
/// 16 bits. Import widens what computes.
inline constexpr llvm::StringLiteral kStoredFloatsName = "octet.stored_floats";

/// The name of a group: the results of its operators are to have one scale.
inline constexpr llvm::StringLiteral kRangeGroupName = "octet.range_group";

/// On a module without quantized types: no integer depends on the last bits of
/// its floats.
inline constexpr llvm::StringLiteral kFreeFloatsAttrName = "octet.free_floats";

/// A reason to stay float, with how to have integers nevertheless.
inline StringAttr getOverrulable(MLIRContext *context,
                                 const llvm::Twine &reason) {
  return StringAttr::get(
      context, reason + "; a recipe's \"precision\": \"int8\" overrules this");
}

} // namespace mlir::octet

#endif // OCTET_IR_HINTS_H
