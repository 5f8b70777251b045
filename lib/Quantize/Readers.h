//===- Readers.h - Who computes on integers ---------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_QUANTIZE_READERS_H
#define OCTET_LIB_QUANTIZE_READERS_H

#include "octet/IR/Octet.h"

namespace mlir::octet {

/// What a product adds to a result that is read as float stays float as well:
/// the stream beside the blocks of a transformer.
bool isRealResidual(OpOperand &use);

/// Whether the operator computes on integers that represent its operand.
bool readsIntegers(OpOperand &use);

} // namespace mlir::octet

#endif // OCTET_LIB_QUANTIZE_READERS_H
