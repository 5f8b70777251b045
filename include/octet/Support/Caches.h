//===- octet/Support/Caches.h - What caches hold ---------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How much generated code lets itself touch between two uses of the same data.
// The numbers suit cores with 32 KiB or more of L1 and 512 KiB or more of L2;
// they are the same for all instruction sets, so that all split work alike.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_SUPPORT_CACHES_H
#define OCTET_SUPPORT_CACHES_H

#include <cstdint>

namespace mlir::octet {

/// Of weights, to stay in L1 beside the input that passes.
inline constexpr int64_t kResidentL1Bytes = 20 * 1024;

/// Of what is used again and again, to stay in L2 beside what passes.
inline constexpr int64_t kResidentL2Bytes = 384 * 1024;

/// Of a turn of loops that take turns, to stay in the smallest L2.
inline constexpr int64_t kLargeTurnBytes = 256 * 1024;

/// Of an image, to be found in L2 after it was written as a whole.
inline constexpr int64_t kLargeImageBytes = 640 * 1024;

} // namespace mlir::octet

#endif // OCTET_SUPPORT_CACHES_H
