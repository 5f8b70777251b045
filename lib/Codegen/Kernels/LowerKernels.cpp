//===- LowerKernels.cpp - Kernels become loops and tiles -------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelPlan.h"
#include "MatrixTiling.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "octet/Codegen/Kernels/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_OCTETLOWERKERNELS
#include "octet/Codegen/Kernels/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

/// A function that does a range of a kernel's units says how many there are.
static void noteWorkExtent(SplittableOpInterface op, Operation *function) {
  if (llvm::any_of(op->getOperandTypes(), llvm::IsaPred<IndexType>))
    function->setAttr(
        OctetKernelDialect::kWorkExtentAttrName,
        Builder(op.getContext()).getI64IntegerAttr(op.getWorkExtent()));
}

/// Vectors that do not stay in registers are kept on the stack. LLVM aligns
/// them only if it knows from the start that it may; each use of one that is
/// not aligned touches two cache lines.
static void alignStack(Operation *function) {
  Builder b(function->getContext());
  StringAttr align = b.getStringAttr("stackrealign");
  SmallVector<Attribute> attrs;
  if (auto old = function->getAttrOfType<ArrayAttr>("passthrough"))
    llvm::append_range(attrs, old);
  if (!llvm::is_contained(attrs, align))
    attrs.push_back(align);
  function->setAttr("passthrough", b.getArrayAttr(attrs));
}

static void annotateFunction(SplittableOpInterface op) {
  auto function = op->getParentOfType<FunctionOpInterface>();
  if (!function)
    return;
  noteWorkExtent(op, function);
  if (getIsaTraits(getIsa(op)).vectorBits > 128)
    alignStack(function);
}

static LogicalResult checkLowerable(ConvOp op) {
  if (!op.getPacking())
    return op.emitOpError("weights are not packed");
  for (Value operand : op->getOperands()) {
    if (isa<IndexType>(operand.getType()))
      continue;
    auto type = dyn_cast<MemRefType>(operand.getType());
    if (!type)
      return op.emitOpError()
             << "must be on buffers, got " << operand.getType();
    if (!hasUsableLayout(type))
      return op.emitOpError()
             << "strides must be static, and 1 along channels, got "
             << operand.getType();
  }
  return success();
}

namespace {
class OctetLowerKernels
    : public octet::impl::OctetLowerKernelsBase<OctetLowerKernels> {
public:
  void runOnOperation() override {
    SmallVector<PackOp> packs;
    getOperation()->walk([&](PackOp op) { packs.push_back(op); });
    for (PackOp op : packs) {
      KernelBuilder b(op.getLoc(), op);
      lowerPack(op, b);
      annotateFunction(op);
      op.erase();
    }
    SmallVector<ConvOp> ops;
    getOperation()->walk([&](ConvOp op) { ops.push_back(op); });
    for (ConvOp op : ops) {
      if (failed(checkLowerable(op)))
        return signalPassFailure();
      KernelBuilder b(op.getLoc(), op);
      KernelPlan plan(op, b);
      if (op.isDepthwise())
        lowerDepthwise(plan, b);
      else if (std::optional<MatrixTiling> tiling =
                   MatrixTiling::choose(op, plan.traits.isa))
        lowerMatrixConv(plan, *tiling, b);
      else
        lowerConv(plan, b);
      annotateFunction(op);
      op.erase();
    }
  }
};
} // namespace
