//===- PlanArena.cpp - One arena for all buffers ---------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "octet/Codegen/ArenaPlanner.h"
#include "octet/Codegen/Buffers.h"
#include "octet/Codegen/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_PLANARENA
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

// Kernels may read this much past a buffer's end: what lies behind it in the
// arena, and this after the last.
static constexpr int64_t kSlack = 64;

namespace {
struct PlanArenaPass : public mlir::octet::impl::PlanArenaBase<PlanArenaPass> {
  void runOnOperation() override {
    FailureOr<SmallVector<func::FuncOp>> entries = getEntries(getOperation());
    if (failed(entries))
      return signalPassFailure();
    int64_t largest = 0;
    for (func::FuncOp entry : *entries)
      if (failed(plan(entry, largest)))
        return signalPassFailure();
    liveBytes.updateMax(largest);
    Builder b(&getContext());
    getOperation()->setAttr(kLiveBytesAttrName, b.getI64IntegerAttr(largest));
  }

  /// Raises `largest` to the largest live set of this entry.
  LogicalResult plan(func::FuncOp model, int64_t &largest) {
    Block &block = model.getBody().front();
    SmallVector<memref::AllocOp> allocs;
    SmallVector<ArenaBuffer> buffers;
    BufferLiveness liveness(block);
    for (auto alloc :
         llvm::make_early_inc_range(block.getOps<memref::AllocOp>())) {
      if (alloc.use_empty()) {
        alloc.erase();
        continue;
      }
      LiveRange range = liveness.get(alloc);
      allocs.push_back(alloc);
      buffers.push_back(
          {getBufferBytes(alloc.getType()), range.first, range.last});
    }
    ArenaPlan plan = planArena(buffers, kArenaAlignment);
    if (!isValidPlan(buffers, plan))
      return model.emitError("arena plan has buffers that overlap");
    arenaBytes.updateMax(plan.bytes);
    largest = std::max(largest, getLargestLiveSet(buffers, kArenaAlignment));
    return place(model, allocs, plan);
  }

  LogicalResult place(func::FuncOp model,
                      MutableArrayRef<memref::AllocOp> allocs,
                      const ArenaPlan &plan) {
    OpBuilder b(&getContext());
    int64_t bytes = plan.bytes == 0 ? 0 : plan.bytes + kSlack;
    auto type = MemRefType::get({bytes}, b.getI8Type());
    unsigned index = model.getNumArguments();
    DictionaryAttr attrs =
        b.getDictionaryAttr(b.getNamedAttr(kArenaAttrName, b.getUnitAttr()));
    if (failed(model.insertArgument(index, type, attrs, model.getLoc())))
      return failure();
    Value arena = model.getArgument(index);
    for (auto [alloc, offset] : llvm::zip(allocs, plan.offsets)) {
      b.setInsertionPoint(alloc);
      Value at = arith::ConstantIndexOp::create(b, alloc.getLoc(), offset);
      Value view = memref::ViewOp::create(b, alloc.getLoc(), alloc.getType(),
                                          arena, at, ValueRange());
      alloc.replaceAllUsesWith(view);
      alloc.erase();
    }
    return success();
  }
};
} // namespace
