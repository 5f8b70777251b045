//===- Report.cpp - Results as text and as JSON ----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What octet-run prints.
//
//===----------------------------------------------------------------------===//

#include "octet/Run/Benchmark.h"
#include <cstdarg>
#include <cstdio>

using namespace octet;

static std::string format(const char *pattern, ...)
    __attribute__((format(printf, 1, 2)));

static std::string format(const char *pattern, ...) {
  char buffer[512];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(buffer, sizeof(buffer), pattern, arguments);
  va_end(arguments);
  return buffer;
}

std::string octet::quoteJson(const std::string &text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      quoted += format("\\u%04x", c);
    else
      quoted += c;
  }
  return quoted + "\"";
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static std::string join(const std::vector<std::string> &parts) {
  std::string text;
  for (const std::string &part : parts)
    text += (text.empty() ? "" : ", ") + part;
  return text;
}

static std::string formatTensorJson(const octet_tensor &tensor) {
  std::vector<std::string> parts = {
      "\"name\": " + quoteJson(tensor.name),
      "\"type\": " + quoteJson(getTypeName(tensor.type)),
      "\"shape\": " + formatShape({tensor.shape, tensor.shape + tensor.rank})};
  if (tensor.quantized_type != OCTET_TYPE_NONE) {
    parts.push_back("\"quantized_type\": " +
                    quoteJson(getTypeName(tensor.quantized_type)));
    parts.push_back(format("\"scale\": %.9g, \"zero_point\": %d",
                           double(tensor.scale), tensor.zero_point));
  }
  return "{" + join(parts) + "}";
}

static std::string formatTensorsJson(const octet_tensor *tensors,
                                     int32_t count) {
  std::vector<std::string> parts;
  for (int32_t i = 0; i < count; ++i)
    parts.push_back(formatTensorJson(tensors[i]));
  return "[" + join(parts) + "]";
}

static std::string formatNodesJson(const octet_model &model,
                                   const std::vector<double> &ms) {
  std::string text = "[";
  for (size_t i = 0; i < ms.size(); ++i) {
    if (ms[i] == 0)
      continue; // of the other entry
    const octet_node &node = model.nodes[i];
    text += (text.size() > 1 ? ",\n    " : "\n    ");
    text += "{" +
            join({"\"name\": " + quoteJson(node.name),
                  "\"op\": " + quoteJson(node.op),
                  "\"precision\": " + quoteJson(node.precision),
                  format("\"ms\": %.6f", ms[i]),
                  format("\"macs\": %llu", (unsigned long long)node.macs),
                  format("\"bytes\": %llu", (unsigned long long)node.bytes)}) +
            "}";
  }
  return text + "\n  ]";
}

std::string octet::formatJson(const Model &model, const RunOptions &run,
                              const BenchmarkResult *result,
                              const std::vector<std::string> &extra) {
  const octet_model &m = model.get();
  std::vector<std::string> isas, parts;
  for (int32_t i = 0; i < m.num_isas; ++i)
    isas.push_back(quoteJson(m.isas[i]));
  parts.push_back("\"model\": " + quoteJson(m.name));
  if (result) {
    parts.push_back(format("\"min_ms\": %.6f", result->minMs));
    parts.push_back(format("\"median_ms\": %.6f", result->medianMs));
    parts.push_back(format("\"runs\": %lld", (long long)result->runs));
    parts.push_back(format("\"first_ms\": %.6f", result->firstMs));
    parts.push_back(
        format("\"first_faults\": %lld", (long long)result->firstFaults));
  }
  parts.push_back("\"isa\": " + quoteJson(model.getIsaName()));
  parts.push_back("\"isas\": [" + join(isas) + "]");
  parts.push_back(format("\"threads\": %d", run.threads));
  parts.push_back(
      format("\"arena_bytes\": %llu", (unsigned long long)m.arena_bytes));
  parts.push_back(
      format("\"weight_bytes\": %llu", (unsigned long long)m.weight_bytes));
  parts.push_back("\"inputs\": " + formatTensorsJson(m.inputs, m.num_inputs));
  parts.push_back("\"outputs\": " +
                  formatTensorsJson(m.outputs, m.num_outputs));
  parts.insert(parts.end(), extra.begin(), extra.end());
  if (result && !result->nodeMs.empty())
    parts.push_back("\"nodes\": " + formatNodesJson(m, result->nodeMs));
  std::string text = "{";
  for (size_t i = 0; i < parts.size(); ++i)
    text += (i ? ",\n  " : "\n  ") + parts[i];
  return text + "\n}\n";
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static std::string formatNode(const octet_node &node, double ms,
                              double wholeMs) {
  double gigaMacs = ms > 0 ? node.macs / ms * 1e-6 : 0;
  double gigaBytes = ms > 0 ? node.bytes / ms * 1e-6 : 0;
  std::string line =
      format("  %10.4f ms %5.1f %%  %8.1f GMAC/s %7.1f GB/s  ", ms,
             wholeMs > 0 ? 100 * ms / wholeMs : 0, gigaMacs, gigaBytes);
  return line + node.precision + "  " + node.op + "  " + node.name + "\n";
}

std::string octet::formatBenchmark(const Model &model, const RunOptions &run,
                                   const BenchmarkResult &result) {
  const octet_model &m = model.get();
  std::string text;
  double whole = 0;
  for (double ms : result.nodeMs)
    whole += ms;
  for (size_t i = 0; i < result.nodeMs.size(); ++i)
    if (result.nodeMs[i] > 0) // else it is of the other entry
      text += formatNode(m.nodes[i], result.nodeMs[i], whole);
  text += std::string(m.name) + ": ";
  text += format("min %.4f ms, median %.4f ms, %lld runs, %s, ", result.minMs,
                 result.medianMs, (long long)result.runs,
                 model.getIsaName().c_str());
  text +=
      format("%d thread%s, arena %llu bytes\n", run.threads,
             run.threads == 1 ? "" : "s", (unsigned long long)m.arena_bytes);
  return text;
}

static std::string formatTensor(const char *what, const octet_tensor &tensor) {
  std::string text = std::string("  ") + what + " " + tensor.name + ": " +
                     getTypeName(tensor.type) + " " +
                     formatShape({tensor.shape, tensor.shape + tensor.rank});
  if (tensor.quantized_type != OCTET_TYPE_NONE)
    text += format(", quantized %s, scale %.9g, zero point %d",
                   getTypeName(tensor.quantized_type), double(tensor.scale),
                   tensor.zero_point);
  return text + "\n";
}

std::string octet::formatModel(const Model &model) {
  const octet_model &m = model.get();
  std::string text = std::string(m.name) + ": ";
  text += format("%d steps, weights %llu bytes, arena %llu bytes\n",
                 m.num_nodes, (unsigned long long)m.weight_bytes,
                 (unsigned long long)m.arena_bytes);
  for (int32_t i = 0; i < m.num_inputs; ++i)
    text += formatTensor("input", m.inputs[i]);
  for (int32_t i = 0; i < m.num_outputs; ++i)
    text += formatTensor("output", m.outputs[i]);
  text += "  instruction sets:";
  for (int32_t i = 0; i < m.num_isas; ++i)
    text += std::string(" ") + m.isas[i];
  return text + " (uses " + model.getIsaName() + ")\n";
}
