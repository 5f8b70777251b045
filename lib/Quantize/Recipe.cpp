//===- Recipe.cpp - What a recipe says -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Quantize/Recipe.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace mlir::octet;

using llvm::Error;
using llvm::json::Object;
using Json = llvm::json::Value;

SchemeAttr RecipeChoice::getScheme(MLIRContext *context) const {
  return SchemeAttr::get(context, activationSigned, activationSymmetric,
                         weightPerChannel, /*weightBits=*/8, correctBias,
                         observer, int64_t(percentile * 1e4 + 0.5));
}

static constexpr std::pair<Precision, llvm::StringLiteral> kPrecisions[] = {
    {Precision::Float, "float"},
    {Precision::Int8, "int8"},
    {Precision::FP16, "fp16"},
    {Precision::BF16, "bf16"}};

std::optional<Precision> mlir::octet::parsePrecision(StringRef name) {
  for (const auto &[precision, text] : kPrecisions)
    if (text == name)
      return precision;
  return std::nullopt;
}

StringRef mlir::octet::getPrecisionName(Precision precision) {
  for (const auto &[other, text] : kPrecisions)
    if (other == precision)
      return text;
  llvm_unreachable("all are listed");
}

/// "Average_Pool" and "AveragePool" are one name; ONNX's names that import to
/// another operator are mapped to it.
static std::string normalize(StringRef opType) {
  std::string name;
  for (char c : opType)
    if (c != '_')
      name += llvm::toLower(c);
  if (name == "gemm" || name == "qgemm")
    return "matmul";
  if (name == "globalaveragepool")
    return "averagepool";
  if (name == "globalmaxpool")
    return "maxpool";
  return name;
}

static Error fail(const Twine &message) {
  return llvm::createStringError("recipe: " + message);
}

/// An error if the object has a key that is not listed: a misspelt setting must
/// not pass in silence.
static Error checkKeys(const Object &object, ArrayRef<StringRef> known,
                       StringRef where) {
  for (const auto &entry : object)
    if (!llvm::is_contained(known, StringRef(entry.first)))
      return fail("unknown key '" + StringRef(entry.first) + "' in " + where +
                  "; expected one of: " + llvm::join(known, ", "));
  return Error::success();
}

using Change = std::function<void(RecipeChoice &)>;
using Changes = std::vector<Change>;

/// Reads the setting `key` as one of several words.
static Error readWord(const Object &object, StringRef key,
                      ArrayRef<std::pair<StringRef, Change>> words,
                      Changes &changes) {
  const Json *value = object.get(key);
  if (!value)
    return Error::success();
  std::optional<StringRef> word = value->getAsString();
  std::string all;
  for (auto &[name, change] : words) {
    if (word && *word == name) {
      changes.push_back(change);
      return Error::success();
    }
    all += (all.empty() ? "" : ", ") + name.str();
  }
  return fail("'" + key + "' must be one of: " + all);
}

static Error readFlag(const Object &object, StringRef key,
                      bool RecipeChoice::*flag, Changes &changes) {
  const Json *value = object.get(key);
  if (!value)
    return Error::success();
  std::optional<bool> setting = value->getAsBoolean();
  if (!setting)
    return fail("'" + key + "' must be true or false");
  changes.push_back([=](RecipeChoice &choice) { choice.*flag = *setting; });
  return Error::success();
}

static Error readActivation(const Object &object, Changes &changes) {
  if (Error error =
          checkKeys(object, {"type", "symmetric", "observer", "percentile"},
                    "'activation'"))
    return error;
  if (Error error =
          readWord(object, "type",
                   {{"u8", [](auto &c) { c.activationSigned = false; }},
                    {"i8", [](auto &c) { c.activationSigned = true; }}},
                   changes))
    return error;
  if (Error error = readFlag(object, "symmetric",
                             &RecipeChoice::activationSymmetric, changes))
    return error;
  if (const Json *value = object.get("percentile")) {
    std::optional<double> number = value->getAsNumber();
    if (!number || !(*number > 50) || !(*number <= 100))
      return fail("'percentile' must be a number above 50 and at most 100");
    changes.push_back([=](auto &c) { c.percentile = *number; });
  }
  auto observe = [](ObserverKind kind) {
    return [=](RecipeChoice &choice) { choice.observer = kind; };
  };
  return readWord(object, "observer",
                  {{"minmax", observe(ObserverKind::MinMax)},
                   {"percentile", observe(ObserverKind::Percentile)},
                   {"entropy", observe(ObserverKind::Entropy)},
                   {"mse", observe(ObserverKind::MSE)}},
                  changes);
}

static Error readWeight(const Object &object, Changes &changes) {
  if (Error error = checkKeys(
          object, {"type", "granularity", "bias_correction"}, "'weight'"))
    return error;
  if (Error error = readFlag(object, "bias_correction",
                             &RecipeChoice::correctBias, changes))
    return error;
  if (Error error = readWord(object, "type", {{"i8", [](auto &) {}}}, changes))
    return error;
  return readWord(object, "granularity",
                  {{"channel", [](auto &c) { c.weightPerChannel = true; }},
                   {"tensor", [](auto &c) { c.weightPerChannel = false; }}},
                  changes);
}

/// The settings that the top level and each rule share.
static Error readSettings(const Object &object, Changes &changes) {
  SmallVector<std::pair<StringRef, Change>> precisions;
  for (const auto &[precision, name] : kPrecisions)
    precisions.emplace_back(
        name, [value = precision](auto &c) { c.precision = value; });
  if (Error error = readWord(object, "precision", precisions, changes))
    return error;
  if (const Json *value = object.get("activation")) {
    if (!value->getAsObject())
      return fail("'activation' must be an object");
    if (Error error = readActivation(*value->getAsObject(), changes))
      return error;
  }
  if (const Json *value = object.get("weight")) {
    if (!value->getAsObject())
      return fail("'weight' must be an object");
    return readWeight(*value->getAsObject(), changes);
  }
  return Error::success();
}

static Change inOrder(Changes changes) {
  return [changes = std::move(changes)](RecipeChoice &choice) {
    for (const Change &change : changes)
      change(choice);
  };
}

llvm::Expected<Recipe> Recipe::parse(StringRef text) {
  Recipe recipe;
  if (text.trim().empty())
    return recipe;
  llvm::Expected<Json> json = llvm::json::parse(text);
  if (!json)
    return fail(llvm::toString(json.takeError()));
  const Object *top = json->getAsObject();
  if (!top)
    return fail("the top level must be an object");
  if (Error error = checkKeys(
          *top, {"precision", "activation", "weight", "rules"}, "the recipe"))
    return error;
  Changes changes;
  if (Error error = readSettings(*top, changes))
    return error;
  inOrder(changes)(recipe.defaults);
  const Json *rules = top->get("rules");
  if (rules && !rules->getAsArray())
    return fail("'rules' must be an array");
  if (!rules)
    return recipe;
  for (const Json &entry : *rules->getAsArray()) {
    const Object *object = entry.getAsObject();
    if (!object)
      return fail("a rule must be an object");
    if (Error error = checkKeys(
            *object, {"op", "name", "precision", "activation", "weight"},
            "a rule"))
      return error;
    Rule rule;
    if (const Json *op = object->get("op"))
      rule.op = normalize(op->getAsString().value_or(""));
    if (const Json *name = object->get("name")) {
      rule.name =
          std::make_shared<llvm::Regex>(name->getAsString().value_or(""));
      std::string problem;
      if (!rule.name->isValid(problem))
        return fail("'name' is no regular expression: " + problem);
    }
    Changes settings;
    if (Error error = readSettings(*object, settings))
      return error;
    rule.apply = inOrder(settings);
    recipe.rules.push_back(std::move(rule));
  }
  return recipe;
}

RecipeChoice Recipe::getChoice(StringRef opType, StringRef nodeName) const {
  RecipeChoice choice = defaults;
  std::string op = normalize(opType);
  for (const Rule &rule : rules) {
    if (!rule.op.empty() && rule.op != op)
      continue;
    if (rule.name && !rule.name->match(nodeName))
      continue;
    rule.apply(choice);
  }
  return choice;
}
