//===- Assertions.h - Assertions of ours on packages without ----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Included first where OCTET_ENABLE_ASSERTIONS keeps assert(). LLVM's packages
// are built without assertions, and without them a statistic is another class:
// it must be ours as it is theirs.
//
//===----------------------------------------------------------------------===//

#if defined(__cplusplus) && __has_include("llvm/ADT/Statistic.h")
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define NDEBUG 1
#include "llvm/ADT/Statistic.h"
#pragma pop_macro("NDEBUG")
#endif
