//===- Embedded.cpp - Files that are part of the compiler ------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The bytes, made by runtime/CMakeLists.txt. Bitcode is read in words, hence
// the alignment.
//
//===----------------------------------------------------------------------===//

#include "Embedded.h"

using namespace mlir::octet;

// clang-format off
alignas(8) static const unsigned char kRuntimeX86[] = {
#include "Runtime-x86_64.inc"
};
alignas(8) static const unsigned char kRuntimeArm[] = {
#include "Runtime-aarch64.inc"
};
static const unsigned char kLibcX86[] = {
#include "libc-x86_64.inc"
};
static const unsigned char kLibcArm[] = {
#include "libc-aarch64.inc"
};
static const unsigned char kLibmX86[] = {
#include "libm-x86_64.inc"
};
static const unsigned char kLibmArm[] = {
#include "libm-aarch64.inc"
};
static const unsigned char kModelHeader[] = {
#include "Model.h.inc"
};
// clang-format on

template <size_t N>
static llvm::StringRef asString(const unsigned char (&bytes)[N]) {
  return llvm::StringRef(reinterpret_cast<const char *>(bytes), N);
}

llvm::StringRef mlir::octet::getRuntimeBitcode(Arch arch) {
  return arch == Arch::X86_64 ? asString(kRuntimeX86) : asString(kRuntimeArm);
}

llvm::StringRef mlir::octet::getLibcStub(Arch arch) {
  return arch == Arch::X86_64 ? asString(kLibcX86) : asString(kLibcArm);
}

llvm::StringRef mlir::octet::getLibmStub(Arch arch) {
  return arch == Arch::X86_64 ? asString(kLibmX86) : asString(kLibmArm);
}

llvm::StringRef mlir::octet::getModelHeader() { return asString(kModelHeader); }
