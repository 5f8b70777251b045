//===- ExposeObservers.cpp - Return what observers see -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Quantize/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_EXPOSEOBSERVERS
#include "octet/Quantize/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

namespace {
struct ExposeObserversPass
    : octet::impl::ExposeObserversBase<ExposeObserversPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    SmallVector<Value> seen;
    function.walk([&](ObserveOp op) {
      seen.push_back(op.getInput());
      op.getResult().replaceAllUsesWith(op.getInput());
      op.erase();
    });
    Operation *terminator = function.getBody().front().getTerminator();
    terminator->setOperands(seen);
    SmallVector<Type> types =
        llvm::map_to_vector(seen, [](Value value) { return value.getType(); });
    function.setFunctionType(
        FunctionType::get(&getContext(), function.getArgumentTypes(), types));
    SmallVector<Attribute> names;
    for (size_t i = 0; i < seen.size(); ++i)
      names.push_back(DictionaryAttr::get(
          &getContext(),
          {NamedAttribute(
              StringAttr::get(&getContext(), "octet.name"),
              StringAttr::get(&getContext(), "observer_" + Twine(i)))}));
    function.setResAttrsAttr(ArrayAttr::get(&getContext(), names));
  }
};
} // namespace
