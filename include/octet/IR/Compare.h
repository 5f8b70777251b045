//===- Compare.h - What a predicate says of two numbers ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_COMPARE_H
#define OCTET_IR_COMPARE_H

#include "octet/IR/Octet.h"

#include "llvm/Support/ErrorHandling.h"

namespace mlir::octet {

/// Whether the predicate holds for two integers or two real numbers.
template <typename T> bool holds(ComparePredicate predicate, T a, T b) {
  switch (predicate) {
  case ComparePredicate::Equal:
    return a == b;
  case ComparePredicate::Less:
    return a < b;
  case ComparePredicate::LessOrEqual:
    return a <= b;
  case ComparePredicate::Greater:
    return a > b;
  case ComparePredicate::GreaterOrEqual:
    return a >= b;
  }
  llvm_unreachable("all predicates are handled");
}

} // namespace mlir::octet

#endif // OCTET_IR_COMPARE_H
