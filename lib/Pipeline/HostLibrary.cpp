//===- HostLibrary.cpp - A model compiled to be run here -------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostLibrary.h"
#include "octet/Emit/Emit.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace mlir::octet;

HostLibrary::~HostLibrary() {
  if (!path.empty())
    llvm::sys::fs::remove(path);
}

LogicalResult HostLibrary::load(ModuleOp module, const CompileOptions &options,
                                unsigned optLevel) {
  Location loc = UnknownLoc::get(module.getContext());
  if (std::error_code error =
          llvm::sys::fs::createTemporaryFile("octet-host", "so", path)) {
    path.clear();
    return emitError(loc) << "no temporary file can be made for a library to "
                             "run here: "
                          << error.message();
  }
  EmitOptions emitOptions;
  emitOptions.output = path.str().str();
  emitOptions.kind = EmitKind::SharedLibrary;
  emitOptions.target = options.target;
  emitOptions.header = false;
  emitOptions.threads = options.threads;
  emitOptions.optLevel = optLevel;
  if (failed(emit(module, emitOptions)))
    return failure();
  auto loaded = ::octet::Model::load(path.str().str());
  if (!loaded)
    return emitError(loc) << "the library to run here: "
                          << loaded.error().message;
  model = std::move(*loaded);
  return success();
}
