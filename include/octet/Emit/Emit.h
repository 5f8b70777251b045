//===- octet/Emit/Emit.h - From the LLVM dialect to files ------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The last stage. Takes the module that Codegen leaves (LLVM dialect, with an
// `octet.model` as in ModelInfo.h) and writes a library or one of the forms on
// the way to it.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_EMIT_EMIT_H
#define OCTET_EMIT_EMIT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"
#include "octet/Support/Target.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace mlir::octet {

enum class EmitKind { LLVMIR, Assembly, Object, Archive, SharedLibrary };

/// By extension: .ll .s .o .a .so; nothing for any other.
std::optional<EmitKind> getEmitKind(llvm::StringRef path);

struct EmitOptions {
  /// "-" is the standard output (not for archives and libraries).
  std::string output;
  EmitKind kind = EmitKind::SharedLibrary;
  Target target = Target::host();
  /// Also writes the C header, `output` with the extension .h, beside an
  /// object, archive or shared library.
  bool header = true;
  /// Threads to compile with.
  unsigned threads = 2;
  /// Keeps the names of internal functions in a shared library, for profilers.
  bool keepSymbols = false;
  /// LLVM's: 0 to 3.
  unsigned optLevel = 3;
  /// Prints the time of each part to the standard error.
  bool timing = false;
};

/// Writes `options.output`. Errors are emitted on the module: one line each.
/// The module is used up.
LogicalResult emit(ModuleOp module, const EmitOptions &options);

} // namespace mlir::octet

#endif // OCTET_EMIT_EMIT_H
