//===- HostLibrary.h - A model compiled to be run here ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_PIPELINE_HOSTLIBRARY_H
#define OCTET_LIB_PIPELINE_HOSTLIBRARY_H

#include "octet/Pipeline/Compiler.h"
#include "octet/Run/Model.h"

namespace mlir::octet {

/// A library in a temporary file that is gone when this is.
class HostLibrary {
public:
  HostLibrary() = default;
  HostLibrary(const HostLibrary &) = delete;
  ~HostLibrary();

  /// Emits `module`, which is through with Codegen for a target that runs here,
  /// and loads it; `optLevel` is LLVM's, 0 to 3. Errors are the module's.
  LogicalResult load(ModuleOp module, const CompileOptions &options,
                     unsigned optLevel = 3);

  ::octet::Model &get() { return *model; }

private:
  SmallString<128> path;
  std::optional<::octet::Model> model;
};

} // namespace mlir::octet

#endif // OCTET_LIB_PIPELINE_HOSTLIBRARY_H
