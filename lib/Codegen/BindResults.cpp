//===- BindResults.cpp - Results become arguments --------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Utils/MemRefUtils.h"
#include "octet/Codegen/Buffers.h"
#include "octet/Codegen/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_BINDRESULTS
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

static bool isDense(MemRefType type) {
  return memref::isStaticShapeAndContiguousRowMajor(type);
}

/// The allocation that `value` is all of, seen in its shape or another one.
static memref::AllocOp getWholeAllocation(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto alloc = dyn_cast<memref::AllocOp>(op))
      return alloc;
    if (!isa<memref::CastOp, memref::ExpandShapeOp, memref::CollapseShapeOp>(
            op))
      return nullptr;
    value = op->getOperand(0);
    if (!isDense(cast<MemRefType>(value.getType())))
      return nullptr;
  }
  return nullptr;
}

/// `buffer`, dense, seen in another shape.
static Value viewAs(OpBuilder &b, Location loc, Value buffer, MemRefType type) {
  if (buffer.getType() == type)
    return buffer;
  auto [strides, offset] = type.getStridesAndOffset();
  return memref::ReinterpretCastOp::create(b, loc, type, buffer, offset,
                                           type.getShape(), strides);
}

namespace {
struct BindResultsPass
    : public mlir::octet::impl::BindResultsBase<BindResultsPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal() || func.getNumResults() == 0)
      return;
    if (!func.getBody().hasOneBlock()) {
      func.emitError("the model must be one block");
      return signalPassFailure();
    }
    auto ret = cast<func::ReturnOp>(func.getBody().front().getTerminator());
    for (auto [i, result] : llvm::enumerate(ret.getOperands()))
      if (failed(bind(ret, i, result)))
        return signalPassFailure();
    ret->setOperands({});
    if (failed(func.eraseResults(llvm::BitVector(func.getNumResults(), true))))
      return signalPassFailure();
  }

  /// Makes result `i` an argument with the result's attributes and location.
  FailureOr<BlockArgument> addArgument(func::ReturnOp ret, unsigned i,
                                       Value result) {
    func::FuncOp func = getOperation();
    auto type = cast<MemRefType>(result.getType());
    if (!type.hasStaticShape())
      return ret.emitError("result must have a static shape, got ") << type;
    auto dense = MemRefType::get(type.getShape(), type.getElementType());
    DictionaryAttr attrs = func.getResultAttrDict(i);
    unsigned index = func.getNumArguments();
    if (failed(func.insertArgument(index, dense, attrs, ret.getLoc())))
      return failure();
    func.setArgAttr(index, kResultAttrName, UnitAttr::get(&getContext()));
    return func.getArgument(index);
  }

  LogicalResult bind(func::ReturnOp ret, unsigned i, Value result) {
    FailureOr<BlockArgument> arg = addArgument(ret, i, result);
    if (failed(arg))
      return failure();
    OpBuilder b(ret);
    memref::AllocOp alloc = getWholeAllocation(result);
    if (alloc && isDense(alloc.getType())) {
      b.setInsertionPoint(alloc);
      alloc.replaceAllUsesWith(
          viewAs(b, alloc.getLoc(), *arg, alloc.getType()));
      alloc.erase();
      return success();
    }
    ++numCopies;
    memref::CopyOp::create(b, ret.getLoc(), result, *arg);
    return success();
  }
};
} // namespace
