//===- GraphOrder.cpp - The order of a graph's nodes -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ONNX asks for nodes in topological order; some exporters do not keep to it.
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"

#include <functional>
#include <queue>

using namespace mlir;
using namespace mlir::octet;

std::string mlir::octet::describe(const onnx::NodeProto &node, StringRef name) {
  return "node '" + name.str() + "' (" + node.op_type() + ")";
}

static StringRef getName(const onnx::NodeProto &node) {
  if (!node.name().empty())
    return node.name();
  return node.output_size() ? StringRef(node.output(0)) : StringRef("");
}

/// Names that a node reads, those of its subgraphs included.
static void collectInputs(const onnx::NodeProto &node,
                          SmallVectorImpl<StringRef> &names) {
  for (const std::string &name : node.input())
    if (!name.empty())
      names.push_back(name);
  for (const auto &attribute : node.attribute())
    if (attribute.has_g()) {
      for (const auto &inner : attribute.g().node())
        collectInputs(inner, names);
      for (const auto &output : attribute.g().output())
        names.push_back(output.name());
    }
}

/// The node that defines each name.
static LogicalResult findProducers(const Nodes &nodes, const Scope &scope,
                                   Location loc,
                                   llvm::StringMap<int> &producers) {
  for (int i = 0; i < nodes.size(); ++i)
    for (StringRef output : nodes[i].output()) {
      if (output.empty())
        continue;
      if (!producers.try_emplace(output, i).second ||
          scope.values.count(output))
        return emitError(loc)
               << describe(nodes[i], getName(nodes[i])) << ": output '"
               << output << "' is already defined; names must be unique";
    }
  return success();
}

FailureOr<std::vector<int>>
mlir::octet::orderNodes(Nodes &nodes, const Scope &scope, Location loc) {
  llvm::StringMap<int> producers;
  if (failed(findProducers(nodes, scope, loc, producers)))
    return failure();
  std::vector<std::vector<int>> users(nodes.size());
  std::vector<int> missing(nodes.size());
  for (int i = 0; i < nodes.size(); ++i) {
    SmallVector<StringRef> inputs;
    collectInputs(nodes[i], inputs);
    for (StringRef input : inputs)
      if (auto it = producers.find(input); it != producers.end()) {
        users[it->second].push_back(i);
        ++missing[i];
      }
  }
  // The earliest node in the file that is ready comes next.
  std::priority_queue<int, std::vector<int>, std::greater<int>> ready;
  for (int i = 0; i < nodes.size(); ++i)
    if (missing[i] == 0)
      ready.push(i);
  std::vector<int> order;
  while (!ready.empty()) {
    int next = ready.top();
    ready.pop();
    order.push_back(next);
    for (int user : users[next])
      if (--missing[user] == 0)
        ready.push(user);
  }
  if (order.size() == size_t(nodes.size()))
    return order;
  auto stuck = llvm::find_if(missing, [](int count) { return count > 0; });
  const auto &node = nodes[stuck - missing.begin()];
  return emitError(loc) << describe(node, getName(node))
                        << ": depends on its own result, the graph has a cycle";
}
