//===- Compare.cpp - Outputs against expectations --------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Element-wise comparison with a tolerance.
//
//===----------------------------------------------------------------------===//

#include "octet/Run/Compare.h"
#include <cmath>
#include <cstdio>
#include <cstdlib>

using namespace octet;

Expected<Tolerance> Tolerance::parse(const std::string &text) {
  Tolerance tolerance;
  char *end = nullptr;
  tolerance.absolute = std::strtod(text.c_str(), &end);
  if (end != text.c_str() && *end == ',') {
    const char *second = end + 1;
    tolerance.relative = std::strtod(second, &end);
    if (end == second)
      end = nullptr;
  }
  if (!end || end == text.c_str() || *end || !(tolerance.absolute >= 0) ||
      !(tolerance.relative >= 0))
    return Error{"'" + text +
                 "' is not a tolerance: write ABSOLUTE or "
                 "ABSOLUTE,RELATIVE, e.g. 1e-5,1e-3"};
  return tolerance;
}

/// How far apart: 0 for equal values, NaN and NaN included, infinite where only
/// one is not a number.
static double getDifference(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b)))
    return 0;
  double difference = std::fabs(a - b);
  return std::isnan(difference) ? INFINITY : difference;
}

static std::vector<int64_t> getPosition(const std::vector<int64_t> &shape,
                                        int64_t index) {
  std::vector<int64_t> position(shape.size());
  for (size_t d = shape.size(); d-- > 0; index /= shape[d])
    position[d] = index % shape[d];
  return position;
}

Expected<Comparison> octet::compareArrays(const Array &found,
                                          const Array &expected,
                                          const Tolerance &tolerance) {
  if (found.type == OCTET_TYPE_BF16 && expected.type == OCTET_TYPE_U16)
    return compareArrays(found, *castArray(expected, found.type), tolerance);
  if (found.shape != expected.shape)
    return Error{"has shape " + formatShape(found.shape) + " instead of " +
                 formatShape(expected.shape)};
  Comparison result;
  result.numElements = found.getNumElements();
  double largest = 0;
  for (int64_t i = 0; i < result.numElements; ++i) {
    double a = found.get(i), b = expected.get(i);
    double difference = getDifference(a, b);
    double limit = tolerance.absolute + tolerance.relative * std::fabs(b);
    result.numDifferent += difference > limit;
    if (difference > largest || i == 0) {
      largest = difference;
      result.position = getPosition(found.shape, i);
      result.found = a;
      result.expected = b;
    }
  }
  return result;
}

std::string Comparison::str() const {
  char values[96];
  std::snprintf(values, sizeof(values), ": %.9g instead of %.9g", found,
                expected);
  return std::to_string(numDifferent) + " of " + std::to_string(numElements) +
         " elements differ, most at " + formatShape(position) + values;
}
