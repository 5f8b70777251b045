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
    SmallVector<octet_kernel::PackOp> packs;
    getOperation().walk(
        [&](octet_kernel::PackOp pack) { packs.push_back(pack); });
    for (octet_kernel::PackOp pack : packs) {
      auto type = cast<MemRefType>(pack.getSource().getType());
      if (!isPackable(type))
        fit(pack, pack.getSourceMutable(), type);
    }
  }

  /// One of the last two axes must lie together.
  static bool isPackable(MemRefType type) {
    auto [strides, offset] = type.getStridesAndOffset();
    return !llvm::any_of(strides, ShapedType::isDynamic) &&
           (strides[2] == 1 || strides[3] == 1);
  }

  /// Lets `kernel` use a dense buffer for the operand, copied before or after.
  void fit(DestinationStyleOpInterface kernel, OpOperand &operand,
           MemRefType type) {
    OpBuilder b(kernel);
    Location loc = kernel.getLoc();
    Value original = operand.get();
    auto dense = MemRefType::get(type.getShape(), type.getElementType());
    Value buffer = memref::AllocOp::create(b, loc, dense);
    operand.set(buffer);
    ++numCopies;
    if (!kernel.isDpsInit(&operand))
      return createCopy(b, loc, original, buffer);
    b.setInsertionPointAfter(kernel);
    createCopy(b, loc, buffer, original);
  }
};
} // namespace
