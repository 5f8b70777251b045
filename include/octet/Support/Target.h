//===- octet/Support/Target.h - Architectures and ISAs ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `--target` means: an architecture, and the instruction sets that the
// library has kernels for. Codegen makes a version of a kernel for each; Emit
// gives each its features; the library chooses among them when it is loaded.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_SUPPORT_TARGET_H
#define OCTET_SUPPORT_TARGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace mlir::octet {

enum class Arch { X86_64, AArch64 };

/// An instruction set: a row of Isas.def.
struct Isa {
  llvm::StringLiteral name;
  Arch arch;
  /// LLVM's feature string beyond the architecture's baseline: "+avx,+avx2".
  llvm::StringLiteral features;
  unsigned vectorBits;
  bool byDefault;
};

/// All instruction sets of an architecture, worst first.
llvm::ArrayRef<Isa> getIsas(Arch arch);
/// The one of that name, or null.
const Isa *findIsa(Arch arch, llvm::StringRef name);
/// The instruction sets that this machine's CPU has, worst first.
llvm::SmallVector<const Isa *> getHostIsas();

/// What a library is compiled for.
struct Target {
  Arch arch = Arch::X86_64;
  /// Worst first, never empty.
  llvm::SmallVector<const Isa *> isas;

  llvm::StringRef getTriple() const;
  llvm::StringRef getArchName() const;
  const Isa *find(llvm::StringRef isa) const;

  /// `host`: this architecture, every instruction set that this CPU has; the
  /// baseline only if there is no better one, for its kernels are the largest.
  /// `x86-64`, `aarch64`: every instruction set of the default list.
  /// `x86-64+avx2+avx512vnni`: those named and no other, so that the library is
  /// smaller and needs a CPU with at least one of them.
  static llvm::Expected<Target> parse(llvm::StringRef text);
  static Target host();
  /// The form that `parse` reads back.
  std::string str() const;
};

} // namespace mlir::octet

#endif // OCTET_SUPPORT_TARGET_H
