//===- octet/Codegen/Passes.h - From linalg to LLVM ------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes of the Codegen stage and their order.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_CODEGEN_PASSES_H
#define OCTET_CODEGEN_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <memory>
#include <string>

namespace mlir::octet {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "octet/Codegen/Passes.h.inc"

struct CodegenOptions {
  /// As --target of octet-compile.
  std::string target = "host";
  /// Plain loops only, for the first instruction set of the target: what all
  /// kernels are compared with.
  bool oracle = false;
  /// The module is the only one of its context: constants that it has no use
  /// for any more are given back.
  bool releaseConstants = false;
  /// The register tile that all kernels get, as octet-choose-tiles counts them;
  /// -1: the measured ones of `octet_kernel.tiles`, or the cheapest.
  int64_t tileCandidate = -1;
  /// Rows of a band in all chains of computations; 0: as the estimate says, -1:
  /// no bands.
  int64_t bandHeight = 0;
};

/// linalg, tensor, arith, math and scf on storage types -> the LLVM dialect
/// with `octet.model`.
void buildCodegenPipeline(OpPassManager &pm, const CodegenOptions &options);

/// Makes `--octet-codegen` known.
void registerCodegenPipeline();

} // namespace mlir::octet

#endif // OCTET_CODEGEN_PASSES_H
