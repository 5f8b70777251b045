//===- GraphImporter.cpp - Nodes, attributes, subgraphs -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"

#include "octet/IR/Constants.h"

#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace mlir::octet;
using onnx::AttributeProto;

/// Functions that call each other this deep are taken for a recursion.
static constexpr int kMaxCallDepth = 32;

Value Scope::lookup(StringRef name) const {
  for (const Scope *scope = this; scope; scope = scope->parent)
    if (Value value = scope->values.lookup(name))
      return value;
  return {};
}

std::string mlir::octet::makePrintable(StringRef text) {
  std::string printable = llvm::json::fixUTF8(text);
  for (char &c : printable)
    if (uint8_t(c) < 0x20 || c == 0x7f)
      c = '?';
  return printable;
}

/// "ai.onnx" is another name of the domain without a name.
static StringRef normalizeDomain(StringRef domain) {
  return domain == "ai.onnx" ? StringRef() : domain;
}

static std::string getFunctionKey(StringRef domain, StringRef name) {
  return (normalizeDomain(domain) + ":" + name).str();
}

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

LogicalResult GraphImporter::readOpsets(const onnx::ModelProto &model,
                                        ModuleOp module) {
  SmallVector<NamedAttribute> entries;
  for (const auto &opset : model.opset_import()) {
    StringRef domain = normalizeDomain(opset.domain());
    if (!top.opsets.try_emplace(domain, opset.version()).second)
      continue;
    entries.push_back(
        builder.getNamedAttr(domain.empty() ? "ai.onnx" : domain,
                             builder.getI64IntegerAttr(opset.version())));
    if (domain.empty() &&
        (opset.version() < kOldestOpset || opset.version() > kNewestOpset))
      return emitError(loc) << "opset " << opset.version() << " is not between "
                            << kOldestOpset << " and " << kNewestOpset
                            << "; export the model with opset 21";
  }
  module->setAttr("octet.opsets", builder.getDictionaryAttr(entries));
  return success();
}

LogicalResult GraphImporter::readFunctions(onnx::ModelProto &model) {
  for (auto &function : *model.mutable_functions())
    functions[getFunctionKey(function.domain(), function.name())] = &function;
  return success();
}

OwningOpRef<ModuleOp> GraphImporter::importModel(onnx::ModelProto &model,
                                                 StringRef name) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  module.get()->setAttr("octet.model_name", builder.getStringAttr(name));
  builder.setInsertionPointToEnd(module->getBody());
  if (!model.has_graph()) {
    emitError(loc) << "holds no graph; it is not an ONNX model";
    return {};
  }
  if (failed(readOpsets(model, *module)) || failed(readFunctions(model)) ||
      failed(importMain(*model.mutable_graph())))
    return {};
  return module;
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

LogicalResult GraphImporter::importInitializers(onnx::GraphProto &graph,
                                                Scope &scope) {
  if (graph.sparse_initializer_size())
    return emitError(loc) << "initializer '"
                          << graph.sparse_initializer(0).values().name()
                          << "' is sparse; save the model with dense ones";
  for (auto &tensor : *graph.mutable_initializer()) {
    std::string what = "initializer '" + tensor.name() + "'";
    if (scope.values.count(tensor.name()))
      return emitError(loc) << what << ": is already defined";
    auto at = NameLoc::get(builder.getStringAttr(tensor.name()));
    ElementsAttr value = tensors.read(tensor, what);
    if (!value)
      return failure();
    scope.values[tensor.name()] = ConstantOp::create(builder, at, value);
  }
  return success();
}

LogicalResult GraphImporter::importNodes(Nodes &nodes, Scope &scope,
                                         const Frame &frame) {
  auto order = orderNodes(nodes, scope, loc);
  if (failed(order))
    return failure();
  for (int i : *order) {
    auto &node = *nodes.Mutable(i);
    std::string name = makePrintable(node.name());
    if (name.empty())
      name = makePrintable(node.op_type()) + "_" + std::to_string(i);
    if (node.output_size() == 0)
      return emitError(loc) << describe(node, name) << ": has no outputs";
    if (failed(importNode(node, frame.prefix + name, scope, frame)))
      return failure();
  }
  return success();
}

LogicalResult GraphImporter::importSubgraph(onnx::GraphProto &graph,
                                            Region &region, Scope &scope,
                                            const Frame &frame) {
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&region);
  Scope inner;
  inner.parent = &scope;
  for (const auto &input : graph.input())
    inner.values[input.name()] = block->addArgument(builder.getNoneType(), loc);
  if (failed(importInitializers(graph, inner)) ||
      failed(importNodes(*graph.mutable_node(), inner, frame)))
    return failure();
  SmallVector<Value> outputs;
  for (const auto &output : graph.output()) {
    outputs.push_back(inner.lookup(output.name()));
    if (!outputs.back())
      return emitError(loc) << "subgraph '" << graph.name() << "': output '"
                            << output.name() << "' is not defined";
  }
  YieldOp::create(builder, loc, outputs);
  return success();
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

Value GraphImporter::getOperand(StringRef name, const Scope &scope) {
  if (name.empty())
    return AbsentOp::create(builder, loc, builder.getNoneType());
  return scope.lookup(name);
}

LogicalResult GraphImporter::importNode(onnx::NodeProto &node, StringRef name,
                                        Scope &scope, const Frame &frame) {
  StringRef domain = normalizeDomain(node.domain());
  auto function = functions.find(getFunctionKey(domain, node.op_type()));
  if (function != functions.end())
    return importCall(node, name, *function->second, scope, frame);
  auto opset = frame.opsets.find(domain);
  if (opset == frame.opsets.end() && domain.empty())
    return emitError(loc)
           << describe(node, name)
           << ": the model imports no opset, no version of ONNX's "
              "operator set";
  auto at = NameLoc::get(builder.getStringAttr(name));
  SmallVector<Value> inputs;
  for (StringRef input : node.input()) {
    inputs.push_back(getOperand(input, scope));
    if (!inputs.back())
      return emitError(loc) << describe(node, name) << ": input '" << input
                            << "' is not defined by an initializer, an input "
                               "or another node";
  }
  SmallVector<Type> types;
  for (StringRef output : node.output()) {
    auto known = outputTypes.find(output);
    Type element = known == outputTypes.end()
                       ? nullptr
                       : getElementTypeOf(loc.getContext(), known->second);
    types.push_back(element ? Type(UnrankedTensorType::get(element))
                            : builder.getNoneType());
  }
  SmallVector<NamedAttribute> attributes;
  SmallVector<onnx::GraphProto *> subgraphs;
  for (auto &attribute : *node.mutable_attribute()) {
    Attribute value;
    if (attribute.has_g()) {
      value = builder.getIndexAttr(subgraphs.size());
      subgraphs.push_back(attribute.mutable_g());
    } else {
      value = importAttribute(attribute, frame, describe(node, name));
    }
    if (!value)
      return failure();
    if (!isa<UnitAttr>(value))
      attributes.push_back(builder.getNamedAttr(attribute.name(), value));
  }
  auto op = NodeOp::create(
      builder, at, types, makePrintable(node.op_type()), inputs,
      makePrintable(domain), opset == frame.opsets.end() ? 1 : opset->second,
      DictionaryAttr::get(loc.getContext(), attributes), subgraphs.size());
  for (auto [region, graph] : llvm::zip(op.getSubgraphs(), subgraphs))
    if (failed(importSubgraph(*graph, region, scope, frame)))
      return failure();
  for (auto [output, value] : llvm::zip(node.output(), op.getOutputs()))
    if (!output.empty())
      scope.values[output] = value;
  return success();
}

/// Expands a model function: its nodes see the call's operands and attributes.
LogicalResult GraphImporter::importCall(onnx::NodeProto &node, StringRef name,
                                        onnx::FunctionProto &function,
                                        Scope &scope, const Frame &frame) {
  if (frame.depth >= kMaxCallDepth)
    return emitError(loc) << describe(node, name)
                          << ": model functions call each other more than "
                          << kMaxCallDepth << " deep";
  Frame callee;
  callee.depth = frame.depth + 1;
  callee.prefix = (name + "/").str();
  for (const auto &opset : function.opset_import())
    callee.opsets[normalizeDomain(opset.domain())] = opset.version();
  for (auto &attribute : *node.mutable_attribute()) {
    Attribute value = importAttribute(attribute, frame, describe(node, name));
    if (!value)
      return failure();
    callee.attributes[attribute.name()] = value;
  }
  Scope inner;
  for (int i = 0; i < function.input_size(); ++i) {
    StringRef input = i < node.input_size() ? StringRef(node.input(i)) : "";
    inner.values[function.input(i)] = getOperand(input, scope);
    if (!inner.values[function.input(i)])
      return emitError(loc) << describe(node, name) << ": input '" << input
                            << "' is not defined";
  }
  if (failed(importNodes(*function.mutable_node(), inner, callee)))
    return failure();
  for (auto [output, result] : llvm::zip(function.output(), node.output())) {
    Value value = inner.lookup(output);
    if (!value)
      return emitError(loc) << describe(node, name) << ": output '" << output
                            << "' of the function is not defined";
    if (!result.empty())
      scope.values[result] = value;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// The attribute's kind; old files leave it out.
static int getKind(const AttributeProto &attribute) {
  if (attribute.type() != AttributeProto::UNDEFINED)
    return attribute.type();
  if (attribute.has_f())
    return AttributeProto::FLOAT;
  if (attribute.has_i())
    return AttributeProto::INT;
  if (attribute.has_s())
    return AttributeProto::STRING;
  if (attribute.has_t())
    return AttributeProto::TENSOR;
  if (attribute.floats_size())
    return AttributeProto::FLOATS;
  return attribute.strings_size() ? AttributeProto::STRINGS
                                  : AttributeProto::INTS;
}

/// The attribute's value; a unit where it refers to one that a call left out.
Attribute GraphImporter::importAttribute(AttributeProto &attribute,
                                         const Frame &frame, StringRef where) {
  if (!attribute.ref_attr_name().empty()) {
    Attribute given = frame.attributes.lookup(attribute.ref_attr_name());
    return given ? given : builder.getUnitAttr();
  }
  switch (getKind(attribute)) {
  case AttributeProto::FLOAT:
    return builder.getF32FloatAttr(attribute.f());
  case AttributeProto::INT:
    return builder.getI64IntegerAttr(attribute.i());
  case AttributeProto::STRING:
    return builder.getStringAttr(attribute.s());
  case AttributeProto::TENSOR:
    return tensors.read(*attribute.mutable_t(),
                        where + ": attribute '" + attribute.name() + "'");
  case AttributeProto::FLOATS:
    return builder.getDenseF32ArrayAttr(
        {attribute.floats().data(), size_t(attribute.floats_size())});
  case AttributeProto::INTS:
    return builder.getDenseI64ArrayAttr(
        SmallVector<int64_t>(attribute.ints().begin(), attribute.ints().end()));
  case AttributeProto::STRINGS: {
    SmallVector<Attribute> strings;
    for (const std::string &text : attribute.strings())
      strings.push_back(builder.getStringAttr(text));
    return builder.getArrayAttr(strings);
  }
  }
  emitError(loc) << where << ": attribute '" << attribute.name()
                 << "' is of a kind that is not supported";
  return {};
}
