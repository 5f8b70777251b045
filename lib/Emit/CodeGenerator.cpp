//===- CodeGenerator.cpp - LLVM's optimizer and back ends ------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs LLVM in process, one thread per part of the program.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"

using namespace mlir::octet;

static void initializeTargets() {
  static bool once = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeAArch64AsmParser();
    return true;
  }();
  (void)once;
}

static llvm::CodeGenOptLevel getCodeGenLevel(unsigned optLevel) {
  return *llvm::CodeGenOpt::getLevel(std::min(optLevel, 3u));
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
mlir::octet::createMachine(const Target &target, unsigned optLevel) {
  initializeTargets();
  llvm::Triple triple(target.getTriple());
  std::string error;
  const llvm::Target *backend =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return llvm::createStringError(error);
  llvm::TargetOptions options;
  options.UseInitArray = true; // else destructors go where nobody looks
  llvm::StringRef cpu = target.arch == Arch::X86_64 ? "x86-64" : "generic";
  llvm::TargetMachine *machine = backend->createTargetMachine(
      triple, cpu, /*Features=*/"", options, llvm::Reloc::PIC_, std::nullopt,
      getCodeGenLevel(optLevel));
  if (!machine)
    return llvm::createStringError("no code generator for '%s'",
                                   target.getTriple().str().c_str());
  return std::unique_ptr<llvm::TargetMachine>(machine);
}

namespace {
/// The analyses that LLVM's passes want, for one module.
struct Analyses {
  explicit Analyses(llvm::PassBuilder &builder) {
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(sccs);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, sccs, modules);
  }
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
};
} // namespace

static llvm::OptimizationLevel getPassLevel(unsigned optLevel) {
  switch (optLevel) {
  case 1:
    return llvm::OptimizationLevel::O1;
  case 2:
    return llvm::OptimizationLevel::O2;
  default:
    return llvm::OptimizationLevel::O3;
  }
}

void mlir::octet::optimize(llvm::Module &module, llvm::TargetMachine &machine,
                           unsigned optLevel) {
  if (optLevel == 0)
    return;
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = true;
  tuning.SLPVectorization = optLevel > 1;
  llvm::PassBuilder builder(&machine, tuning);
  Analyses analyses(builder);
  builder.buildPerModuleDefaultPipeline(getPassLevel(optLevel))
      .run(module, analyses.modules);
}

static void removeUnused(llvm::Module &module) {
  llvm::PassBuilder builder;
  Analyses analyses(builder);
  llvm::ModulePassManager passes;
  passes.addPass(llvm::GlobalDCEPass());
  passes.run(module, analyses.modules);
}

llvm::Error mlir::octet::generate(llvm::Module &module,
                                  llvm::TargetMachine &machine, bool assembly,
                                  llvm::SmallVectorImpl<char> &out) {
  llvm::raw_svector_ostream os(out);
  llvm::legacy::PassManager passes;
  auto form = assembly ? llvm::CodeGenFileType::AssemblyFile
                       : llvm::CodeGenFileType::ObjectFile;
  if (machine.addPassesToEmitFile(passes, os, nullptr, form))
    return llvm::createStringError("this target cannot write such a file");
  passes.run(module);
  return llvm::Error::success();
}

static llvm::Error compileOne(llvm::Module &module, const EmitOptions &options,
                              llvm::SmallVectorImpl<char> &out) {
  auto machine = createMachine(options.target, options.optLevel);
  if (!machine)
    return machine.takeError();
  optimize(module, **machine, options.optLevel);
  if (options.kind == EmitKind::LLVMIR) {
    llvm::raw_svector_ostream os(out);
    module.print(os, nullptr);
    return llvm::Error::success();
  }
  return generate(module, **machine, options.kind == EmitKind::Assembly, out);
}

static llvm::Error compilePart(const Partition &partition, unsigned index,
                               const EmitOptions &options,
                               llvm::SmallVectorImpl<char> &out) {
  llvm::LLVMContext context;
  auto module = loadPart(partition, index, context);
  if (!module)
    return module.takeError();
  return compileOne(**module, options, out);
}

static llvm::Expected<Codes> compileParts(const Partition &partition,
                                          const EmitOptions &options) {
  Codes codes(partition.numParts);
  std::vector<std::string> errors(partition.numParts);
  auto keep = [&](unsigned i, llvm::Error error) {
    if (error)
      errors[i] = llvm::toString(std::move(error));
  };
  {
    llvm::DefaultThreadPool pool(llvm::hardware_concurrency(options.threads));
    for (unsigned i = 0; i < partition.numParts; ++i)
      pool.async(
          [&, i] { keep(i, compilePart(partition, i, options, codes[i])); });
    pool.wait();
  }
  for (const std::string &error : errors)
    if (!error.empty())
      return llvm::createStringError(error);
  return codes;
}

llvm::Expected<Codes> mlir::octet::compile(std::unique_ptr<llvm::Module> module,
                                           const EmitOptions &options,
                                           llvm::StringRef prefix) {
  removeUnused(*module);
  bool isText =
      options.kind == EmitKind::LLVMIR || options.kind == EmitKind::Assembly;
  if (options.threads > 1 && !isText)
    return compileParts(partition(std::move(module), options.threads, prefix),
                        options);
  Codes codes(1);
  if (llvm::Error error = compileOne(*module, options, codes[0]))
    return std::move(error);
  return codes;
}
