//===- Emit.cpp - From the LLVM dialect to files ---------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The stage as a whole: translate, describe, compile, link.
//
//===----------------------------------------------------------------------===//

#include "octet/Emit/Emit.h"
#include "Detail.h"
#include "octet/Support/OutputFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/IPO/Internalize.h"
#include <chrono>

using namespace mlir;
using namespace mlir::octet;

std::optional<EmitKind> mlir::octet::getEmitKind(llvm::StringRef path) {
  return llvm::StringSwitch<std::optional<EmitKind>>(
             llvm::sys::path::extension(path))
      .Case(".ll", EmitKind::LLVMIR)
      .Case(".s", EmitKind::Assembly)
      .Case(".o", EmitKind::Object)
      .Case(".a", EmitKind::Archive)
      .Case(".so", EmitKind::SharedLibrary)
      .Default(std::nullopt);
}

static bool isLibrary(EmitKind kind) {
  return kind != EmitKind::LLVMIR && kind != EmitKind::Assembly;
}

static LogicalResult check(ModuleOp module, const ModelInfo &info,
                           const EmitOptions &options) {
  if (isLibrary(options.kind) && options.output == "-")
    return module.emitError()
           << "an object, archive or library cannot go to the standard "
              "output: name a file";
  uint64_t alignment = info.arenaAlignment;
  if (alignment == 0 || alignment > 4096 || !llvm::isPowerOf2_64(alignment))
    return module.emitError() << "arena alignment must be a power of two up to "
                                 "4096, but is "
                              << alignment;
  return success();
}

static llvm::Error writeHeader(const ModelInfo &info,
                               const EmitOptions &options) {
  llvm::SmallString<128> path(options.output);
  llvm::sys::path::replace_extension(path, ".h");
  return writeOutput(path, makeHeader(info, options.target));
}

namespace {
/// Prints how long it lived, if it is asked to.
class Stopwatch {
public:
  Stopwatch(llvm::StringRef what, bool on) : what(what), on(on) {}
  ~Stopwatch() {
    std::chrono::duration<double> time = Clock::now() - start;
    if (on)
      llvm::errs() << llvm::formatv("emit: {0,-10}{1,8:f3} s\n", what,
                                    time.count());
  }

private:
  using Clock = std::chrono::steady_clock;
  llvm::StringRef what;
  bool on;
  Clock::time_point start = Clock::now();
};
} // namespace

/// The whole program as one LLVM module; null after an error was emitted.
static std::unique_ptr<llvm::Module> makeModule(ModuleOp module,
                                                const ModelInfo &info,
                                                const EmitOptions &options,
                                                llvm::LLVMContext &context) {
  Stopwatch watch("translate", options.timing);
  std::unique_ptr<llvm::Module> code =
      translate(module, info, options.target, context);
  if (!code)
    return nullptr;
  std::vector<std::string> exports =
      addMetadata(*code, info, options.kind == EmitKind::SharedLibrary);
  llvm::internalizeModule(*code, [&](const llvm::GlobalValue &value) {
    return llvm::is_contained(exports, value.getName());
  });
  return code;
}

static llvm::Expected<Codes> makeCodes(std::unique_ptr<llvm::Module> module,
                                       const ModelInfo &info,
                                       const EmitOptions &options) {
  Stopwatch watch("compile", options.timing);
  return compile(std::move(module), options, getSymbolPrefix(info));
}

static llvm::Error writeFiles(const Objects &objects, const ModelInfo &info,
                              const EmitOptions &options) {
  Stopwatch watch("link", options.timing);
  if (llvm::Error error = linkObjects(objects, options, getSymbolPrefix(info)))
    return error;
  if (isLibrary(options.kind) && options.header)
    return writeHeader(info, options);
  return llvm::Error::success();
}

LogicalResult mlir::octet::emit(ModuleOp module, const EmitOptions &options) {
  FailureOr<ModelInfo> info = ModelInfo::get(module);
  if (failed(info) || failed(check(module, *info, options)))
    return failure();
  llvm::LLVMContext context;
  Objects objects;
  if (isLibrary(options.kind))
    objects.data = takeData(module);
  std::unique_ptr<llvm::Module> code =
      makeModule(module, *info, options, context);
  if (!code)
    return failure();
  module.getBody()->clear(); // its memory is worth having back
  declareData(*code, getSymbolPrefix(*info), objects.data);
  auto codes = makeCodes(std::move(code), *info, options);
  if (!codes)
    return module.emitError() << llvm::toString(codes.takeError());
  objects.codes = std::move(*codes);
  if (llvm::Error error = writeFiles(objects, *info, options))
    return module.emitError() << llvm::toString(std::move(error));
  return success();
}
