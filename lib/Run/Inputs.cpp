//===- Inputs.cpp - Arrays as named on a command line ----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files and folders to arrays keyed by the names of a model's tensors.
//
//===----------------------------------------------------------------------===//

#include "octet/Run/Inputs.h"
#include "octet/Run/ArrayFile.h"
#include <algorithm>
#include <filesystem>

using namespace octet;
namespace fs = std::filesystem;

static bool endsWith(const std::string &text, const std::string &end) {
  return text.size() >= end.size() &&
         text.compare(text.size() - end.size(), end.size(), end) == 0;
}

static bool startsWith(const std::string &text, const std::string &start) {
  return text.compare(0, start.size(), start) == 0;
}

static std::string join(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

static bool isFolder(const std::string &path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

//===----------------------------------------------------------------------===//
// Folders
//===----------------------------------------------------------------------===//

/// Numbers compare as numbers: input_2 comes before input_10.
static bool isBefore(const std::string &a, const std::string &b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

/// Paths in a folder whose name starts and ends so.
static std::vector<std::string> list(const std::string &folder,
                                     const std::string &start,
                                     const std::string &end) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), last; !error && it != last;
       it.increment(error)) {
    std::string name = it->path().filename().string();
    if (startsWith(name, start) && endsWith(name, end))
      paths.push_back(it->path().string());
  }
  std::sort(paths.begin(), paths.end(), isBefore);
  return paths;
}

/// Puts `array` below what is there.
static Result append(Array &whole, Array array, const std::string &name) {
  if (whole.type == OCTET_TYPE_NONE) {
    whole = std::move(array);
    return Success{};
  }
  // Scalars become a vector.
  for (Array *one : {&whole, &array})
    if (one->shape.empty())
      one->shape = {1};
  bool fits = whole.type == array.type &&
              whole.shape.size() == array.shape.size() &&
              std::equal(whole.shape.begin() + 1, whole.shape.end(),
                         array.shape.begin() + 1);
  if (!fits)
    return Error{"the samples of '" + name + "' do not stack: " +
                 formatShape(whole.shape) + " and " + formatShape(array.shape)};
  whole.shape[0] += array.shape[0];
  whole.data.insert(whole.data.end(), array.data.begin(), array.data.end());
  return Success{};
}

/// PREFIX_0.pb, PREFIX_1.pb, ... to tensors, by the name in the file, or in
/// order where that is none of ours.
static Result readSet(const std::string &folder, const std::string &prefix,
                      const std::vector<std::string> &names, Arrays &arrays) {
  std::vector<std::string> files = list(folder, prefix + "_", ".pb");
  for (size_t i = 0; i < files.size(); ++i) {
    auto tensor = readTensorProto(files[i]);
    if (!tensor)
      return tensor.error();
    std::string name = tensor->first;
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      if (i >= names.size())
        return Error{"'" + files[i] + "' is one more than the model's " +
                     prefix + "s (" + join(names) + ")"};
      name = names[i];
    }
    Result added = append(arrays[name], std::move(tensor->second), name);
    if (!added)
      return added;
  }
  return Success{};
}

static Result readFolder(const std::string &folder, const std::string &prefix,
                         const std::vector<std::string> &names,
                         Arrays &arrays) {
  std::vector<std::string> sets = list(folder, "test_data_set_", "");
  if (sets.empty())
    sets.push_back(folder);
  Arrays found;
  for (const std::string &set : sets) {
    Result read = readSet(set, prefix, names, found);
    if (!read)
      return read;
  }
  if (found.empty())
    return Error{"'" + folder + "' has no " + prefix +
                 "_*.pb and no test_data_set_* with such files"};
  for (auto &[name, array] : found)
    arrays[name] = std::move(array);
  return Success{};
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

/// The only array of a file, or the one that a tensor's name picks.
static Expected<Array> pick(Arrays arrays, const std::string &path,
                            const std::string &name) {
  auto it = arrays.find(name);
  if (it == arrays.end() && arrays.size() == 1)
    it = arrays.begin();
  if (it != arrays.end())
    return std::move(it->second);
  std::vector<std::string> keys;
  for (const auto &entry : arrays)
    keys.push_back(entry.first);
  return Error{"'" + path + "' has no array '" + name + "', but " + join(keys) +
               ": name one as FILE.npz:KEY"};
}

/// What stands after "NAME=".
static Expected<Array> readNamed(const std::string &path,
                                 const std::string &prefix,
                                 const std::string &name,
                                 const std::vector<std::string> &names) {
  size_t key = path.rfind(".npz:");
  if (key != std::string::npos) {
    auto arrays = readNpz(path.substr(0, key + 4), path.substr(key + 5));
    if (!arrays)
      return arrays.error();
    return std::move(arrays->begin()->second);
  }
  if (isFolder(path)) {
    Arrays arrays;
    Result read = readFolder(path, prefix, names, arrays);
    if (!read)
      return read.error();
    return pick(std::move(arrays), path, name);
  }
  if (endsWith(path, ".npz")) {
    auto arrays = readNpz(path);
    if (!arrays)
      return arrays.error();
    return pick(std::move(*arrays), path, name);
  }
  if (endsWith(path, ".pb")) {
    auto tensor = readTensorProto(path);
    if (!tensor)
      return tensor.error();
    return std::move(tensor->second);
  }
  return readNpy(path);
}

/// A .npz with an array per tensor. Samples often keep other arrays too, so for
/// inputs those are passed over; an expectation must mean an output.
static Result readKeyed(const std::string &path, const std::string &prefix,
                        const std::vector<std::string> &names, Arrays &arrays) {
  auto read = readNpz(path);
  if (!read)
    return read.error();
  bool any = false;
  for (auto &[name, array] : *read) {
    bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (!known && prefix == "output")
      return Error{"'" + path + "' has an array '" + name +
                   "', but the model's outputs are " + join(names)};
    any |= known;
    if (known)
      arrays[name] = std::move(array);
  }
  if (!any && !names.empty())
    return Error{"'" + path +
                 "' has no array that is named like one of the "
                 "model's " +
                 prefix + "s (" + join(names) + ")"};
  return Success{};
}

Result octet::readArgument(const std::string &argument,
                           const std::string &prefix,
                           const std::vector<std::string> &names,
                           Arrays &arrays) {
  // A tensor's name may hold '=', a file's rarely: the longest name wins.
  std::string name;
  for (const std::string &candidate : names)
    if (startsWith(argument, candidate + "=") &&
        candidate.size() >= name.size())
      name = candidate;
  if (startsWith(argument, name + "=") && !name.empty()) {
    auto array =
        readNamed(argument.substr(name.size() + 1), prefix, name, names);
    if (!array)
      return array.error();
    arrays[name] = std::move(*array);
    return Success{};
  }
  if (isFolder(argument))
    return readFolder(argument, prefix, names, arrays);
  size_t equals = argument.find('=');
  std::error_code error;
  if (equals != std::string::npos && !fs::exists(argument, error))
    return Error{"the model has no " + prefix + " '" +
                 argument.substr(0, equals) + "', but " + join(names)};
  if (endsWith(argument, ".npz"))
    return readKeyed(argument, prefix, names, arrays);
  return Error{"cannot tell which " + prefix + " '" + argument +
               "' is for: write NAME=" + argument};
}
