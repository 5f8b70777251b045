//===- octet/Run/Benchmark.h - Time of a compiled model --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The measuring loop and its results, for people and as JSON.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_RUN_BENCHMARK_H
#define OCTET_RUN_BENCHMARK_H

#include "octet/Run/Model.h"
#include <string>
#include <vector>

namespace octet {

struct BenchmarkOptions {
  int64_t repeat = 100;
  bool profile = false;
};

struct BenchmarkResult {
  double minMs = 0;
  double medianMs = 0;
  int64_t runs = 0;
  /// The first call, and the page faults that it took: before later ones, the
  /// system has brought the memory that they use.
  double firstMs = 0;
  int64_t firstFaults = 0;
  /// Mean per call and node of the model; empty without a profile.
  std::vector<double> nodeMs;
};

/// Times calls with the first batch of `inputs`, or with the same random values
/// each time for inputs that are absent, after a warm-up. Profiling has its own
/// calls, so that it does not disturb the time.
Expected<BenchmarkResult> benchmark(const Model &model, const Arrays &inputs,
                                    const RunOptions &run,
                                    const BenchmarkOptions &options);

std::string quoteJson(const std::string &text);
/// The object that --json prints; `result` may be null, `extra` are more
/// members as JSON text.
std::string formatJson(const Model &model, const RunOptions &run,
                       const BenchmarkResult *result,
                       const std::vector<std::string> &extra);
std::string formatBenchmark(const Model &model, const RunOptions &run,
                            const BenchmarkResult &result);
/// What a model takes and gives.
std::string formatModel(const Model &model);

} // namespace octet

#endif // OCTET_RUN_BENCHMARK_H
