//===- Calibrate.h - Run a model on samples to fill its observers -*- C++
//-*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_PIPELINE_CALIBRATE_H
#define OCTET_PIPELINE_CALIBRATE_H

#include "octet/Pipeline/Compiler.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir::octet {

/// Compiles the float model for this machine, with what the observers of
/// `module` see as its outputs, runs it on the samples one batch at a time, and
/// stores the statistics in the observers. Memory does not grow with the number
/// of samples.
LogicalResult calibrate(ModuleOp module, const CompileOptions &options);

} // namespace mlir::octet

#endif // OCTET_PIPELINE_CALIBRATE_H
