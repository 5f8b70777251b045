//===- octet/Run/Model.h - A compiled model, loaded ------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads a library written by octet-compile and feeds it arrays of any length.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_RUN_MODEL_H
#define OCTET_RUN_MODEL_H

#include "octet-c/Model.h"
#include "octet/Run/Array.h"
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace octet {

struct RunOptions {
  int32_t threads = 1;
  /// Feed and give the quantized form where a tensor has one.
  bool quantized = false;
  /// Called with batches done and batches in all.
  std::function<void(int64_t, int64_t)> progress;
};

class Model {
public:
  static Expected<Model> load(const std::string &path);

  const octet_model &get() const { return *model; }
  const octet_tensor *findInput(const std::string &name) const;
  const octet_tensor *findOutput(const std::string &name) const;
  std::string getIsaName() const;
  Result setIsa(const std::string &name);

  /// Runs on whole arrays: one whose first axis is longer than the model's is
  /// fed batch by batch, the last batch filled up with zeros, and the outputs
  /// are stacked in order. Arrays of exactly the model's shape go with every
  /// batch.
  Expected<Arrays> run(const Arrays &inputs, const RunOptions &options) const;

private:
  friend class Call;
  std::shared_ptr<void> library;
  const octet_model *model = nullptr;
};

/// Buffers for calls of one model, at the model's own shapes.
class Call {
public:
  Call(const Model &model, const RunOptions &options);
  Call(const Call &) = delete;

  char *getInput(int32_t index) { return inputs[index].data(); }
  const char *getOutput(int32_t index) const { return outputs[index].data(); }
  size_t getInputBytes(int32_t index) const { return inputs[index].size(); }
  size_t getOutputBytes(int32_t index) const { return outputs[index].size(); }
  int32_t getInputType(int32_t index) const;
  int32_t getOutputType(int32_t index) const;
  /// Makes further calls add to `counters`, one per node; null stops it.
  void setProfile(uint64_t *counters) { call.node_ns = counters; }
  Result run();

private:
  const octet_model &model;
  bool quantized;
  std::vector<std::vector<char>> inputs, outputs;
  std::vector<const void *> inputPointers;
  std::vector<void *> outputPointers;
  std::unique_ptr<void, void (*)(void *)> arena;
  octet_call call = {};
};

} // namespace octet

#endif // OCTET_RUN_MODEL_H
