//===- Compiler.h - From a model to files -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What octet-compile does, as a function. Only this folder sees all stages.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_PIPELINE_COMPILER_H
#define OCTET_PIPELINE_COMPILER_H

#include "octet/Pipeline/Stage.h"
#include "octet/Quantize/Recipe.h"
#include "octet/Support/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"

#include <map>
#include <string>
#include <vector>

namespace mlir::octet {

struct CompileOptions {
  std::string input;  ///< .onnx or .mlir
  std::string output; ///< form by extension unless `emit` is set
  std::string emit;   ///< mlir, ll, s, o, a, so; empty: by extension
  std::map<std::string, int64_t> bindings;
  std::vector<std::string> samples; ///< as --calibrate takes them
  std::optional<Precision> precision;
  std::string recipe; ///< JSON text
  Target target = Target::host();
  Stage stopAfter = Stage::Emit;
  std::string tune;   ///< file of measured register tiles; empty: none
  std::string report; ///< file for the JSON report; empty: none
  bool failOnFloat = false;
  bool oracle = false; ///< plain loops instead of kernels
  bool verbose = false;
  unsigned threads = 2; ///< of the compiler itself
  /// As in CodegenOptions.
  int64_t tileCandidate = -1, bandHeight = 0;
  /// Another module shares constants with this one: none may be given back.
  bool sharesConstants = false;
};

/// Compiles; errors go to the context's diagnostics. Nothing is written unless
/// everything succeeded.
LogicalResult compileModel(MLIRContext *context, const CompileOptions &options);

/// Runs the stages from the one after `from` up to `to` (Codegen at most) on a
/// module, without samples.
LogicalResult runStages(ModuleOp module, Stage from, Stage to,
                        const CompileOptions &options);

} // namespace mlir::octet

#endif // OCTET_PIPELINE_COMPILER_H
