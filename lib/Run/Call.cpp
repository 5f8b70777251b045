//===- Call.cpp - One call of a compiled model -----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Buffers at the model's shapes, and the call.
//
//===----------------------------------------------------------------------===//

#include "octet/Run/Model.h"
#include <cstdlib>

using namespace octet;

static uint64_t getBytes(const octet_tensor &tensor, bool quantized) {
  return quantized && tensor.quantized_type != OCTET_TYPE_NONE
             ? tensor.quantized_bytes
             : tensor.bytes;
}

static int32_t getType(const octet_tensor &tensor, bool quantized) {
  return quantized && tensor.quantized_type != OCTET_TYPE_NONE
             ? tensor.quantized_type
             : tensor.type;
}

/// Null where there is not so much memory.
static void *allocateArena(const octet_model &model) {
  uint64_t alignment = model.arena_alignment;
  uint64_t bytes = (model.arena_bytes + alignment) / alignment * alignment;
  return std::aligned_alloc(alignment, bytes);
}

Call::Call(const Model &owner, const RunOptions &options)
    : model(*owner.model), quantized(options.quantized),
      arena(allocateArena(model), std::free) {
  for (int32_t i = 0; i < model.num_inputs; ++i)
    inputs.emplace_back(getBytes(model.inputs[i], quantized));
  for (int32_t i = 0; i < model.num_outputs; ++i)
    outputs.emplace_back(getBytes(model.outputs[i], quantized));
  // An empty vector may have no address, which a call takes for a mistake.
  static char nothing;
  for (auto &buffer : inputs)
    inputPointers.push_back(buffer.empty() ? &nothing : buffer.data());
  for (auto &buffer : outputs)
    outputPointers.push_back(buffer.empty() ? &nothing : buffer.data());
  call.size = sizeof(call);
  call.num_threads = options.threads;
  call.inputs = inputPointers.data();
  call.outputs = outputPointers.data();
  call.arena = arena.get();
}

int32_t Call::getInputType(int32_t index) const {
  return getType(model.inputs[index], quantized);
}

int32_t Call::getOutputType(int32_t index) const {
  return getType(model.outputs[index], quantized);
}

Result Call::run() {
  auto run = quantized ? model.run_quantized : model.run;
  if (!run)
    return Error{std::string("the model '") + model.name +
                 "' has no quantized inputs and outputs"};
  switch (run(&call)) {
  case OCTET_OK:
    return Success{};
  case OCTET_BAD_ISA:
    return Error{std::string("this CPU has none of the instruction sets of '") +
                 model.name + "'"};
  case OCTET_NO_THREADS:
    return Error{"cannot start " + std::to_string(call.num_threads) +
                 " threads"};
  case OCTET_NO_MEMORY:
    return Error{"cannot have " + std::to_string(model.arena_bytes) +
                 " bytes for the arena"};
  default:
    return Error{"the model refuses its arguments"};
  }
}
