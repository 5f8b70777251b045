//===- Program.h - The model's main function in LLVM -----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_PROGRAM_H
#define OCTET_LIB_CODEGEN_PROGRAM_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "octet/Emit/ModelInfo.h"

namespace mlir::octet {

/// Replaces `model`, a block of buffers and calls of steps, by the function
/// that octet/Emit/ModelInfo.h describes, and adds what it knows to `info`.
LogicalResult lowerProgram(func::FuncOp model, ModelInfo &info);

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_PROGRAM_H
