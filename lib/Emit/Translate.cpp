//===- Translate.cpp - From the LLVM dialect to an LLVM module -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Translates, sets the target, gives each kernel the features of its
// instruction set, and links the run-time's bitcode.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"
#include "Embedded.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DiagnosticHandler.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::octet;

/// Nested array types make LLVM keep each innermost row as a constant of its
/// own. Pointers are opaque, so a flat array serves the same uses.
static void flattenConstant(LLVM::GlobalOp global) {
  auto array = dyn_cast<LLVM::LLVMArrayType>(global.getGlobalType());
  auto values = dyn_cast_or_null<ElementsAttr>(global.getValueOrNull());
  if (!array || !isa<LLVM::LLVMArrayType>(array.getElementType()) || !values)
    return;
  Type element = values.getElementType();
  auto flat = RankedTensorType::get({values.getNumElements()}, element);
  if (auto dense = dyn_cast<DenseElementsAttr>(values))
    global.setValueAttr(dense.reshape(flat));
  else if (auto resource = dyn_cast<DenseResourceElementsAttr>(values))
    global.setValueAttr(
        DenseResourceElementsAttr::get(flat, resource.getRawHandle()));
  else
    return;
  global.setGlobalType(
      LLVM::LLVMArrayType::get(element, values.getNumElements()));
}

/// All functions that are reached from one by calls.
static llvm::SetVector<llvm::Function *> getCallees(llvm::Function *root) {
  llvm::SetVector<llvm::Function *> reached;
  reached.insert(root);
  for (unsigned i = 0; i < reached.size(); ++i)
    for (llvm::Instruction &inst : llvm::instructions(reached[i]))
      if (auto *call = dyn_cast<llvm::CallBase>(&inst))
        if (llvm::Function *callee = call->getCalledFunction())
          if (!callee->isDeclaration())
            reached.insert(callee);
  return reached;
}

/// A function that several instruction sets share gets the features of the
/// worst of them. Codegen may have said otherwise.
static void setFeatures(llvm::Module &module, const ModelInfo &info,
                        const Target &target) {
  for (auto [i, name] : llvm::enumerate(info.isas)) {
    const Isa *isa = findIsa(target.arch, name);
    for (const NodeInfo &node : info.nodes) {
      if (node.kernels.size() == 1 && i > 0)
        continue;
      for (llvm::Function *function :
           getCallees(module.getFunction(node.kernels[i])))
        if (!function->hasFnAttribute("target-features"))
          function->addFnAttr("target-features", isa->features);
    }
  }
}

/// Nothing throws, so that no unwind tables are written.
static void setCommonAttributes(llvm::Module &module) {
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.setDoesNotThrow();
    function.removeFnAttr(llvm::Attribute::UWTable);
    function.setDSOLocal(true);
  }
}

static LogicalResult linkRuntime(llvm::Module &module, const Target &target,
                                 ModuleOp location) {
  llvm::StringRef bytes = getRuntimeBitcode(target.arch);
  auto runtime = llvm::parseBitcodeFile(llvm::MemoryBufferRef(bytes, "runtime"),
                                        module.getContext());
  if (!runtime)
    return location.emitError() << "cannot read the run-time's bitcode: "
                                << llvm::toString(runtime.takeError());
  (*runtime)->setTargetTriple(module.getTargetTriple());
  (*runtime)->setDataLayout(module.getDataLayout());
  if (llvm::Linker::linkModules(module, std::move(*runtime)))
    return location.emitError() << "cannot link the run-time to the program";
  return success();
}

static LogicalResult checkIsas(const ModelInfo &info, const Target &target,
                               ModuleOp module) {
  for (const std::string &isa : info.isas)
    if (!findIsa(target.arch, isa))
      return module.emitError() << "has kernels for '" << isa
                                << "', which is not an instruction set of "
                                << target.getArchName();
  return success();
}

std::unique_ptr<llvm::Module>
mlir::octet::translate(ModuleOp module, const ModelInfo &info,
                       const Target &target, llvm::LLVMContext &context) {
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  module.getContext()->appendDialectRegistry(registry);

  if (failed(checkIsas(info, target, module)))
    return nullptr;
  module.walk(flattenConstant);
  std::unique_ptr<llvm::Module> result =
      translateModuleToLLVMIR(module, context, info.name);
  if (!result)
    return nullptr;
  auto machine = createMachine(target, 0);
  if (!machine) {
    module.emitError() << llvm::toString(machine.takeError());
    return nullptr;
  }
  result->setTargetTriple((*machine)->getTargetTriple());
  result->setDataLayout((*machine)->createDataLayout());
  setFeatures(*result, info, target);
  if (failed(linkRuntime(*result, target, module)))
    return nullptr;
  setCommonAttributes(*result);
  return result;
}
