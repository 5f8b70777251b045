//===- Calibrate.cpp - Run a model on samples to fill its observers -*- C++
//-*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Pipeline/Calibrate.h"

#include "HostLibrary.h"
#include "octet/IR/Octet.h"
#include "octet/Quantize/Passes.h"
#include "octet/Quantize/Statistics.h"
#include "octet/Run/Inputs.h"
#include "octet/Run/Model.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Process.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::octet;

static LogicalResult fail(ModuleOp module, const Twine &message) {
  return emitError(UnknownLoc::get(module.getContext())) << message;
}

namespace {
/// The samples of every input of a model, cut into batches.
class Samples {
public:
  LogicalResult read(ModuleOp module, const ::octet::Model &model,
                     ArrayRef<std::string> specs);
  int64_t getNumBatches() const { return batches; }
  /// Copies a batch into the call's buffers; what is missing of the last one
  /// repeats its first sample.
  void fill(::octet::Call &call, int64_t batch) const;

private:
  LogicalResult add(ModuleOp module, const octet_tensor &tensor,
                    const ::octet::Array &array);

  struct Input {
    ::octet::Array array;
    bool isConstant; ///< the model's own shape: the same for every batch
  };
  std::vector<Input> inputs;
  int64_t batches = 1;
};
} // namespace

LogicalResult Samples::read(ModuleOp module, const ::octet::Model &model,
                            ArrayRef<std::string> specs) {
  const octet_model &data = model.get();
  std::vector<std::string> names;
  for (int32_t i = 0; i < data.num_inputs; ++i)
    names.push_back(data.inputs[i].name);
  ::octet::Arrays arrays;
  for (const std::string &spec : specs)
    if (auto result = ::octet::readArgument(spec, "input", names, arrays);
        !result)
      return fail(module,
                  "--calibrate " + spec + ": " + result.error().message);
  // A single array for a single input needs no name.
  if (names.size() == 1 && arrays.size() == 1 && !arrays.count(names[0]))
    arrays = {{names[0], std::move(arrays.begin()->second)}};
  for (int32_t i = 0; i < data.num_inputs; ++i) {
    auto found = arrays.find(names[i]);
    if (found == arrays.end())
      return fail(module, "no samples for input '" + names[i] +
                              "'; add --calibrate " + names[i] +
                              "=FILE.npz:KEY");
    if (failed(add(module, data.inputs[i], found->second)))
      return failure();
  }
  return success();
}

LogicalResult Samples::add(ModuleOp module, const octet_tensor &tensor,
                           const ::octet::Array &array) {
  auto cast = ::octet::castArray(array, tensor.type);
  if (!cast)
    return fail(module, "samples for input '" + Twine(tensor.name) +
                            "': " + cast.error().message);
  std::vector<int64_t> shape(tensor.shape, tensor.shape + tensor.rank);
  bool isSame = cast->shape == shape;
  if (!isSame && !::octet::isRowsOf(*cast, tensor))
    return fail(module, "samples for input '" + Twine(tensor.name) +
                            "' have shape " +
                            ::octet::formatShape(cast->shape) + ", expected " +
                            ::octet::formatShape(shape) +
                            " or more of them along the first axis");
  if (cast->getNumElements() == 0)
    return fail(module, "samples for input '" + Twine(tensor.name) +
                            "' are empty; at least one is needed");
  for (int64_t i = 0, e = cast->getNumElements();
       i < e && ::octet::isFloat(tensor.type); ++i)
    if (!std::isfinite(cast->get(i)))
      return fail(module, "samples for input '" + Twine(tensor.name) +
                              "' hold a NaN or an infinity at element " +
                              Twine(i));
  if (!isSame)
    batches = std::max<int64_t>(
        batches,
        llvm::divideCeil(cast->shape[0],
                         std::max<int64_t>(::octet::countRows(tensor), 1)));
  inputs.push_back({std::move(*cast), isSame});
  return success();
}

void Samples::fill(::octet::Call &call, int64_t batch) const {
  for (auto [i, input] : llvm::enumerate(inputs)) {
    size_t bytes = call.getInputBytes(i), size = input.array.data.size();
    char *target = call.getInput(i);
    if (input.isConstant) {
      std::memcpy(target, input.array.data.data(), bytes);
      continue;
    }
    size_t begin = std::min(batch * bytes, size);
    size_t here = std::min(bytes, size - begin);
    std::memcpy(target, input.array.data.data() + begin, here);
    size_t sample = size / input.array.shape[0];
    for (; here < bytes; here += sample)
      std::memcpy(target + here, input.array.data.data() + begin % size,
                  std::min(sample, bytes - here));
  }
}

/// Compiles the model that gives what the observers see.
static LogicalResult compileObserved(ModuleOp module,
                                     const CompileOptions &options,
                                     HostLibrary &library) {
  OwningOpRef<ModuleOp> clone = module.clone();
  PassManager pm(module.getContext());
  pm.addNestedPass<func::FuncOp>(createExposeObservers());
  if (failed(pm.run(*clone)))
    return failure();
  CompileOptions host = options;
  // It runs here and once: one instruction set will do.
  host.target = Target::host();
  host.target.isas = {host.target.isas.back()};
  host.precision = Precision::Float;
  host.sharesConstants = true;
  if (failed(runStages(*clone, Stage::Propagate, Stage::Codegen, host)))
    return failure();
  // Kernels are vectors already, and the rest runs for a few samples only.
  return library.load(*clone, host, /*optLevel=*/1);
}

/// Shows progress on a terminal, nothing in a pipe.
static void showProgress(int64_t done, int64_t total) {
  if (!llvm::sys::Process::StandardErrIsDisplayed())
    return;
  llvm::errs() << "\rcalibrating " << done << "/" << total
               << (done == total ? "\n" : "");
}

static LogicalResult runSamples(ModuleOp module, const ::octet::Model &model,
                                MutableArrayRef<ObserveOp> observers,
                                const CompileOptions &options) {
  Samples samples;
  if (failed(samples.read(module, model, options.samples)))
    return failure();
  ::octet::RunOptions runOptions;
  ::octet::Call call(model, runOptions);
  std::vector<StatisticsCollector> collectors(observers.size());
  for (int64_t batch = 0; batch < samples.getNumBatches(); ++batch) {
    samples.fill(call, batch);
    if (auto result = call.run(); !result)
      return fail(module, "calibration: " + result.error().message);
    for (auto [i, collector] : llvm::enumerate(collectors)) {
      ArrayRef<float> values(reinterpret_cast<const float *>(call.getOutput(i)),
                             call.getOutputBytes(i) / sizeof(float));
      if (!collector.add(values))
        return observers[i].emitError("calibration sample ")
               << batch << " gives a NaN or an infinity here";
      if (std::optional<int64_t> axis = observers[i].getChannelAxis())
        collector.addMeans(values, getShape(observers[i].getInput()), *axis);
    }
    showProgress(batch + 1, samples.getNumBatches());
  }
  for (auto [observer, collector] : llvm::zip(observers, collectors))
    observer.setStatisticsAttr(collector.finish(module.getContext()));
  return success();
}

LogicalResult mlir::octet::calibrate(ModuleOp module,
                                     const CompileOptions &options) {
  SmallVector<ObserveOp> observers;
  module.walk([&](ObserveOp op) { observers.push_back(op); });
  if (observers.empty())
    return success();
  HostLibrary library;
  if (failed(compileObserved(module, options, library)))
    return failure();
  return runSamples(module, library.get(), observers, options);
}
