//===- KernelConstants.h - Constants of kernels as globals -----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_KERNELS_KERNELCONSTANTS_H
#define OCTET_LIB_CODEGEN_KERNELS_KERNELCONSTANTS_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::octet {

/// Reads the constant globals of a module, and makes new ones by name, so that
/// the versions of a kernel share them.
class KernelConstants {
public:
  explicit KernelConstants(ModuleOp module) : symbols(module) {}

  /// The constant behind a buffer, or null.
  memref::GlobalOp find(Value buffer);
  /// The one made as `name` before, or a new one of `values` before `near`.
  memref::GlobalOp getOrCreate(memref::GlobalOp near, const std::string &name,
                               function_ref<ElementsAttr()> values);
  static Value get(OpBuilder &b, Location loc, memref::GlobalOp global);

  /// How often one made before was given.
  int64_t numShared = 0;

private:
  SymbolTable symbols;
  llvm::StringMap<memref::GlobalOp> made;
};

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_KERNELS_KERNELCONSTANTS_H
