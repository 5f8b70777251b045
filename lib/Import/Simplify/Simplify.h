//===- Simplify.h - Patterns of octet-simplify ------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_IMPORT_SIMPLIFY_SIMPLIFY_H
#define OCTET_LIB_IMPORT_SIMPLIFY_SIMPLIFY_H

#include "octet/IR/Constants.h"
#include "octet/IR/Octet.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>

namespace mlir::octet {

/// What the patterns did, for the pass's statistics.
struct SimplifyCounts {
  int64_t norms = 0, factors = 0, pads = 0, fused = 0;
};

void populateWeightPatterns(RewritePatternSet &patterns,
                            SimplifyCounts &counts);
void populateWindowPatterns(RewritePatternSet &patterns,
                            SimplifyCounts &counts);
void populateActivationPatterns(RewritePatternSet &patterns,
                                SimplifyCounts &counts);
void populateNormPatterns(RewritePatternSet &patterns, SimplifyCounts &counts);

/// The one number that a constant holds in every element.
std::optional<double> getSplat(Value value);

/// True if `a` equals `b` up to the rounding of constants to f32.
inline bool isNear(double a, double b) {
  return std::abs(a - b) <= 1e-5 * std::max(std::abs(a), std::abs(b));
}

/// The operands of a commutative operator as (other, constant number).
std::optional<std::pair<Value, double>> splitSplat(Operation *op);

} // namespace mlir::octet

#endif // OCTET_LIB_IMPORT_SIMPLIFY_SIMPLIFY_H
