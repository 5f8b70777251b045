//===- VerifyQuantize.cpp - The contract of Quantize -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Quantize/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_VERIFYQUANTIZE
#include "octet/Quantize/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

namespace {
struct VerifyQuantizePass
    : octet::impl::VerifyQuantizeBase<VerifyQuantizePass> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk([](Operation *op) {
      if (isa<ObserveOp>(op)) {
        op->emitError("observer is left; its value was never seen in samples");
        return WalkResult::interrupt();
      }
      bool computes = isa<IntegerFormOpInterface>(op) &&
                      getElementTypeOrSelf(op->getResult(0).getType()).isF32();
      if (computes && !SchemeAttr::of(op) &&
          !op->hasAttr(SchemeAttr::kStaysFloatName)) {
        op->emitError("operator was not decided: neither a scheme nor a reason "
                      "to stay float");
        return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
