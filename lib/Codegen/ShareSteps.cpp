//===- ShareSteps.cpp - Equal steps share their code -----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "octet/Codegen/Passes.h"
#include "octet/Codegen/StepInfo.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::octet {
#define GEN_PASS_DEF_SHARESTEPS
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

namespace {
/// The versions of a step, and the calls of it.
struct Step {
  SmallVector<func::FuncOp> versions;
  SmallVector<func::CallOp> calls;
};
} // namespace

/// The text of a function without its name: equal texts are equal functions.
static std::string getText(func::FuncOp function) {
  StringAttr name = function.getNameAttr();
  function.setName("k");
  std::string text;
  llvm::raw_string_ostream stream(text);
  function->print(stream, OpPrintingFlags().useLocalScope());
  function.setName(name.getValue());
  return text;
}

/// Makes each global that a version of the step names an argument of all.
static LogicalResult passGlobals(Step &step) {
  llvm::MapVector<StringAttr, MemRefType> globals;
  for (func::FuncOp version : step.versions)
    version.walk([&](memref::GetGlobalOp op) {
      globals.insert({op.getNameAttr().getAttr(), op.getType()});
    });
  for (auto [name, type] : globals) {
    for (func::FuncOp version : step.versions) {
      unsigned index = version.getNumArguments();
      if (failed(
              version.insertArgument(index, type, nullptr, version.getLoc())))
        return failure();
      Value arg = version.getArgument(index);
      version.walk([&, name = name](memref::GetGlobalOp op) {
        if (op.getNameAttr().getAttr() != name)
          return;
        op.replaceAllUsesWith(arg);
        op.erase();
      });
    }
    for (func::CallOp call : step.calls) {
      OpBuilder b(call);
      call.getOperandsMutable().append(ValueRange{memref::GetGlobalOp::create(
          b, call.getLoc(), type, name.getValue())});
    }
  }
  return success();
}

namespace {
struct ShareStepsPass
    : public mlir::octet::impl::ShareStepsBase<ShareStepsPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    // Calls of the same versions are of the same step.
    llvm::MapVector<StringAttr, Step> steps;
    getOperation().walk([&](func::CallOp call) {
      std::optional<StepInfo> info = StepInfo::get(call);
      if (!info)
        return;
      Step &step = steps[call.getCalleeAttr().getAttr()];
      step.calls.push_back(call);
      if (step.versions.empty())
        for (StringAttr name : llvm::SetVector<StringAttr>(
                 info->kernels.begin(), info->kernels.end()))
          step.versions.push_back(symbols.lookup<func::FuncOp>(name));
    });
    for (auto &[name, step] : steps)
      if (failed(passGlobals(step)))
        return signalPassFailure();
    unify(steps, symbols);
  }

  void unify(llvm::MapVector<StringAttr, Step> &steps, SymbolTable &symbols) {
    llvm::StringMap<StringAttr> byText;
    llvm::DenseMap<StringAttr, StringAttr> serving;
    for (auto &[name, step] : steps)
      for (func::FuncOp version : step.versions) {
        StringAttr own = version.getNameAttr();
        auto [it, isNew] = byText.try_emplace(getText(version), own);
        serving[own] = it->second;
        ++(isNew ? numFunctions : numShared);
        if (!isNew)
          symbols.erase(version);
      }
    for (auto &[name, step] : steps)
      for (func::CallOp call : step.calls) {
        StepInfo info = *StepInfo::get(call);
        for (StringAttr &kernel : info.kernels)
          kernel = serving.lookup(kernel);
        info.attach(call);
        call.setCalleeAttr(FlatSymbolRefAttr::get(info.kernels.front()));
      }
  }
};
} // namespace
