//===- CloneSteps.cpp - A version per instruction set ----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Codegen/KernelTable.h"
#include "octet/Codegen/Passes.h"
#include "octet/Codegen/StepInfo.h"
#include "octet/IR/Kernel/OctetKernel.h"
#include "octet/Support/Target.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::octet {
#define GEN_PASS_DEF_CLONESTEPS
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

// A step that moves fewer bytes than this has one version only.
static constexpr int64_t kSmallStep = 2048;

static bool hasKernel(func::FuncOp function) {
  return function
      .walk([](octet_kernel::SplittableOpInterface) {
        return WalkResult::interrupt();
      })
      .wasInterrupted();
}

/// Whether a kernel is the same on `isa` as on the one before it: without
/// matrix tiles, a kernel for AMX is one for AVX512-VNNI.
static bool isSameKernel(func::FuncOp function, const Isa &previous,
                         const Isa &isa) {
  if (octet_kernel::findIsa(isa.name) != octet_kernel::Isa::AMX ||
      octet_kernel::findIsa(previous.name) != octet_kernel::Isa::AVX512VNNI)
    return false;
  return !function
              .walk([](octet_kernel::ConvOp op) {
                return usesMatrixUnit(op, octet_kernel::Isa::AMX)
                           ? WalkResult::interrupt()
                           : WalkResult::advance();
              })
              .wasInterrupted();
}

namespace {
struct CloneStepsPass
    : public mlir::octet::impl::CloneStepsBase<CloneStepsPass> {
  using CloneStepsBase::CloneStepsBase;

  LogicalResult initialize(MLIRContext *context) override {
    llvm::Expected<Target> parsed = Target::parse(target.getValue());
    if (!parsed)
      return emitError(UnknownLoc::get(context),
                       llvm::toString(parsed.takeError()));
    isas = parsed->isas;
    return success();
  }

  void runOnOperation() override {
    // Functions that steps share count as large as the largest of them.
    llvm::MapVector<func::FuncOp, int64_t> work;
    SymbolTable symbols(getOperation());
    SmallVector<std::pair<func::CallOp, func::FuncOp>> calls;
    getOperation().walk([&](func::CallOp call) {
      std::optional<StepInfo> info = StepInfo::get(call);
      if (!info)
        return;
      auto function = symbols.lookup<func::FuncOp>(call.getCallee());
      calls.emplace_back(call, function);
      int64_t &most = work[function];
      most = std::max(most, info->macs + info->getBytes());
    });
    llvm::DenseMap<Operation *, SmallVector<StringAttr>> versions;
    for (auto [function, most] : work)
      versions[function] = cloneFor(function, most, symbols);
    for (auto [call, function] : calls) {
      StepInfo info = *StepInfo::get(call);
      info.kernels = versions[function];
      info.attach(call);
      call.setCalleeAttr(FlatSymbolRefAttr::get(info.kernels.front()));
    }
    for (auto [function, most] : work)
      symbols.erase(function);
  }

  /// The versions of `function`, one per instruction set, or a single one.
  SmallVector<StringAttr> cloneFor(func::FuncOp function, int64_t most,
                                   SymbolTable &symbols) {
    bool isKernel = hasKernel(function);
    SmallVector<StringAttr> names;
    const Isa *previous = nullptr;
    for (const Isa *isa : isas) {
      // Plain code gains by wider vectors only.
      bool isSame =
          previous && (isKernel ? isSameKernel(function, *previous, *isa)
                                : isa->vectorBits == previous->vectorBits ||
                                      most < kSmallStep);
      names.push_back(isSame ? names.back()
                             : cloneFor(function, *isa, symbols));
      previous = isa;
    }
    if (llvm::all_equal(names))
      names.resize(1);
    return names;
  }

  StringAttr cloneFor(func::FuncOp function, const Isa &isa,
                      SymbolTable &symbols) {
    func::FuncOp clone = function.clone();
    clone.setName((function.getName() + "_" + isa.name).str());
    octet_kernel::setIsa(clone, *octet_kernel::findIsa(isa.name));
    return symbols.insert(clone, function->getIterator());
  }

  SmallVector<const Isa *> isas;
};
} // namespace
