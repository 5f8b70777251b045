//===- LowerToLLVM.cpp - The program in the LLVM dialect -------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Program.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorTransforms.h"
#include "octet/Codegen/Buffers.h"
#include "octet/Codegen/Kernels/Tiles.h"
#include "octet/Codegen/Passes.h"
#include "octet/IR/Kernel/OctetKernel.h"
#include "octet/Support/Target.h"

namespace mlir::octet {
#define GEN_PASS_DEF_LOWERTOLLVM
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

static constexpr llvm::StringLiteral kBodySuffix = "_body";

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

/// What LLVM shall know of a function of this instruction set.
static void setCodeAttributes(LLVM::LLVMFuncOp function, const Isa &isa) {
  MLIRContext *context = function.getContext();
  if (!isa.features.empty())
    function.setTargetFeaturesAttr(
        LLVM::TargetFeaturesAttr::get(context, isa.features));
  function.setPreferVectorWidth(std::to_string(isa.vectorBits));
  // A known length lets LLVM address by multiples of it.
  int64_t lanes =
      getIsaTraits(*octet_kernel::findIsa(isa.name)).getMatrixLanes();
  if (auto scale = IntegerAttr::get(IntegerType::get(context, 32), lanes / 4);
      scale.getInt() > 1)
    function.setVscaleRangeAttr(
        LLVM::VScaleRangeAttr::get(context, scale, scale));
  function.setLinkage(LLVM::Linkage::Internal);
  function.setNoUnwind(true);
}

/// @k(lo, hi, args) -> @k_body(lo, hi, args[0], args[1], ...).
static void createWrapper(LLVM::LLVMFuncOp body, StringRef name,
                          const Isa &isa) {
  OpBuilder b(body);
  Location loc = body.getLoc();
  auto ptr = LLVM::LLVMPointerType::get(b.getContext());
  Type i64 = b.getI64Type();
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(b.getContext()), {i64, i64, ptr});
  auto wrapper = LLVM::LLVMFuncOp::create(b, loc, name, type);
  setCodeAttributes(wrapper, isa);
  b.setInsertionPointToStart(wrapper.addEntryBlock(b));
  // Who measures looks for steps by the wrapper's name.
  if (Attribute kernel = body->removeAttr(kMeasuredAttrName))
    wrapper->setAttr(kMeasuredAttrName, kernel);
  SmallVector<Value> operands = {wrapper.getArgument(0),
                                 wrapper.getArgument(1)};
  for (unsigned i = 0, e = body.getNumArguments() - 2; i != e; ++i) {
    Value at = LLVM::GEPOp::create(b, loc, ptr, ptr, wrapper.getArgument(2),
                                   ArrayRef<LLVM::GEPArg>{int32_t(i)});
    operands.push_back(LLVM::LoadOp::create(b, loc, ptr, at));
  }
  LLVM::CallOp::create(b, loc, body, operands);
  LLVM::ReturnOp::create(b, loc, ValueRange());
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {
struct LowerToLLVMPass
    : public mlir::octet::impl::LowerToLLVMBase<LowerToLLVMPass> {
  using LowerToLLVMBase::LowerToLLVMBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    llvm::Expected<Target> parsed = Target::parse(target.getValue());
    if (!parsed) {
      module.emitError(llvm::toString(parsed.takeError()));
      return signalPassFailure();
    }
    FailureOr<SmallVector<func::FuncOp>> entries = getEntries(module);
    if (failed(entries))
      return signalPassFailure();
    ModelInfo info = describeModule(module, *parsed);
    for (func::FuncOp entry : *entries)
      if (failed(lowerProgram(entry, info)))
        return signalPassFailure();
    llvm::StringMap<const Isa *> isas = renameSteps(module, *parsed);
    if (failed(convert(module)))
      return signalPassFailure();
    for (auto &[name, isa] : isas) {
      auto body =
          module.lookupSymbol<LLVM::LLVMFuncOp>((name + kBodySuffix).str());
      body->removeAttr(octet_kernel::OctetKernelDialect::kIsaAttrName);
      setCodeAttributes(body, *isa);
      // Inlined into its wrapper, it would be optimized twice and say at every
      // load what it says once of its arguments.
      body.setNoInline(true);
      createWrapper(body, name, *isa);
    }
    info.attach(module);
  }

  static ModelInfo describeModule(ModuleOp module, const Target &target) {
    ModelInfo info;
    auto name = module->getAttrOfType<StringAttr>("octet.model_name");
    info.name = name ? name.str() : module.getSymName().value_or("model").str();
    if (auto bytes = module->getAttrOfType<IntegerAttr>(kLiveBytesAttrName))
      info.largestLiveBytes = bytes.getInt();
    module->removeAttr(kLiveBytesAttrName);
    for (const Isa *isa : target.isas)
      info.isas.push_back(isa->name.str());
    for (auto global : module.getOps<memref::GlobalOp>())
      info.weightBytes +=
          global.getType().getNumElements() *
          getBufferElementBytes(global.getType().getElementType());
    return info;
  }

  /// Makes room for the wrappers' names; returns them with what each step was
  /// compiled for.
  llvm::StringMap<const Isa *> renameSteps(ModuleOp module,
                                           const Target &target) {
    llvm::StringMap<const Isa *> isas;
    Builder b(&getContext());
    for (auto step : module.getOps<func::FuncOp>()) {
      StringRef isaName = stringifyIsa(octet_kernel::getIsa(step));
      const Isa *isa = target.find(isaName);
      isas[step.getName()] = isa ? isa : &getIsas(target.arch).front();
      step.setName((step.getName() + kBodySuffix).str());
      for (unsigned i = 2, e = step.getNumArguments(); i != e; ++i)
        step.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                        b.getUnitAttr());
    }
    return isas;
  }

  LogicalResult convert(ModuleOp module) {
    ::mlir::LowerToLLVMOptions options(&getContext());
    options.useBarePtrCallConv = true;
    options.overrideIndexBitwidth(64);
    LLVMTypeConverter converter(&getContext(), options);
    RewritePatternSet patterns(&getContext());
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    populateMathToLLVMConversionPatterns(converter, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    index::populateIndexToLLVMConversionPatterns(converter, patterns);
    ub::populateUBToLLVMConversionPatterns(converter, patterns);
    vector::populateVectorMaskOpLoweringPatterns(patterns);
    vector::populateVectorBroadcastLoweringPatterns(patterns);
    vector::populateVectorInterleaveLoweringPatterns(patterns);
    vector::populateVectorBitCastLoweringPatterns(patterns);
    vector::populateVectorShapeCastLoweringPatterns(patterns);
    vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
    populateVectorToLLVMConversionPatterns(converter, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns);
    populateFuncToLLVMConversionPatterns(converter, patterns);
    LLVMConversionTarget target(getContext());
    target.addLegalOp<ModuleOp>();
    ConversionConfig config;
    config.allowPatternRollback = false;
    return applyFullConversion(module, target, std::move(patterns), config);
  }
};
} // namespace
