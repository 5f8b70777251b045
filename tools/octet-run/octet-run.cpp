//===- octet-run.cpp - Runs a compiled model -------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line over lib/Run: runs, compares, measures.
//
//===----------------------------------------------------------------------===//

#include "octet/Run/ArrayFile.h"
#include "octet/Run/Benchmark.h"
#include "octet/Run/Compare.h"
#include "octet/Run/Inputs.h"
#include "octet/Run/Model.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <unistd.h>

using namespace octet;

static constexpr char kUsage[] = R"(usage: octet-run MODEL.so [options]

Runs a library that octet-compile wrote. Without options: says what it takes.

  --input NAME=FILE   an array for an input: FILE.npy, FILE.npz:KEY, FILE.pb, or a
                      folder of ONNX test data. FILE.npz or a folder without NAME
                      gives all inputs. A first axis longer than the model's is
                      fed batch by batch.
  --output FILE.npz   writes the outputs, keyed by name
  --expect FILE.npz   compares the outputs, also with a folder of ONNX test data;
                      exits with 1 where they differ
  --tolerance A[,R]   differences up to A + R * |expected| are equal
                      (default 1e-5,1e-3 for floats, 0 for integers)
  --quantized-io      feeds and gives the quantized form of inputs and outputs
  --benchmark         times single calls with the first batch, or with random
                      inputs where none are given
  --repeat N          calls to time (default 100)
  --profile           times every step of the model, too
  --threads N         threads of a call (default 1)
  --isa NAME          forces an instruction set
  --json              prints one JSON object
)";

namespace {
struct Options {
  std::string model;
  std::vector<std::string> inputs;
  std::string output, expect, isa;
  std::optional<Tolerance> tolerance;
  bool runsBenchmark = false, json = false, help = false;
  RunOptions run;
  BenchmarkOptions benchmark;
};

/// Reads flags as `--flag VALUE` and `--flag=VALUE`.
class ArgumentParser {
public:
  ArgumentParser(int argc, char **argv) : arguments(argv + 1, argv + argc) {}

  Result parse(Options &options) {
    for (; at < arguments.size(); ++at) {
      Result result = arguments[at].compare(0, 2, "--") == 0
                          ? parseFlag(options)
                          : parseModel(options);
      if (!result)
        return result;
    }
    if (options.model.empty() && !options.help)
      return Error{"name a model: octet-run MODEL.so, or --help"};
    return Success{};
  }

private:
  Result parseModel(Options &options) {
    if (!options.model.empty())
      return Error{"'" + arguments[at] + "' is one argument too many"};
    options.model = arguments[at];
    return Success{};
  }
  Result parseFlag(Options &options) {
    size_t equals = arguments[at].find('=');
    flag = arguments[at].substr(0, equals);
    inlineValue.reset();
    if (equals != std::string::npos)
      inlineValue = arguments[at].substr(equals + 1);
    if (bool *value = findSwitch(options)) {
      if (inlineValue)
        return Error{"'" + flag + "' takes no value"};
      *value = true;
      options.runsBenchmark |= options.benchmark.profile;
      return Success{};
    }
    return parseValue(options);
  }
  bool *findSwitch(Options &options) {
    if (flag == "--benchmark")
      return &options.runsBenchmark;
    if (flag == "--profile")
      return &options.benchmark.profile;
    if (flag == "--json")
      return &options.json;
    if (flag == "--quantized-io")
      return &options.run.quantized;
    return flag == "--help" ? &options.help : nullptr;
  }
  Result parseValue(Options &options) {
    if (flag == "--input")
      return take([&](auto value) { options.inputs.push_back(value); });
    if (flag == "--output")
      return take([&](auto value) { options.output = value; });
    if (flag == "--expect")
      return take([&](auto value) { options.expect = value; });
    if (flag == "--isa")
      return take([&](auto value) { options.isa = value; });
    if (flag == "--repeat")
      return takeNumber(1000000000, options.benchmark.repeat);
    if (flag == "--threads")
      return takeNumber(255, options.run.threads);
    if (flag != "--tolerance")
      return Error{"unknown option '" + flag + "', see --help"};
    std::string text;
    Result taken = take([&](auto value) { text = value; });
    if (!taken)
      return taken;
    auto tolerance = Tolerance::parse(text);
    if (!tolerance)
      return tolerance.error();
    options.tolerance = *tolerance;
    return Success{};
  }
  template <typename Store> Result take(Store store) {
    if (inlineValue) {
      store(*inlineValue);
      return Success{};
    }
    if (at + 1 == arguments.size())
      return Error{"'" + flag + "' needs a value"};
    store(arguments[++at]);
    return Success{};
  }
  template <typename T> Result takeNumber(long limit, T &value) {
    std::string text;
    Result taken = take([&](auto given) { text = given; });
    if (!taken)
      return taken;
    char *end = nullptr;
    long number = std::strtol(text.c_str(), &end, 10);
    if (text.empty() || *end || number < 1 || number > limit)
      return Error{"'" + flag + "' takes a number from 1 to " +
                   std::to_string(limit) + ", not '" + text + "'"};
    value = static_cast<T>(number);
    return Success{};
  }

  std::vector<std::string> arguments;
  size_t at = 0;
  std::string flag;
  std::optional<std::string> inlineValue;
};
} // namespace

static std::vector<std::string> getNames(const octet_tensor *tensors,
                                         int32_t count) {
  std::vector<std::string> names;
  for (int32_t i = 0; i < count; ++i)
    names.emplace_back(tensors[i].name);
  return names;
}

/// Only on a terminal, and only where there is something to wait for.
static std::function<void(int64_t, int64_t)> makeProgress() {
  if (!isatty(2))
    return {};
  return [last = int64_t(-1)](int64_t done, int64_t all) mutable {
    int64_t percent = done * 100 / all;
    if (all < 100 || percent == last)
      return;
    last = percent;
    std::fprintf(stderr, done < all ? "\r%lld %%" : "\r     \r",
                 (long long)percent);
  };
}

/// Outputs in their quantized form meet expectations in floats.
static Expected<Comparison> compareOutput(const octet_tensor &tensor,
                                          const Array &found,
                                          const Array &expected,
                                          const Options &options) {
  Tolerance tolerance;
  if (options.tolerance)
    tolerance = *options.tolerance;
  else if (isFloat(tensor.type) && isFloat(expected.type))
    tolerance = {1e-5, 1e-3};
  bool isQuantized = found.type != tensor.type &&
                     found.type == tensor.quantized_type &&
                     isFloat(expected.type);
  return compareArrays(isQuantized ? dequantizeArray(found, tensor) : found,
                       expected, tolerance);
}

static Result compareOutputs(const Model &model, const Arrays &outputs,
                             const Options &options) {
  Arrays expected;
  const octet_model &m = model.get();
  Result read = readArgument(options.expect, "output",
                             getNames(m.outputs, m.num_outputs), expected);
  if (!read)
    return read;
  for (const auto &[name, array] : expected) {
    auto comparison = compareOutput(*model.findOutput(name), outputs.at(name),
                                    array, options);
    if (!comparison)
      return Error{"output '" + name + "' " + comparison.error().message};
    if (comparison->numDifferent)
      return Error{"output '" + name + "': " + comparison->str()};
  }
  return Success{};
}

/// Runs the model on the inputs, and does with the outputs what is asked for.
static Result runModel(const Model &model, const Arrays &inputs,
                       const Options &options) {
  RunOptions run = options.run;
  run.progress = makeProgress();
  auto outputs = model.run(inputs, run);
  if (!outputs)
    return outputs.error();
  if (!options.output.empty()) {
    Result written = writeNpz(options.output, *outputs);
    if (!written)
      return written;
  }
  return options.expect.empty() ? Success{}
                                : compareOutputs(model, *outputs, options);
}

static Result report(const Model &model, const Arrays &inputs,
                     const Options &options) {
  bool ran = !options.output.empty() || !options.expect.empty();
  std::vector<std::string> extra;
  if (!options.expect.empty())
    extra.emplace_back("\"match\": true");
  std::optional<BenchmarkResult> result;
  if (options.runsBenchmark) {
    auto measured = benchmark(model, inputs, options.run, options.benchmark);
    if (!measured)
      return measured.error();
    result = *measured;
  }
  std::string text;
  if (options.json)
    text = formatJson(model, options.run, result ? &*result : nullptr, extra);
  else if (result)
    text = formatBenchmark(model, options.run, *result);
  else if (!ran)
    text = formatModel(model);
  std::fputs(text.c_str(), stdout);
  if (std::fflush(stdout) != 0)
    return Error{std::string("cannot write the result: ") +
                 std::strerror(errno)};
  return Success{};
}

static Result run(const Options &options) {
  auto model = Model::load(options.model);
  if (!model)
    return model.error();
  if (!options.isa.empty()) {
    Result set = model->setIsa(options.isa);
    if (!set)
      return set;
  }
  Arrays inputs;
  const octet_model &m = model->get();
  for (const std::string &argument : options.inputs) {
    Result read = readArgument(argument, "input",
                               getNames(m.inputs, m.num_inputs), inputs);
    if (!read)
      return read;
  }
  bool runs = !options.output.empty() || !options.expect.empty() ||
              (!options.inputs.empty() && !options.runsBenchmark);
  if (runs) {
    Result done = runModel(*model, inputs, options);
    if (!done)
      return done;
  }
  return report(*model, inputs, options);
}

int main(int argc, char **argv) {
  Options options;
  Result result = ArgumentParser(argc, argv).parse(options);
  if (result && options.help) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (result)
    result = run(options);
  if (result)
    return 0;
  std::fprintf(stderr, "octet-run: error: %s\n",
               result.error().message.c_str());
  return 1;
}
