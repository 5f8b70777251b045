//===- Embedded.h - Files that are part of the compiler --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the build embeds, so that the compiler needs no files of its own.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_EMIT_EMBEDDED_H
#define OCTET_LIB_EMIT_EMBEDDED_H

#include "octet/Support/Target.h"
#include "llvm/ADT/StringRef.h"

namespace mlir::octet {

/// runtime/ as LLVM bitcode.
llvm::StringRef getRuntimeBitcode(Arch arch);
/// Shared libraries without contents, named libc.so.6 and libm.so.6: linking to
/// them makes a library depend on the target's own, without a copy of it here.
llvm::StringRef getLibcStub(Arch arch);
llvm::StringRef getLibmStub(Arch arch);
/// octet-c/Model.h.
llvm::StringRef getModelHeader();

} // namespace mlir::octet

#endif // OCTET_LIB_EMIT_EMBEDDED_H
