//===- VerifyImport.cpp - The contract of the Import stage -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Import/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_VERIFYIMPORT
#include "octet/Import/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

static LogicalResult verifyType(Operation *op, Type type, StringRef what) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (tensor && tensor.hasStaticShape())
    return success();
  return op->emitOpError() << what << " of type " << type
                           << " is not a tensor of fixed extents";
}

static LogicalResult verifyOperation(Operation *op) {
  if (isa<NodeOp, AbsentOp>(op))
    return op->emitOpError("is left after Import: it has no meaning yet");
  if (!isa<OctetDialect, func::FuncDialect>(op->getDialect()))
    return op->emitOpError("does not belong to a model");
  for (Type type : op->getResultTypes())
    if (failed(verifyType(op, type, "result")))
      return failure();
  return success();
}

static LogicalResult verifyMain(func::FuncOp main) {
  if (!main.getBody().hasOneBlock())
    return main.emitOpError("must have one block");
  for (unsigned i = 0; i < main.getNumArguments(); ++i) {
    if (!main.getArgAttrOfType<StringAttr>(i, "octet.name"))
      return main.emitOpError() << "input " << i << " has no octet.name";
    if (failed(verifyType(main, main.getArgument(i).getType(), "input")))
      return failure();
  }
  for (unsigned i = 0; i < main.getNumResults(); ++i)
    if (!main.getResultAttrOfType<StringAttr>(i, "octet.name"))
      return main.emitOpError() << "output " << i << " has no octet.name";
  LogicalResult result = success();
  main.getBody().front().walk([&](Operation *op) {
    result = verifyOperation(op);
    return failed(result) ? WalkResult::interrupt() : WalkResult::advance();
  });
  return result;
}

namespace {
struct VerifyImport : octet::impl::VerifyImportBase<VerifyImport> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main) {
      getOperation().emitOpError("has no function @main");
      return signalPassFailure();
    }
    if (failed(verifyMain(main)))
      signalPassFailure();
  }
};
} // namespace
