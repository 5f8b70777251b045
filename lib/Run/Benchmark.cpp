//===- Benchmark.cpp - Time of a compiled model ----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Warm-up, single calls timed one by one, and a profile in calls of its own.
//
//===----------------------------------------------------------------------===//

#include "octet/Run/Benchmark.h"
#include <algorithm>
#include <chrono>
#include <cstring>
#include <sys/resource.h>

using namespace octet;
using Clock = std::chrono::steady_clock;

static double getMs(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

/// Small random integers for every type: bits from a fixed sequence.
static Array makeRandom(const octet_tensor &tensor) {
  Array array =
      Array::zeros(tensor.type, {tensor.shape, tensor.shape + tensor.rank});
  uint32_t state = 0x2545f491;
  for (int64_t i = 0, n = array.getNumElements(); i < n; ++i) {
    state = state * 1664525 + 1013904223;
    // Indices must be small; floats are spread around zero.
    double unit = (state >> 8) / double(1 << 24);
    array.set(i, isFloat(tensor.type) ? 2 * unit - 1 : unit >= 0.5);
  }
  return array;
}

/// The first rows of an array, as many as the model takes.
static Array takeFirst(const Array &array, const octet_tensor &tensor) {
  Array first = array;
  int64_t rows = countRows(tensor);
  if (!first.shape.empty() && first.shape[0] > rows) {
    size_t rowBytes = first.data.size() / first.shape[0];
    first.shape[0] = rows;
    first.data.resize(rowBytes * rows);
  }
  return first;
}

/// Fewer rows than the model's are fed with what follows them unset.
static bool fits(const Array &array, const octet_tensor &tensor) {
  return (array.shape.empty() && tensor.rank == 0) ||
         (isRowsOf(array, tensor) && array.shape[0] <= countRows(tensor));
}

/// Puts the first batch into the buffers of a call.
static Result prepare(const Model &model, const Arrays &given, Call &call) {
  for (int32_t i = 0; i < model.get().num_inputs; ++i) {
    const octet_tensor &tensor = model.get().inputs[i];
    auto it = given.find(tensor.name);
    Array whole = it == given.end() ? makeRandom(tensor) : it->second;
    Array array = takeFirst(whole, tensor);
    int32_t type = call.getInputType(i);
    auto input = type != tensor.type && array.type != type
                     ? Expected<Array>(quantizeArray(array, tensor))
                     : castArray(array, type);
    if (!input)
      return Error{std::string("input '") + tensor.name + "' " +
                   input.error().message};
    if (!fits(*input, tensor))
      return Error{std::string("input '") + tensor.name + "' takes shape " +
                   formatShape({tensor.shape, tensor.shape + tensor.rank}) +
                   ", but the array has " + formatShape(whole.shape)};
    std::copy(input->data.begin(), input->data.end(), call.getInput(i));
  }
  return Success{};
}

static int64_t countFaults() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

static Result callFirst(Call &call, BenchmarkResult &result) {
  int64_t faults = countFaults();
  Clock::time_point start = Clock::now();
  Result status = call.run();
  result.firstMs = getMs(Clock::now() - start);
  result.firstFaults = countFaults() - faults;
  return status;
}

/// A tenth of the calls, but at least two, and 50 ms at most.
static Result warmUp(Call &call, int64_t repeat) {
  int64_t count = std::max<int64_t>(2, repeat / 10);
  Clock::time_point start = Clock::now();
  for (int64_t i = 0; i < count; ++i) {
    Result status = call.run();
    if (!status)
      return status;
    if (i >= 1 && getMs(Clock::now() - start) > 50)
      break;
  }
  return Success{};
}

static Expected<std::vector<double>> timeCalls(Call &call, int64_t repeat) {
  std::vector<double> times;
  for (int64_t i = 0; i < repeat; ++i) {
    Clock::time_point start = Clock::now();
    Result status = call.run();
    if (!status)
      return status.error();
    times.push_back(getMs(Clock::now() - start));
  }
  return times;
}

static double getMedian(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  size_t n = values.size();
  return (values[n / 2] + values[(n - 1) / 2]) / 2;
}

/// The median of each node's times over the calls: what else the machine does
/// now and then shall not look like a slow node.
static Result profile(const Model &model, Call &call, int64_t repeat,
                      BenchmarkResult &result) {
  std::vector<std::vector<double>> times(model.get().num_nodes);
  std::vector<uint64_t> counters(times.size() + 1);
  for (int64_t i = 0; i < repeat; ++i) {
    std::fill(counters.begin(), counters.end(), 0);
    call.setProfile(counters.data());
    Result status = call.run();
    call.setProfile(nullptr);
    if (!status)
      return status.error();
    for (size_t node = 0; node < times.size(); ++node)
      times[node].push_back(counters[node] * 1e-6);
  }
  for (std::vector<double> &node : times)
    result.nodeMs.push_back(getMedian(std::move(node)));
  return Success{};
}

Expected<BenchmarkResult> octet::benchmark(const Model &model,
                                           const Arrays &inputs,
                                           const RunOptions &run,
                                           const BenchmarkOptions &options) {
  Call call(model, run);
  Result ready = prepare(model, inputs, call);
  if (!ready)
    return ready.error();
  BenchmarkResult result;
  Result first = callFirst(call, result);
  if (!first)
    return first.error();
  Result warm = warmUp(call, options.repeat);
  if (!warm)
    return warm.error();
  auto times = timeCalls(call, options.repeat);
  if (!times)
    return times.error();
  result.runs = options.repeat;
  result.minMs = *std::min_element(times->begin(), times->end());
  result.medianMs = getMedian(*times);
  if (options.profile) {
    Result profiled = profile(model, call, options.repeat, result);
    if (!profiled)
      return profiled.error();
  }
  return result;
}
