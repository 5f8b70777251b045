//===- ExpandFunctions.h - Functions of f64 as arithmetic -------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_EXPANDFUNCTIONS_H
#define OCTET_LIB_CODEGEN_EXPANDFUNCTIONS_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::octet {

/// Transcendental functions of f64 become sums and products.
void populateF64FunctionPatterns(RewritePatternSet &patterns);

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_EXPANDFUNCTIONS_H
