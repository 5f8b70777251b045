//===- GraphImporter.h - Graphs of ONNX as octet.node -----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds the structure of a model: inputs, constants, nodes in an order that
// defines values before they are used, subgraphs as regions, model functions
// expanded where they are called.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_IMPORT_GRAPHIMPORTER_H
#define OCTET_LIB_IMPORT_GRAPHIMPORTER_H

#include "TensorReader.h"

#include "octet/IR/Octet.h"
#include "octet/Import/Import.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <set>

namespace mlir::octet {

/// The values that a graph's names stand for, and those of the graphs around.
struct Scope {
  llvm::StringMap<Value> values;
  Scope *parent = nullptr;

  Value lookup(StringRef name) const;
};

/// What a model function's nodes see: attributes of the call, versions of the
/// operator sets, and what to put before the names of its nodes.
struct Frame {
  llvm::StringMap<Attribute> attributes;
  llvm::StringMap<int64_t> opsets;
  std::string prefix;
  int depth = 0;
};

using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

/// The positions of nodes in an order that defines values before their uses,
/// otherwise as in the file. Fails on duplicate definitions, undefined inputs
/// and cycles, with an error at `loc`.
FailureOr<std::vector<int>> orderNodes(Nodes &nodes, const Scope &scope,
                                       Location loc);

/// A node for messages: "node 'conv1' (Conv)".
std::string describe(const onnx::NodeProto &node, StringRef name);

class GraphImporter {
public:
  GraphImporter(MLIRContext *context, Location loc, StringRef folder,
                const ImportOptions &options)
      : loc(loc), builder(context), tensors(loc, folder), options(options) {}

  OwningOpRef<ModuleOp> importModel(onnx::ModelProto &model, StringRef name);

private:
  // The model and its border.
  LogicalResult readOpsets(const onnx::ModelProto &model, ModuleOp module);
  LogicalResult readFunctions(onnx::ModelProto &model);
  LogicalResult importMain(onnx::GraphProto &graph);
  LogicalResult importInputs(onnx::GraphProto &graph, func::FuncOp main,
                             Scope &scope);
  LogicalResult importOutputs(onnx::GraphProto &graph, func::FuncOp main,
                              Scope &scope);
  void defaultBatches(const onnx::GraphProto &graph);
  RankedTensorType getInputType(const onnx::ValueInfoProto &info);
  std::optional<int64_t>
  getExtent(StringRef input, int axis,
            const onnx::TensorShapeProto::Dimension &dimension);
  const int64_t *findBinding(StringRef name);

  // Graphs and nodes.
  LogicalResult importInitializers(onnx::GraphProto &graph, Scope &scope);
  LogicalResult importNodes(Nodes &nodes, Scope &scope, const Frame &frame);
  LogicalResult importNode(onnx::NodeProto &node, StringRef name, Scope &scope,
                           const Frame &frame);
  LogicalResult importCall(onnx::NodeProto &node, StringRef name,
                           onnx::FunctionProto &function, Scope &scope,
                           const Frame &frame);
  LogicalResult importSubgraph(onnx::GraphProto &graph, Region &region,
                               Scope &scope, const Frame &frame);
  Attribute importAttribute(onnx::AttributeProto &attribute, const Frame &frame,
                            StringRef where);
  Value getOperand(StringRef name, const Scope &scope);

  Location loc;
  OpBuilder builder;
  TensorReader tensors;
  const ImportOptions &options;
  std::map<std::string, int64_t> defaults;
  std::set<std::string, std::less<>> usedBindings;
  Frame top;
  llvm::StringMap<onnx::FunctionProto *> functions;
  llvm::StringMap<int> outputTypes; ///< data types of the model's outputs
};

} // namespace mlir::octet

#endif // OCTET_LIB_IMPORT_GRAPHIMPORTER_H
