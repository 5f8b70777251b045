//===- FitOperands.cpp - Buffers that kernels can address ------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "octet/Codegen/Buffers.h"
#include "octet/Codegen/Passes.h"
#include "octet/IR/Kernel/OctetKernel.h"

namespace mlir::octet {
#define GEN_PASS_DEF_FITOPERANDS
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

namespace {
struct FitOperandsPass
    : public mlir::octet::impl::FitOperandsBase<FitOperandsPass> {
  void runOnOperation() override {
    SmallVector<octet_kernel::ConvOp> convs;
    getOperation().walk(
        [&](octet_kernel::ConvOp conv) { convs.push_back(conv); });
    for (octet_kernel::ConvOp conv : convs)
      for (OpOperand &operand : conv->getOpOperands()) {
        auto type = dyn_cast<MemRefType>(operand.get().getType());
        if (type && !octet_kernel::hasUsableLayout(type))
          fit(conv, operand, type);
      }
  }

  /// Lets `conv` use a dense buffer for the operand, copied before or after.
  void fit(octet_kernel::ConvOp conv, OpOperand &operand, MemRefType type) {
    OpBuilder b(conv);
    Location loc = conv.getLoc();
    Value original = operand.get();
    auto dense = MemRefType::get(type.getShape(), type.getElementType());
    Value buffer = memref::AllocOp::create(b, loc, dense);
    operand.set(buffer);
    ++numCopies;
    if (!conv.isDpsInit(&operand))
      return createCopy(b, loc, original, buffer);
    b.setInsertionPointAfter(conv);
    createCopy(b, loc, buffer, original);
  }
};
} // namespace
