//===- FoldLimit.h - How large constants become -----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_FOLDLIMIT_H
#define OCTET_IR_FOLDLIMIT_H

#include <cstdint>

namespace mlir::octet {

/// Results above this many elements are left to run time: the masks and indices
/// of windows of attention are below it, and no library grows by more than two
/// megabytes for one of them.
inline constexpr int64_t kFoldLimit = 1 << 18;

} // namespace mlir::octet

#endif // OCTET_IR_FOLDLIMIT_H
