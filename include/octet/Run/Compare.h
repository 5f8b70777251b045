//===- octet/Run/Compare.h - Outputs against expectations ------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compares arrays and finds the largest difference.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_RUN_COMPARE_H
#define OCTET_RUN_COMPARE_H

#include "octet/Run/Array.h"
#include <string>

namespace octet {

/// Elements a and b (expected) agree where |a - b| <= absolute + relative *
/// |b|.
struct Tolerance {
  double absolute = 0;
  double relative = 0;

  /// "ABS" or "ABS,REL".
  static Expected<Tolerance> parse(const std::string &text);
};

struct Comparison {
  int64_t numElements = 0;
  int64_t numDifferent = 0;
  /// Where |a - b| is largest, and the values there.
  std::vector<int64_t> position;
  double found = 0, expected = 0;

  /// "12 of 100 elements differ, most at [0, 3]: 1.25 instead of 1.5".
  std::string str() const;
};

/// Types may differ, shapes may not.
Expected<Comparison> compareArrays(const Array &found, const Array &expected,
                                   const Tolerance &tolerance);

} // namespace octet

#endif // OCTET_RUN_COMPARE_H
