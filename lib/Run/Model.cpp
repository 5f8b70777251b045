//===- Model.cpp - A compiled model, loaded --------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads a library, and feeds it arrays batch by batch.
//
//===----------------------------------------------------------------------===//

#include "octet/Run/Model.h"
#include <algorithm>
#include <cstring>
#include <dlfcn.h>

using namespace octet;

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

Expected<Model> Model::load(const std::string &path) {
  // A bare name would be looked for in the system's folders.
  std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  Model result;
  void *handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *reason = dlerror();
    return Error{std::string("cannot load a model: ") + reason};
  }
  result.library = std::shared_ptr<void>(handle, dlclose);
  auto getModel = reinterpret_cast<const octet_model *(*)()>(
      dlsym(handle, "octet_get_model"));
  if (!getModel)
    return Error{"'" + path + "' is not a model: it has no octet_get_model"};
  result.model = getModel();
  if (result.model->abi_version != OCTET_ABI_VERSION ||
      result.model->size < sizeof(octet_model))
    return Error{"'" + path + "' has version " +
                 std::to_string(result.model->abi_version) +
                 " of the interface, this program has " +
                 std::to_string(OCTET_ABI_VERSION) + ": compile it again"};
  return result;
}

static const octet_tensor *find(const octet_tensor *tensors, int32_t count,
                                const std::string &name) {
  for (int32_t i = 0; i < count; ++i)
    if (name == tensors[i].name)
      return &tensors[i];
  return nullptr;
}

const octet_tensor *Model::findInput(const std::string &name) const {
  return find(model->inputs, model->num_inputs, name);
}

const octet_tensor *Model::findOutput(const std::string &name) const {
  return find(model->outputs, model->num_outputs, name);
}

std::string Model::getIsaName() const {
  int32_t isa = model->isa();
  return isa < 0 ? "none" : model->isas[isa];
}

Result Model::setIsa(const std::string &name) {
  if (model->set_isa(name.c_str()) == OCTET_OK)
    return Success{};
  std::string names;
  for (int32_t i = 0; i < model->num_isas; ++i)
    names += std::string(i ? ", " : "") + model->isas[i];
  return Error{"instruction set '" + name + "' is not in this library (" +
               names + ") or not in this CPU"};
}

//===----------------------------------------------------------------------===//
// Batches
//===----------------------------------------------------------------------===//

static std::vector<int64_t> getShape(const octet_tensor &tensor) {
  return {tensor.shape, tensor.shape + tensor.rank};
}

namespace {
/// How arrays are cut into calls: `batches` calls; `rows` of `batch` rows are
/// used in the last one. Arrays of the model's own shape go with every call.
struct Batching {
  int64_t batches = 1;
  int64_t batch = 1;
  int64_t lastRows = 1;
  std::string decidedBy;
};
} // namespace

static Error shapeError(const octet_tensor &tensor, const Array &array) {
  return Error{std::string("input '") + tensor.name + "' takes shape " +
               formatShape(getShape(tensor)) + ", but the array has " +
               formatShape(array.shape) +
               ": all axes but the first must be equal"};
}

/// Takes one input into account.
static Result addInput(const octet_tensor &tensor, const Array &array,
                       Batching &batching) {
  std::vector<int64_t> shape = getShape(tensor);
  if (array.shape == shape)
    return Success{};
  int64_t rows = countRows(tensor);
  if (!isRowsOf(array, tensor) || array.shape[0] == 0 || rows == 0)
    return shapeError(tensor, array);
  int64_t batches = (array.shape[0] + rows - 1) / rows;
  Batching found{batches, rows, array.shape[0] - (batches - 1) * rows,
                 tensor.name};
  if (!batching.decidedBy.empty() &&
      (found.batches != batching.batches ||
       found.lastRows * batching.batch != batching.lastRows * found.batch))
    return Error{std::string("inputs '") + batching.decidedBy + "' and '" +
                 tensor.name + "' have different numbers of samples"};
  batching = found;
  return Success{};
}

/// Checks an input and brings it to the type of the call.
static Expected<Array> prepareInput(const octet_tensor &tensor,
                                    const Array &array, int32_t type) {
  // An array of the quantized type holds the codes, any other real values.
  if (type != tensor.type && array.type != type)
    return quantizeArray(array, tensor);
  Expected<Array> result = castArray(array, type);
  if (!result)
    return Error{std::string("input '") + tensor.name + "' " +
                 result.error().message};
  return result;
}

/// Copies the rows of batch `index`, and zeros behind the last of them.
static void feed(const Array &array, const octet_tensor &tensor, int64_t index,
                 char *buffer, size_t bytes) {
  bool isWhole = array.shape == getShape(tensor);
  size_t start = isWhole ? 0 : index * bytes;
  size_t count = std::min(bytes, array.data.size() - start);
  std::memcpy(buffer, array.data.data() + start, count);
  std::memset(buffer + count, 0, bytes - count);
}

/// Makes the array that all batches of an output go to: cut where its first
/// axis goes with the batch.
static Array makeOutput(const octet_tensor &tensor, int32_t type,
                        const Batching &batching) {
  std::vector<int64_t> shape = getShape(tensor);
  if (batching.batches == 1 && batching.lastRows == batching.batch)
    return Array::zeros(type, shape);
  if (shape.empty())
    return Array::zeros(type, {batching.batches});
  int64_t lastRows = shape[0];
  if (shape[0] % batching.batch == 0)
    lastRows = shape[0] / batching.batch * batching.lastRows;
  shape[0] = shape[0] * (batching.batches - 1) + lastRows;
  return Array::zeros(type, shape);
}

static Result runBatches(Call &call, const octet_model &model,
                         const std::vector<Array> &inputs,
                         std::vector<Array> &outputs, const Batching &batching,
                         const RunOptions &options) {
  for (int64_t batch = 0; batch < batching.batches; ++batch) {
    for (int32_t i = 0; i < model.num_inputs; ++i)
      feed(inputs[i], model.inputs[i], batch, call.getInput(i),
           call.getInputBytes(i));
    Result status = call.run();
    if (!status)
      return status;
    for (int32_t i = 0; i < model.num_outputs; ++i) {
      size_t bytes = call.getOutputBytes(i), start = batch * bytes;
      std::memcpy(outputs[i].data.data() + start, call.getOutput(i),
                  std::min(bytes, outputs[i].data.size() - start));
    }
    if (options.progress)
      options.progress(batch + 1, batching.batches);
  }
  return Success{};
}

Expected<Arrays> Model::run(const Arrays &arrays,
                            const RunOptions &options) const {
  Call call(*this, options);
  Batching batching;
  std::vector<Array> inputs, outputs;
  for (int32_t i = 0; i < model->num_inputs; ++i) {
    const octet_tensor &tensor = model->inputs[i];
    auto it = arrays.find(tensor.name);
    if (it == arrays.end())
      return Error{std::string("no array is given for input '") + tensor.name +
                   "'"};
    Result added = addInput(tensor, it->second, batching);
    if (!added)
      return added.error();
    auto input = prepareInput(tensor, it->second, call.getInputType(i));
    if (!input)
      return input.error();
    inputs.push_back(std::move(*input));
  }
  for (int32_t i = 0; i < model->num_outputs; ++i)
    outputs.push_back(
        makeOutput(model->outputs[i], call.getOutputType(i), batching));
  Result status = runBatches(call, *model, inputs, outputs, batching, options);
  if (!status)
    return status.error();
  Arrays result;
  for (int32_t i = 0; i < model->num_outputs; ++i)
    result[model->outputs[i].name] = std::move(outputs[i]);
  return result;
}
