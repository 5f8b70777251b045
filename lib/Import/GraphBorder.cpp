//===- GraphBorder.cpp - Inputs and outputs of a model -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types of the inputs, symbolic dimensions bound to numbers, and the function
// that the graph becomes.
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"

#include "octet/IR/Constants.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::octet;
using onnx::TensorShapeProto;

/// More elements than this in an input are taken for a mistake.
static constexpr int64_t kMaxElements = int64_t(1) << 40;

const int64_t *GraphImporter::findBinding(StringRef name) {
  auto it = options.bindings.find(name.str());
  if (it == options.bindings.end())
    return nullptr;
  usedBindings.insert(name.str());
  return &it->second;
}

static std::string getPosition(StringRef input, int axis) {
  return (input + ":" + Twine(axis)).str();
}

/// Symbols that name the first dimension of an input are batches of 1 unless
/// they are bound, wherever else they stand.
void GraphImporter::defaultBatches(const onnx::GraphProto &graph) {
  for (const auto &input : graph.input()) {
    const auto &shape = input.type().tensor_type().shape();
    if (shape.dim_size() && !shape.dim(0).dim_param().empty())
      defaults[shape.dim(0).dim_param()] = 1;
  }
}

/// The number that a dimension stands for; nothing after an error.
std::optional<int64_t>
GraphImporter::getExtent(StringRef input, int axis,
                         const TensorShapeProto::Dimension &dimension) {
  std::string position = getPosition(input, axis);
  StringRef symbol = dimension.dim_param();
  const int64_t *bound = findBinding(position);
  if (!bound && !symbol.empty())
    bound = findBinding(symbol);
  if (!bound && dimension.has_dim_value() && dimension.dim_value() >= 0)
    return dimension.dim_value();
  if (!bound && !symbol.empty())
    if (auto it = defaults.find(symbol.str()); it != defaults.end())
      bound = &it->second;
  if (bound && *bound > 0)
    return *bound;
  std::string key = symbol.empty() ? position : symbol.str();
  if (bound) {
    emitError(loc) << "input '" << input << "': dimension " << axis
                   << " is bound to " << *bound << ", expected at least 1";
    return std::nullopt;
  }
  if (axis == 0)
    return 1;
  emitError(loc) << "input '" << input << "': dimension " << axis
                 << (symbol.empty() ? "" : " ('" + symbol.str() + "')")
                 << " has no fixed extent; give one with --bind " << key
                 << "=NUMBER";
  return std::nullopt;
}

RankedTensorType GraphImporter::getInputType(const onnx::ValueInfoProto &info) {
  StringRef name = info.name();
  if (!info.type().has_tensor_type()) {
    emitError(loc) << "input '" << name
                   << "': only tensors are supported, not sequences, maps, "
                      "optionals or sparse tensors";
    return {};
  }
  const auto &tensor = info.type().tensor_type();
  Type element = getElementTypeOf(loc.getContext(), tensor.elem_type());
  if (!element) {
    emitError(loc) << "input '" << name << "': elements of type "
                   << getDataTypeName(tensor.elem_type())
                   << " are not supported";
    return {};
  }
  if (!tensor.has_shape()) {
    emitError(loc) << "input '" << name
                   << "': has no shape; export the model with shapes";
    return {};
  }
  SmallVector<int64_t> shape;
  int64_t count = 1;
  for (int axis = 0; axis < tensor.shape().dim_size(); ++axis) {
    auto extent = getExtent(name, axis, tensor.shape().dim(axis));
    if (!extent)
      return {};
    if (*extent && count > kMaxElements / *extent) {
      emitError(loc) << "input '" << name << "': dimension " << axis << " of "
                     << *extent << " makes more than 2^40 elements";
      return {};
    }
    count *= *extent;
    shape.push_back(*extent);
  }
  return RankedTensorType::get(shape, element);
}

/// A constant with `value` everywhere in place of an input.
static Value makeBoundInput(OpBuilder &builder, StringRef name,
                            RankedTensorType type, int64_t value) {
  auto integer = dyn_cast<IntegerType>(type.getElementType());
  if (!integer)
    return {};
  auto splat = DenseElementsAttr::get(type, APInt(integer.getWidth(), value,
                                                  /*isSigned=*/true,
                                                  /*implicitTrunc=*/true));
  return ConstantOp::create(builder, NameLoc::get(builder.getStringAttr(name)),
                            splat);
}

LogicalResult GraphImporter::importInputs(onnx::GraphProto &graph,
                                          func::FuncOp main, Scope &scope) {
  std::set<std::string> seen;
  for (const auto &input : graph.input()) {
    if (!seen.insert(input.name()).second)
      return emitError(loc)
             << "input '" << input.name() << "': is listed twice";
    if (scope.values.count(input.name()))
      continue; // old files list their initializers among the inputs
    RankedTensorType type = getInputType(input);
    if (!type)
      return failure();
    if (const int64_t *bound = findBinding(input.name())) {
      Value value = makeBoundInput(builder, input.name(), type, *bound);
      if (!value)
        return emitError(loc) << "input '" << input.name()
                              << "': only integers can be bound to a value";
      scope.values[input.name()] = value;
      continue;
    }
    unsigned index = main.getNumArguments();
    auto name = builder.getDictionaryAttr(builder.getNamedAttr(
        "octet.name", builder.getStringAttr(makePrintable(input.name()))));
    auto at = NameLoc::get(builder.getStringAttr(input.name()));
    if (failed(main.insertArgument(index, type, name, at)))
      return failure();
    scope.values[input.name()] = main.getArgument(index);
  }
  for (const auto &binding : options.bindings)
    if (!usedBindings.count(binding.first))
      return emitError(loc)
             << "no symbolic dimension or input is called '" << binding.first
             << "' to be bound to " << binding.second;
  return success();
}

LogicalResult GraphImporter::importOutputs(onnx::GraphProto &graph,
                                           func::FuncOp main, Scope &scope) {
  if (graph.output_size() == 0)
    return emitError(loc) << "the graph has no outputs";
  SmallVector<Value> results;
  SmallVector<Type> types;
  SmallVector<Attribute> names;
  std::set<std::string> seen;
  for (const auto &output : graph.output()) {
    Value value = scope.lookup(output.name());
    if (!value)
      return emitError(loc) << "output '" << output.name()
                            << "' is not defined by a node, an input or an "
                               "initializer";
    if (!seen.insert(output.name()).second)
      return emitError(loc)
             << "output '" << output.name() << "' is listed twice";
    results.push_back(value);
    types.push_back(value.getType());
    names.push_back(builder.getDictionaryAttr(builder.getNamedAttr(
        "octet.name", builder.getStringAttr(makePrintable(output.name())))));
  }
  func::ReturnOp::create(builder, loc, results);
  main.setFunctionType(builder.getFunctionType(main.getArgumentTypes(), types));
  main.setResAttrsAttr(builder.getArrayAttr(names));
  return success();
}

LogicalResult GraphImporter::importMain(onnx::GraphProto &graph) {
  defaultBatches(graph);
  for (const auto &output : graph.output()) {
    if (!output.type().has_tensor_type() && output.has_type())
      return emitError(loc)
             << "output '" << output.name()
             << "': only tensors are supported; export models of scikit-learn "
                "with options={'zipmap': False}";
    outputTypes[output.name()] = output.type().tensor_type().elem_type();
  }
  auto main = func::FuncOp::create(builder, loc, "main",
                                   builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(main.addEntryBlock());
  Scope scope;
  return failure(failed(importInitializers(graph, scope)) ||
                 failed(importInputs(graph, main, scope)) ||
                 failed(importNodes(*graph.mutable_node(), scope, top)) ||
                 failed(importOutputs(graph, main, scope)));
}
