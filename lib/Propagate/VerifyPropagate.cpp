//===- VerifyPropagate.cpp - The contract of Propagate -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Propagate/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_VERIFYPROPAGATE
#include "octet/Propagate/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

namespace {
struct VerifyPropagatePass
    : octet::impl::VerifyPropagateBase<VerifyPropagatePass> {
  void runOnOperation() override {
    WalkResult result =
        getOperation().walk([](SameScaleOpInterface op) -> WalkResult {
          Type type;
          for (OpOperand *operand : op.getDataOperands()) {
            auto source = operand->get().getDefiningOp<DequantizeOp>();
            if (!source || op.getFillValue().value_or(0) != 0 ||
                !isa<quant::UniformQuantizedType>(
                    getQuantizedType(source.getInput())))
              return WalkResult::advance();
            Type other = getQuantizedType(source.getInput());
            if (type && type != other)
              return WalkResult::advance();
            type = other;
          }
          if (!type)
            return WalkResult::advance();
          op.emitError("moves real values between operators that could share "
                       "a scale");
          return WalkResult::interrupt();
        });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
