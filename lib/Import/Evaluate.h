//===- Evaluate.h - Small constant computations -----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_IMPORT_EVALUATE_H
#define OCTET_LIB_IMPORT_EVALUATE_H

#include "octet/IR/Constants.h"

namespace mlir::octet {

/// The result of an operator on small constants, for those without a `fold` of
/// their own: arithmetic on floats, functions, choices and reductions, which
/// exporters use to compute shapes, sizes and conditions.
std::optional<ConstantData> evaluate(Operation *op);

} // namespace mlir::octet

#endif // OCTET_LIB_IMPORT_EVALUATE_H
