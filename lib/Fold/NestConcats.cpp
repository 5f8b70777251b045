//===- NestConcats.cpp - Concatenations that others begin with -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Fold/Passes.h"

#include "octet/IR/Octet.h"

namespace mlir::octet {
#define GEN_PASS_DEF_NESTCONCATS
#include "octet/Fold/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

namespace {
/// A concatenation, and its operands as they were.
struct Concat {
  ConcatOp op;
  SmallVector<Value> inputs;

  explicit Concat(ConcatOp op) : op(op), inputs(op.getInputs()) {}
};
} // namespace

/// Whether `whole` begins with all that `part` puts together, and goes on.
static bool beginsWith(Concat &whole, Concat &part) {
  size_t count = part.inputs.size();
  return count > 1 && count < whole.inputs.size() &&
         whole.op.getAxis() == part.op.getAxis() &&
         getElementTypeOrSelf(whole.op.getType()) ==
             getElementTypeOrSelf(part.op.getType()) &&
         ArrayRef(whole.inputs).take_front(count) == ArrayRef(part.inputs);
}

namespace {
struct NestConcatsPass : octet::impl::NestConcatsBase<NestConcatsPass> {
  void runOnOperation() override {
    for (Block &block : getOperation().getBody())
      run(block);
  }

  void run(Block &block) {
    // By the first operand, in the block's order.
    llvm::DenseMap<Value, SmallVector<Concat>> seen;
    for (auto op : block.getOps<ConcatOp>()) {
      SmallVector<Concat> &before = seen[op.getInputs().front()];
      Concat whole(op);
      Concat *longest = nullptr;
      for (Concat &part : before)
        if (beginsWith(whole, part) &&
            (!longest || part.inputs.size() > longest->inputs.size()))
          longest = &part;
      if (longest) {
        SmallVector<Value> inputs{longest->op.getResult()};
        llvm::append_range(
            inputs, ArrayRef(whole.inputs).drop_front(longest->inputs.size()));
        op.getInputsMutable().assign(inputs);
        ++numNested;
      }
      before.push_back(std::move(whole));
    }
  }
};
} // namespace
