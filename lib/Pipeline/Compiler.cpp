//===- Compiler.cpp - From a model to files -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Pipeline/Compiler.h"

#include "octet/Codegen/Passes.h"
#include "octet/Emit/Emit.h"
#include "octet/Fold/Passes.h"
#include "octet/IR/Octet.h"
#include "octet/Import/Import.h"
#include "octet/Import/Passes.h"
#include "octet/Lower/Passes.h"
#include "octet/Pipeline/Calibrate.h"
#include "octet/Pipeline/Report.h"
#include "octet/Pipeline/Tune.h"
#include "octet/Propagate/Passes.h"
#include "octet/Quantize/Passes.h"
#include "octet/Support/OutputFile.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace mlir::octet;

/// The module's attribute that names the stage it was written after.
static constexpr llvm::StringLiteral kStageName = "octet.stage";

static LogicalResult fail(MLIRContext *context, const Twine &message) {
  return emitError(UnknownLoc::get(context)) << message;
}

//===----------------------------------------------------------------------===//
// Input
//===----------------------------------------------------------------------===//

/// Bytecode wants its constants aligned, of which MLIR's own way to read a file
/// does not think, and refers to them where they lie.
static OwningOpRef<ModuleOp> readModule(MLIRContext *context, StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(
      path, /*IsText=*/false, /*RequiresNullTerminator=*/true,
      /*IsVolatile=*/false, llvm::Align(64));
  if (!buffer) {
    emitError(UnknownLoc::get(context)) << "could not open input file " << path
                                        << ": " << buffer.getError().message();
    return nullptr;
  }
  auto manager = std::make_shared<llvm::SourceMgr>();
  manager->AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  return parseSourceFile<ModuleOp>(manager, context);
}

static OwningOpRef<ModuleOp> readModel(MLIRContext *context,
                                       const CompileOptions &options) {
  StringRef path = options.input;
  if (path.ends_with(".mlir") || path.ends_with(".mlirbc")) {
    OwningOpRef<ModuleOp> module = readModule(context, path);
    if (module && !(*module)->hasAttr("octet.model_name"))
      (*module)->setAttr("octet.model_name",
                         StringAttr::get(context, llvm::sys::path::stem(path)));
    return module;
  }
  ImportOptions import;
  import.bindings = options.bindings;
  return importONNX(context, path, import);
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

static void addStage(OpPassManager &pm, Stage stage,
                     const CompileOptions &options) {
  switch (stage) {
  case Stage::Import:
    buildImportPipeline(pm);
    return buildEpiloguePipeline(pm);
  case Stage::Observe:
    return buildObservePipeline(pm, {options.recipe});
  case Stage::Quantize:
    return buildQuantizePipeline(pm);
  case Stage::Propagate:
    return buildPropagatePipeline(pm);
  case Stage::Fold: {
    FoldOptions fold;
    fold.signedActivations = options.target.arch == Arch::AArch64;
    return buildFoldPipeline(pm, fold);
  }
  case Stage::Lower:
    return buildLowerPipeline(pm);
  case Stage::Codegen: {
    CodegenOptions codegen;
    codegen.target = options.target.str();
    codegen.oracle = options.oracle;
    codegen.releaseConstants = !options.sharesConstants;
    codegen.tileCandidate = options.tileCandidate;
    codegen.bandHeight = options.bandHeight;
    return buildCodegenPipeline(pm, codegen);
  }
  case Stage::Emit:
    return;
  }
}

static Stage next(Stage stage) {
  return static_cast<Stage>(static_cast<int>(stage) + 1);
}

LogicalResult mlir::octet::runStages(ModuleOp module, Stage from, Stage to,
                                     const CompileOptions &options) {
  PassManager pm(module.getContext());
  pm.enableVerifier(options.verbose);
  for (Stage stage = next(from); stage <= std::min(to, Stage::Codegen);
       stage = next(stage)) {
    addStage(pm, stage, options);
    if (!options.sharesConstants && stage < Stage::Codegen)
      pm.addPass(createReleaseConstants());
  }
  return pm.run(module);
}

static LogicalResult runImport(ModuleOp module, const CompileOptions &options) {
  PassManager pm(module.getContext());
  addStage(pm, Stage::Import, options);
  return pm.run(module);
}

/// Observers in a module that was saved after they had seen samples.
static bool hasStatistics(ModuleOp module) {
  return module
      .walk([](ObserveOp op) {
        return op.getStatisticsAttr() ? WalkResult::interrupt()
                                      : WalkResult::advance();
      })
      .wasInterrupted();
}

static LogicalResult quantize(ModuleOp module, const CompileOptions &options) {
  if (failed(runStages(module, Stage::Import, Stage::Observe, options)))
    return failure();
  if (!options.samples.empty())
    return calibrate(module, options);
  return success();
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

static std::string getForm(const CompileOptions &options) {
  if (!options.emit.empty())
    return options.emit;
  StringRef extension = llvm::sys::path::extension(options.output);
  return extension.empty() ? "" : extension.drop_front().str();
}

static bool isModuleForm(StringRef form) {
  return form == "mlir" || form == "mlirbc";
}

/// The module, with the stage after which it can be taken up again. Bytecode
/// holds constants byte by byte, text as two digits for each.
static LogicalResult writeModule(ModuleOp module, Stage done, StringRef path,
                                 bool isBytecode) {
  module->setAttr(kStageName,
                  StringAttr::get(module.getContext(), getStageName(done)));
  llvm::Error error =
      writeOutput(path, [&](llvm::raw_pwrite_stream &os) -> llvm::Error {
        if (isBytecode)
          return failed(writeBytecodeToFile(module, os))
                     ? llvm::createStringError("cannot write bytecode")
                     : llvm::Error::success();
        OpPrintingFlags flags;
        flags.enableDebugInfo(/*enable=*/true, /*prettyForm=*/false);
        module->print(os, flags);
        os << "\n";
        return llvm::Error::success();
      });
  if (error)
    return fail(module.getContext(), llvm::toString(std::move(error)));
  return success();
}

static LogicalResult writeFiles(ModuleOp module, Stage done,
                                const CompileOptions &options) {
  std::string form = getForm(options);
  if (isModuleForm(form))
    return writeModule(module, done, options.output, form == "mlirbc");
  std::optional<EmitKind> kind = getEmitKind("x." + form);
  if (!kind)
    return fail(
        module.getContext(),
        "output '" + options.output +
            "': unknown form; name it .mlir, .mlirbc, .ll, .s, .o, .a or "
            ".so, "
            "or use --emit");
  EmitOptions emitOptions;
  emitOptions.output = options.output;
  emitOptions.kind = *kind;
  emitOptions.target = options.target;
  emitOptions.threads = options.threads;
  emitOptions.timing = options.verbose;
  return emit(module, emitOptions);
}

//===----------------------------------------------------------------------===//
// Report
//===----------------------------------------------------------------------===//

/// Prints what Fold leaves; an operator that stays float may be an error.
static LogicalResult judge(const Report &report,
                           const CompileOptions &options) {
  bool wantsIntegers =
      options.precision == Precision::Int8 || report.countIntegers();
  if (options.verbose || wantsIntegers || report.countShort())
    report.print(llvm::errs(), options.verbose);
  const ReportRow *row = report.findFloat();
  if (options.failOnFloat && row)
    return emitError(row->loc)
           << "stays float: " << row->reason << " (--fail-on-float)";
  return success();
}

static LogicalResult writeReport(const Report &report, MLIRContext *context,
                                 const CompileOptions &options) {
  if (options.report.empty())
    return success();
  if (llvm::Error error = writeOutput(
          options.report, llvm::formatv("{0:2}\n", report.toJSON()).str()))
    return fail(context, llvm::toString(std::move(error)));
  return success();
}

//===----------------------------------------------------------------------===//
// All of it
//===----------------------------------------------------------------------===//

/// Decides on the weights of a float model, or of one that is quantized
/// already: by `precision`, or as the model stores them.
static LogicalResult narrow(ModuleOp module, const CompileOptions &options) {
  PassManager pm(module.getContext());
  buildNarrowPipeline(pm, {options.recipe},
                      options.precision ? getPrecisionName(*options.precision)
                                        : "");
  if (!options.sharesConstants)
    pm.addPass(createReleaseConstants());
  return pm.run(module);
}

/// A model, or a module of an early stage: runs Import and, for 8 bits, what
/// observes. Sets the stage that is done.
static LogicalResult
runFirstStages(ModuleOp module, const CompileOptions &options, Stage &done) {
  if (failed(runImport(module, options)))
    return failure();
  done = Stage::Import;
  if (options.stopAfter == Stage::Import)
    return success();
  bool hasSamples = !options.samples.empty() || hasStatistics(module);
  Precision precision = options.precision.value_or(
      hasSamples ? Precision::Int8 : Precision::Float);
  if (precision != Precision::Int8) {
    done = Stage::Quantize;
    return narrow(module, options);
  }
  if (!hasSamples && options.stopAfter != Stage::Observe)
    return fail(module.getContext(), "precision int8 needs samples; give them "
                                     "with --calibrate");
  done = Stage::Observe;
  return quantize(module, options);
}

/// A module that --stop-after wrote goes on where it stopped.
static LogicalResult takeUp(ModuleOp module, Stage saved,
                            const CompileOptions &options, Stage &done) {
  if (options.stopAfter < saved)
    return fail(module.getContext(),
                "this module was written after stage '" + getStageName(saved) +
                    "', which comes after '" + getStageName(options.stopAfter) +
                    "'; start from the model");
  if (saved <= Stage::Observe)
    return runFirstStages(module, options, done);
  if (!options.samples.empty())
    return fail(module.getContext(),
                "samples come too late for a module that was written after "
                "stage '" +
                    getStageName(saved) +
                    "'; start from the model, or from stage 'observe'");
  done = saved;
  return success();
}

LogicalResult mlir::octet::compileModel(MLIRContext *context,
                                        const CompileOptions &options) {
  OwningOpRef<ModuleOp> module = readModel(context, options);
  if (!module)
    return failure();
  Stage done = Stage::Import;
  auto saved = (*module)->getAttrOfType<StringAttr>(kStageName);
  std::optional<Stage> stage =
      saved ? parseStage(saved.getValue()) : Stage::Import;
  if (!stage)
    return fail(context, "unknown stage '" + saved.getValue() + "'");
  if (failed(takeUp(*module, *stage, options, done)))
    return failure();
  Report report;
  if (done < Stage::Fold && options.stopAfter > done) {
    Stage middle = std::min(options.stopAfter, Stage::Fold);
    if (failed(runStages(*module, done, middle, options)))
      return failure();
    done = middle;
    if (done == Stage::Fold)
      report.addOperators(*module);
    if (done == Stage::Fold && failed(judge(report, options))) {
      (void)writeReport(report, context, options);
      return failure();
    }
  }
  if (!options.tune.empty() && done < Stage::Codegen &&
      options.stopAfter >= Stage::Codegen) {
    if (failed(runStages(*module, done, Stage::Lower, options)) ||
        failed(tune(*module, options)))
      return failure();
    done = Stage::Lower;
  }
  if (failed(runStages(*module, done, options.stopAfter, options)))
    return failure();
  done = std::max(done, options.stopAfter);
  if (done >= Stage::Codegen && failed(report.addProgram(*module)))
    return failure();
  if (failed(writeReport(report, context, options)))
    return failure();
  return writeFiles(*module, done, options);
}
