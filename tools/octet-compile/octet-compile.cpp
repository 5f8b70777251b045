//===- octet-compile.cpp - Model in, library out -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Import/Import.h"
#include "octet/Pipeline/Compiler.h"
#include "octet/Pipeline/Register.h"
#include "octet/Quantize/Recipe.h"
#include "octet/Support/Target.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"

#include <malloc.h>

using namespace mlir;
using namespace mlir::octet;

namespace {
namespace cl = llvm::cl;

struct Flags {
  // Made with the flags, after the parser's reset forgot all categories.
  cl::OptionCategory category{"octet-compile options"};
  cl::opt<std::string> input{
      cl::Positional, cl::desc("MODEL.onnx|.mlir|.mlirbc"), cl::cat(category)};
  cl::opt<std::string> output{
      "o",
      cl::desc("Output file; its extension says the form: .mlir, .mlirbc "
               "(MLIR's bytecode), .ll, .s, .o, .a or .so"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<std::string> emit{
      "emit",
      cl::desc("Form of the output, whatever its name: mlir, mlirbc, ll, s, "
               "o, a or so"),
      cl::value_desc("form"), cl::cat(category)};
  cl::list<std::string> calibrate{
      "calibrate",
      cl::desc("Samples, along the first axis: FILE.npz with one array per "
               "input, INPUT=FILE.npz:KEY, or a folder with "
               "test_data_set_*/input_*.pb; may be repeated"),
      cl::value_desc("samples"), cl::cat(category)};
  cl::opt<std::string> precision{
      "precision",
      cl::desc("int8, fp16, bf16 (weights in 16 bits) or float; default: int8 "
               "with samples, else as the model has it"),
      cl::value_desc("precision"), cl::cat(category)};
  cl::opt<std::string> recipe{"recipe",
                              cl::desc("JSON file: which operators to quantize "
                                       "and how"),
                              cl::value_desc("file"), cl::cat(category)};
  cl::list<std::string> bind{
      "bind", cl::desc("Values of symbolic dimensions: N=1,S=128"),
      cl::value_desc("name=value"), cl::CommaSeparated, cl::cat(category)};
  cl::opt<std::string> target{
      "target",
      cl::desc("host, x86-64, aarch64, or one of these and "
               "instruction sets: x86-64+avx512vnni"),
      cl::value_desc("target"), cl::init("host"), cl::cat(category)};
  cl::opt<unsigned> threads{"threads",
                            cl::desc("Threads to compile with (default 2)"),
                            cl::init(2), cl::cat(category)};
  cl::opt<std::string> stopAfter{
      "stop-after", cl::desc("Last stage to run; writes the IR it leaves"),
      cl::value_desc("stage"), cl::cat(category)};
  cl::opt<std::string> report{
      "report",
      cl::desc("Write as JSON which operators compute in integers, "
               "and why others do not"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<std::string> tune{
      "tune",
      cl::desc("Measure the register tiles of each kernel on this machine and "
               "keep the best in this file; what it holds already is used"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<bool> failOnFloat{
      "fail-on-float", cl::desc("An operator that stays float is an error"),
      cl::cat(category)};
  cl::opt<std::string> codegen{
      "codegen", cl::desc("kernels, or oracle: plain loops with the same bits"),
      cl::init("kernels"), cl::value_desc("how"), cl::cat(category)};
  cl::opt<int64_t> bands{
      "bands",
      cl::desc("Rows of the bands in which chains of layers run; 0: where that "
               "saves time, -1: none"),
      cl::init(0), cl::value_desc("rows"), cl::cat(category)};
  cl::opt<bool> verbose{"v", cl::desc("Say what happens to every operator"),
                        cl::cat(category)};
  cl::opt<bool> listOps{"list-ops",
                        cl::desc("Print the supported ONNX operators and exit"),
                        cl::cat(category)};
};
} // namespace

static llvm::Error wrong(const llvm::Twine &message) {
  return llvm::createStringError(message);
}

static llvm::Error readBindings(ArrayRef<std::string> texts,
                                CompileOptions &options) {
  for (StringRef text : texts) {
    auto [name, value] = text.split('=');
    int64_t number;
    if (name.empty() || value.getAsInteger(10, number) || number < 0)
      return wrong("--bind " + text +
                   ": expected NAME=VALUE with a value of "
                   "at least 0");
    options.bindings[name.str()] = number;
  }
  return llvm::Error::success();
}

static llvm::Error readPrecision(StringRef text, CompileOptions &options) {
  if (text.empty())
    return llvm::Error::success();
  options.precision = parsePrecision(text);
  if (!options.precision)
    return wrong("--precision " + text +
                 ": expected int8, fp16, bf16 or float");
  return llvm::Error::success();
}

static llvm::Error readStage(StringRef text, CompileOptions &options) {
  if (text.empty())
    return llvm::Error::success();
  std::optional<Stage> stage = parseStage(text);
  if (!stage) {
    std::string all;
    for (const StageInfo &info : getStages())
      all += (all.empty() ? "" : ", ") + info.name.str();
    return wrong("--stop-after " + text + ": expected one of " + all);
  }
  options.stopAfter = *stage;
  return llvm::Error::success();
}

/// An output in MLIR or before Emit needs no machine code.
static llvm::Error settleOutput(const Flags &flags, CompileOptions &options) {
  if (flags.input.empty())
    return wrong("no model given; see --help");
  if (flags.output.empty())
    return wrong("no output given; name it with -o");
  auto isModule = [](StringRef name) {
    return name.ends_with(".mlir") || name.ends_with(".mlirbc");
  };
  bool isIR =
      isModule(options.emit.empty() ? options.output : "." + options.emit);
  if (isIR && options.stopAfter == Stage::Emit)
    options.stopAfter = Stage::Codegen;
  if (!isIR && options.stopAfter != Stage::Emit)
    options.emit = "mlir";
  return llvm::Error::success();
}

static llvm::Expected<CompileOptions> readOptions(const Flags &flags) {
  CompileOptions options;
  options.input = flags.input;
  options.output = flags.output;
  options.emit = flags.emit;
  options.samples.assign(flags.calibrate.begin(), flags.calibrate.end());
  options.report = flags.report;
  options.tune = flags.tune;
  options.failOnFloat = flags.failOnFloat;
  options.verbose = flags.verbose;
  options.threads = std::max(1u, unsigned(flags.threads));
  if (llvm::Error error = readBindings(
          SmallVector<std::string>(flags.bind.begin(), flags.bind.end()),
          options))
    return error;
  if (llvm::Error error = readPrecision(flags.precision, options))
    return error;
  if (llvm::Error error = readStage(flags.stopAfter, options))
    return error;
  if (flags.codegen != "kernels" && flags.codegen != "oracle")
    return wrong("--codegen " + flags.codegen + ": expected kernels or oracle");
  options.oracle = flags.codegen == "oracle";
  options.bandHeight = flags.bands;
  llvm::Expected<Target> target = Target::parse(flags.target);
  if (!target)
    return target.takeError();
  options.target = *target;
  if (!flags.recipe.empty()) {
    auto buffer = llvm::MemoryBuffer::getFile(flags.recipe);
    if (!buffer)
      return wrong(flags.recipe + ": " + buffer.getError().message());
    options.recipe = (*buffer)->getBuffer().str();
    llvm::Expected<Recipe> recipe = Recipe::parse(options.recipe);
    if (!recipe)
      return wrong(flags.recipe + ": " + llvm::toString(recipe.takeError()));
  }
  if (llvm::Error error = settleOutput(flags, options))
    return error;
  return options;
}

static int printError(const llvm::Twine &message) {
  llvm::errs() << "octet-compile: error: " << message << "\n";
  return 1;
}

/// The model in front of what is said of it; other files name themselves.
static std::string nameModel(const std::string &text,
                             const CompileOptions &options) {
  if (StringRef(text).contains(options.input) ||
      StringRef(text).contains(options.output) ||
      StringRef(text).starts_with("--"))
    return text;
  return options.input + ": " + text;
}

/// A diagnostic as one line: the file or node it is about, then what.
static std::string describe(Diagnostic &diagnostic) {
  std::string text = diagnostic.str();
  std::string place;
  diagnostic.getLocation()->walk([&](Location loc) {
    if (auto name = dyn_cast<NameLoc>(loc)) {
      place = "node '" + name.getName().str() + "': ";
      return WalkResult::interrupt();
    }
    if (auto file = dyn_cast<FileLineColLoc>(loc)) {
      place = file.getFilename().str() + ":" + std::to_string(file.getLine()) +
              ":" + std::to_string(file.getColumn()) + ": ";
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  if (StringRef(text).contains(place) || StringRef(text).contains("node '"))
    place.clear();
  text = place + text;
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

static int listOps() {
  for (const SupportedOp &op : getSupportedOps()) {
    llvm::outs() << (op.domain.empty() ? "" : op.domain.str() + ".")
                 << op.opType << "\t" << op.since << "-" << op.until << "\t"
                 << op.limits << "\n";
  }
  return 0;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  // Weights go back to the system when they are given back: the C library would
  // raise the threshold with the first one, and keep the rest in its heap.
  mallopt(M_MMAP_THRESHOLD, 1 << 18);
  // LLVM's shared library registers hundreds of flags; none of them is ours.
  cl::ResetCommandLineParser();
  Flags flags;
  cl::HideUnrelatedOptions(flags.category);
  std::string problems;
  llvm::raw_string_ostream problemStream(problems);
  if (!cl::ParseCommandLineOptions(
          argc, argv, "Compiles a model to a small native library\n",
          &problemStream)) {
    std::replace(problems.begin(), problems.end(), '\n', ' ');
    return printError(StringRef(problems).trim());
  }
  if (flags.listOps)
    return listOps();
  llvm::Expected<CompileOptions> options = readOptions(flags);
  if (!options)
    return printError(llvm::toString(options.takeError()));

  DialectRegistry registry;
  mlir::octet::registerAllDialects(registry);
  MLIRContext context(registry);
  std::string first;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error && first.empty())
      first = describe(diagnostic);
    return success();
  });
  if (succeeded(compileModel(&context, *options)))
    return 0;
  return printError(
      nameModel(first.empty() ? "compilation failed" : first, *options));
}
