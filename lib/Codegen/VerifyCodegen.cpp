//===- VerifyCodegen.cpp - What Codegen promises to Emit -------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "octet/Codegen/Passes.h"
#include "octet/Emit/ModelInfo.h"

namespace mlir::octet {
#define GEN_PASS_DEF_VERIFYCODEGEN
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// Only the launch of a step comes from outside the module.
static LogicalResult verifyDeclaration(LLVM::LLVMFuncOp function) {
  if (!function.isExternal() || function.getName() == ModelInfo::kLaunchName)
    return success();
  return function.emitError("function @")
         << function.getName()
         << " is not defined: a library calls nothing but itself";
}

/// Intrinsics that LLVM turns into calls of libm.
static LogicalResult verifyIntrinsic(Operation *op) {
  if (!isa<LLVM::ExpOp, LLVM::Exp2Op, LLVM::Exp10Op, LLVM::LogOp, LLVM::Log2Op,
           LLVM::Log10Op, LLVM::SinOp, LLVM::CosOp, LLVM::PowOp, LLVM::PowIOp,
           LLVM::TanOp, LLVM::TanhOp>(op))
    return success();
  return op->emitError("would become a call of libm");
}

namespace {
struct VerifyCodegenPass
    : public mlir::octet::impl::VerifyCodegenBase<VerifyCodegenPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    WalkResult result = module.walk([&](Operation *op) -> WalkResult {
      if (op == module)
        return WalkResult::advance();
      if (!isa<LLVM::LLVMDialect>(op->getDialect()))
        return op->emitError("is not of the LLVM dialect");
      if (auto function = dyn_cast<LLVM::LLVMFuncOp>(op))
        return verifyDeclaration(function);
      return verifyIntrinsic(op);
    });
    if (result.wasInterrupted() || failed(ModelInfo::get(module)))
      signalPassFailure();
    markAllAnalysesPreserved();
  }
};
} // namespace
