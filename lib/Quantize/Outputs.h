//===- Outputs.h - Outputs that shall have a quantized form ----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_QUANTIZE_OUTPUTS_H
#define OCTET_LIB_QUANTIZE_OUTPUTS_H

#include "octet/IR/Octet.h"

namespace mlir::octet {

/// The scheme by which a real output of the model has a quantized form: of the
/// operator with a scheme that makes it, seen through movements and functions.
/// Null if `value` is no output or integers have no part in it.
SchemeAttr findOutputScheme(Value value);

} // namespace mlir::octet

#endif // OCTET_LIB_QUANTIZE_OUTPUTS_H
