//===- Tune.cpp - Measure register tiles on this machine -------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Pipeline/Tune.h"

#include "HostLibrary.h"
#include "octet/Codegen/Kernels/Tiles.h"
#include "octet/Emit/ModelInfo.h"
#include "octet/Run/Benchmark.h"
#include "octet/Support/OutputFile.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"
#include "llvm/TargetParser/Host.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace mlir;
using namespace mlir::octet;
using octet_kernel::TileAttr;

static LogicalResult fail(ModuleOp module, const Twine &message) {
  return emitError(UnknownLoc::get(module.getContext())) << message;
}

/// Bursts of each candidate, in turn, so that a change of the clock meets all
/// of them; and the calls of a burst: some milliseconds.
static constexpr int64_t kRounds = 5, kMostCalls = 100;
static constexpr double kBurstMs = 40;

//===----------------------------------------------------------------------===//
// The file
//===----------------------------------------------------------------------===//

namespace {
/// Tiles by the names of kernels, sorted so that files can be compared.
class TileFile {
public:
  explicit TileFile(const CompileOptions &options) : path(options.tune) {}

  /// A file that does not exist is empty.
  LogicalResult read(ModuleOp module);
  LogicalResult write(ModuleOp module) const;

  bool isEmpty() const { return tiles.empty(); }
  bool has(StringRef kernel) const { return tiles.count(kernel.str()); }
  void set(StringRef kernel, TileAttr tile) { tiles[kernel.str()] = tile; }
  DictionaryAttr get(MLIRContext *context) const;

private:
  LogicalResult add(ModuleOp module, StringRef kernel,
                    const llvm::json::Value &value);

  std::string path;
  std::map<std::string, TileAttr> tiles;
};
} // namespace

/// The tile that a value names, if the kernel table has it.
static TileAttr findTile(MLIRContext *context, StringRef kernel,
                         const llvm::json::Value &value) {
  const llvm::json::Object *object = value.getAsObject();
  auto isa = octet_kernel::findIsa(kernel.split(' ').first);
  if (!object || !isa)
    return nullptr;
  auto get = [&](StringRef name) {
    return object->getInteger(name).value_or(0);
  };
  for (KernelType type : {KernelType::I8, KernelType::F32})
    for (TileAttr tile : getTiles(context, *isa, type))
      if (tile.getRows() == get("rows") &&
          tile.getVectors() == get("vectors") &&
          tile.getUnroll() == get("unroll"))
        return tile;
  return nullptr;
}

LogicalResult TileFile::add(ModuleOp module, StringRef kernel,
                            const llvm::json::Value &value) {
  TileAttr tile = findTile(module.getContext(), kernel, value);
  if (!tile)
    return fail(module, "--tune " + path + ": the tile of '" + kernel +
                            "' is none of the kernel table; delete the file "
                            "to measure again");
  set(kernel, tile);
  return success();
}

LogicalResult TileFile::read(ModuleOp module) {
  if (!llvm::sys::fs::exists(path))
    return success();
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return fail(module, "--tune " + path + ": " + buffer.getError().message());
  auto json = llvm::json::parse((*buffer)->getBuffer());
  if (!json) {
    std::string why = llvm::toString(json.takeError());
    return fail(module, "--tune " + path + ": " + why);
  }
  const llvm::json::Object *object = json->getAsObject();
  const llvm::json::Object *given =
      object ? object->getObject("tiles") : nullptr;
  if (!given)
    return fail(module, "--tune " + path +
                            ": no object 'tiles'; name a file that --tune "
                            "wrote, or one that does not exist");
  for (const auto &[kernel, value] : *given)
    if (failed(add(module, kernel, value)))
      return failure();
  return success();
}

LogicalResult TileFile::write(ModuleOp module) const {
  llvm::json::Object all;
  for (const auto &[kernel, tile] : tiles)
    all[kernel] = llvm::json::Object{{"rows", tile.getRows()},
                                     {"vectors", tile.getVectors()},
                                     {"unroll", tile.getUnroll()}};
  llvm::json::Value file = llvm::json::Object{
      {"cpu", llvm::sys::getHostCPUName()}, {"tiles", std::move(all)}};
  if (llvm::Error error =
          writeOutput(path, llvm::formatv("{0:2}\n", file).str()))
    return fail(module, llvm::toString(std::move(error)));
  return success();
}

DictionaryAttr TileFile::get(MLIRContext *context) const {
  NamedAttrList list;
  for (const auto &[kernel, tile] : tiles)
    list.append(kernel, tile);
  return list.getDictionary(context);
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

namespace {
/// The model with one row of the kernel table.
struct Candidate {
  HostLibrary library;
  /// Of a kernel, in it: its tile, and the steps that it does, by instruction
  /// set and node.
  struct Kernel {
    TileAttr tile;
    SmallVector<std::pair<unsigned, unsigned>> steps;
    double ms = 0;
  };
  llvm::MapVector<StringRef, Kernel> kernels;
  int64_t calls = 1;
};

/// Measures the kernels that a file does not name.
class Tuner {
public:
  Tuner(ModuleOp module, const CompileOptions &options, TileFile &file);
  LogicalResult run();

private:
  LogicalResult add(int64_t index, bool &isDone);
  void findKernels(ModuleOp compiled, const ModelInfo &info,
                   Candidate &candidate);
  LogicalResult measure(Candidate &candidate, unsigned isa);
  LogicalResult measureAll();
  void choose();

  ModuleOp module;
  TileFile &file;
  CompileOptions options;
  std::vector<std::unique_ptr<Candidate>> candidates;
};
} // namespace

Tuner::Tuner(ModuleOp module, const CompileOptions &given, TileFile &file)
    : module(module), file(file), options(given) {
  options.sharesConstants = true;
  SmallVector<const Isa *> host = getHostIsas();
  if (options.target.arch != Target::host().arch)
    host.clear();
  llvm::erase_if(options.target.isas, [&](const Isa *isa) {
    return !llvm::is_contained(host, isa);
  });
}

/// Which steps the measured kernels do.
void Tuner::findKernels(ModuleOp compiled, const ModelInfo &info,
                        Candidate &candidate) {
  SymbolTable symbols(compiled);
  for (auto [node, step] : llvm::enumerate(info.nodes))
    for (auto [isa, symbol] : llvm::enumerate(step.kernels)) {
      Operation *function = symbols.lookup(symbol);
      auto measured =
          function ? function->getAttrOfType<DictionaryAttr>(kMeasuredAttrName)
                   : DictionaryAttr();
      if (!measured)
        continue;
      for (NamedAttribute entry : measured) {
        if (file.has(entry.getName()))
          continue;
        Candidate::Kernel &kernel = candidate.kernels[entry.getName()];
        kernel.tile = cast<TileAttr>(entry.getValue());
        kernel.steps.emplace_back(isa, node);
      }
    }
}

/// Compiles the model with row `index` of the table; done where no kernel has
/// as many, or all are known.
LogicalResult Tuner::add(int64_t index, bool &isDone) {
  OwningOpRef<ModuleOp> clone = module.clone();
  options.tileCandidate = index;
  // A step is to hold one kernel.
  options.bandHeight = -1;
  if (failed(runStages(*clone, Stage::Lower, Stage::Codegen, options)))
    return failure();
  FailureOr<ModelInfo> info = ModelInfo::get(*clone);
  if (failed(info))
    return failure();
  auto candidate = std::make_unique<Candidate>();
  findKernels(*clone, *info, *candidate);
  isDone = candidate->kernels.empty();
  if (isDone)
    return success();
  if (failed(candidate->library.load(*clone, options)))
    return failure();
  candidates.push_back(std::move(candidate));
  return success();
}

LogicalResult Tuner::measure(Candidate &candidate, unsigned isa) {
  ::octet::Model &model = candidate.library.get();
  if (auto set = model.setIsa(options.target.isas[isa]->name.str()); !set)
    return fail(module, "--tune: " + set.error().message);
  ::octet::BenchmarkOptions burst;
  burst.repeat = candidate.calls;
  burst.profile = true;
  auto result = ::octet::benchmark(model, {}, {}, burst);
  if (!result)
    return fail(module, "--tune: " + result.error().message);
  candidate.calls = std::clamp<int64_t>(
      kBurstMs / std::max(result->minMs, 1e-3), 1, kMostCalls);
  for (auto &[name, kernel] : candidate.kernels) {
    double ms = 0;
    for (auto [stepIsa, node] : kernel.steps)
      ms += stepIsa == isa ? result->nodeMs[node] : 0;
    if (ms > 0)
      kernel.ms = kernel.ms > 0 ? std::min(kernel.ms, ms) : ms;
  }
  return success();
}

LogicalResult Tuner::measureAll() {
  bool shows = llvm::sys::Process::StandardErrIsDisplayed();
  for (int64_t round = 0; round < kRounds; ++round) {
    for (std::unique_ptr<Candidate> &candidate : candidates)
      for (unsigned isa = 0; isa < options.target.isas.size(); ++isa)
        if (failed(measure(*candidate, isa)))
          return failure();
    if (shows)
      llvm::errs() << "\rmeasuring tiles " << round + 1 << "/" << kRounds
                   << (round + 1 == kRounds ? "\n" : "");
  }
  return success();
}

/// Notes the tile of the least time for each kernel.
void Tuner::choose() {
  llvm::StringMap<double> least;
  for (std::unique_ptr<Candidate> &candidate : candidates)
    for (auto &[name, kernel] : candidate->kernels) {
      auto [it, isNew] = least.try_emplace(name, kernel.ms);
      if (!isNew && it->second <= kernel.ms)
        continue;
      it->second = kernel.ms;
      file.set(name, kernel.tile);
    }
}

LogicalResult Tuner::run() {
  if (options.target.isas.empty())
    return file.isEmpty()
               ? fail(module, "--tune: this machine runs none of the target's "
                              "instruction sets; measure on one that does, and "
                              "give its file here")
               : success();
  bool isDone = false;
  for (int64_t index = 0; !isDone; ++index)
    if (failed(add(index, isDone)))
      return failure();
  if (candidates.empty())
    return success();
  if (failed(measureAll()))
    return failure();
  choose();
  return file.write(module);
}

LogicalResult mlir::octet::tune(ModuleOp module,
                                const CompileOptions &options) {
  // The tiles are written before Codegen, whose dialect it is.
  module.getContext()->loadDialect<octet_kernel::OctetKernelDialect>();
  TileFile file(options);
  if (failed(file.read(module)) || failed(Tuner(module, options, file).run()))
    return failure();
  module->setAttr(kTilesAttrName, file.get(module.getContext()));
  return success();
}
