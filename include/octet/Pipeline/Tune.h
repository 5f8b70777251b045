//===- Tune.h - Measure register tiles on this machine ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_PIPELINE_TUNE_H
#define OCTET_PIPELINE_TUNE_H

#include "octet/Pipeline/Compiler.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir::octet {

/// Sets the module's `octet_kernel.tiles` from the file `options.tune`.
///
/// Kernels that the file does not name are measured first, where this machine
/// runs their instruction set: the whole model is compiled once for each row of
/// the kernel table and run with one thread, so that a kernel's time is that
/// between its neighbours, with the caches as they leave them. The file then
/// holds the tile of the least time. `module` is as Lower leaves it.
LogicalResult tune(ModuleOp module, const CompileOptions &options);

} // namespace mlir::octet

#endif // OCTET_PIPELINE_TUNE_H
