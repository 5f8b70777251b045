//===- octet/Run/Expected.h - A value or an error --------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What functions of this library give: a value, or one line that says what is
// wrong. No exceptions, and no LLVM.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_RUN_EXPECTED_H
#define OCTET_RUN_EXPECTED_H

#include <string>
#include <utility>
#include <variant>

namespace octet {

/// One line, lower case, without a full stop.
struct Error {
  std::string message;
};

template <typename T> class [[nodiscard]] Expected {
public:
  Expected(T value) : content(std::in_place_index<0>, std::move(value)) {}
  Expected(Error error) : content(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return content.index() == 0; }
  T &operator*() { return *std::get_if<0>(&content); }
  const T &operator*() const { return *std::get_if<0>(&content); }
  T *operator->() { return std::get_if<0>(&content); }
  const T *operator->() const { return std::get_if<0>(&content); }
  const Error &error() const { return *std::get_if<1>(&content); }

private:
  std::variant<T, Error> content;
};

/// Success without a value.
struct Success {};
using Result = Expected<Success>;

} // namespace octet

#endif // OCTET_RUN_EXPECTED_H
