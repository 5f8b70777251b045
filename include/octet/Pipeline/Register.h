//===- Register.h - Everything a tool registers -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_PIPELINE_REGISTER_H
#define OCTET_PIPELINE_REGISTER_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace mlir::octet {

/// Our dialects, those of MLIR that the stages use, and the interfaces that
/// upstream implements outside of its dialects.
void registerAllDialects(DialectRegistry &registry);

/// Our passes, a pipeline `--octet-STAGE` for each stage, and MLIR's passes.
void registerAllPasses();

/// The pipelines alone; registerAllPasses does it.
void registerAllPipelines();

} // namespace mlir::octet

#endif // OCTET_PIPELINE_REGISTER_H
