//===- VerifyLower.cpp - Contract of the Lower stage ------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Octet.h"
#include "octet/Lower/Passes.h"

#include "mlir/IR/TypeUtilities.h"

#include "llvm/ADT/STLExtras.h"

namespace mlir::octet {
#define GEN_PASS_DEF_VERIFYLOWER
#include "octet/Lower/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

static bool isLoweredType(Type type) {
  Type element = getElementTypeOrSelf(type);
  if (auto integer = dyn_cast<IntegerType>(element))
    return integer.isSignless();
  return isa<FloatType, IndexType>(element);
}

static LogicalResult verifyOp(Operation *op) {
  StringRef dialect = op->getName().getDialectNamespace();
  if (!llvm::is_contained(
          {"builtin", "func", "linalg", "tensor", "arith", "math", "scf"},
          dialect) ||
      isa<UnrealizedConversionCastOp>(op))
    return op->emitError() << "'" << op->getName()
                           << "' is left after the Lower stage";
  auto check = [&](Type type) -> LogicalResult {
    if (isLoweredType(type))
      return success();
    return op->emitError() << "type " << type
                           << " is left after the Lower stage";
  };
  for (Type type : op->getResultTypes())
    if (failed(check(type)))
      return failure();
  for (Region &region : op->getRegions())
    for (Block &block : region)
      for (Type type : block.getArgumentTypes())
        if (failed(check(type)))
          return failure();
  return success();
}

namespace {
struct VerifyLowerPass : octet::impl::VerifyLowerBase<VerifyLowerPass> {
  void runOnOperation() override {
    getOperation().walk([&](Operation *op) {
      if (failed(verifyOp(op)))
        signalPassFailure();
    });
    markAllAnalysesPreserved();
  }
};
} // namespace
