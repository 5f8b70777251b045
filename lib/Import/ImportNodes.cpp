//===- ImportNodes.cpp - Gives ONNX nodes their meaning -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk over the nodes; what each means is in Ops/, a file a family.
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"
#include "TensorReader.h"

#include "octet/Import/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_IMPORTNODES
#include "octet/Import/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

static std::string describe(NodeOp node) {
  return "node '" + getNodeName(node) + "' (" + node.getOpType().str() + "): ";
}

static const Importer *selectImporter(NodeOp node) {
  bool known = false;
  const Importer *importer =
      findImporter(node.getDomain(), node.getOpType(), node.getOpset(), known);
  if (importer)
    return importer;
  InFlightDiagnostic error = emitError(node.getLoc()) << describe(node);
  if (known)
    error << "opset " << int64_t(node.getOpset())
          << " of this operator is not supported; see octet-compile --list-ops";
  else if (node.getDomain().empty())
    error << "operator is not supported; see octet-compile --list-ops";
  else
    error << "operator of domain '" << node.getDomain()
          << "' is not supported; see octet-compile --list-ops";
  return nullptr;
}

static LogicalResult checkOperands(NodeOp node, const Importer &importer) {
  for (unsigned i = 0; i < importer.minInputs; ++i)
    if (i >= node.getInputs().size() ||
        node.getInputs()[i].getDefiningOp<AbsentOp>())
      return emitError(node.getLoc())
             << describe(node) << "input " << i << " is missing";
  for (Value input : node.getInputs())
    if (!isa<RankedTensorType>(input.getType()) &&
        !input.getDefiningOp<AbsentOp>())
      return emitError(node.getLoc())
             << describe(node) << "an input has no type";
  return success();
}

/// Runs an importer and turns the first error inside into one that names the
/// node.
static Imported runImporter(NodeOp node, const Importer &importer,
                            OpBuilder &builder) {
  std::string message;
  Imported result = [&] {
    ScopedDiagnosticHandler handler(
        node.getContext(), [&](Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
            return failure();
          if (message.empty())
            message = diagnostic.str();
          return success();
        });
    NodeContext context(node, builder);
    Imported values = importer.import(context);
    context.checkAllRead();
    return values;
  }();
  if (!message.empty())
    return emitError(node.getLoc())
           << (StringRef(message).starts_with("node '") ? "" : describe(node))
           << makePrintable(message);
  return result;
}

/// The node's results must be of the element type that the file declares for
/// outputs of the model.
static LogicalResult checkDeclared(NodeOp node, ArrayRef<Value> values) {
  for (auto [output, value] : llvm::zip(node.getOutputs(), values)) {
    auto declared = dyn_cast<TensorType>(output.getType());
    Type element = getElementTypeOrSelf(value.getType());
    if (declared && isa<FloatType, IntegerType>(element) &&
        declared.getElementType() != element)
      return emitError(node.getLoc())
             << describe(node) << "the result has elements of type " << element
             << ", but the model declares " << declared.getElementType();
  }
  return success();
}

LogicalResult mlir::octet::importNode(NodeOp node) {
  const Importer *importer = selectImporter(node);
  if (!importer || failed(checkOperands(node, *importer)))
    return failure();
  OpBuilder builder(node);
  Imported result = runImporter(node, *importer, builder);
  if (!result.isOk())
    return failure();
  ArrayRef<Value> values = result.getValues();
  for (unsigned i = values.size(); i < node.getNumResults(); ++i)
    if (!node.getResult(i).use_empty())
      return emitError(node.getLoc())
             << describe(node) << "output " << i << " is not supported";
  if (failed(checkDeclared(node, values)))
    return failure();
  for (auto [output, value] : llvm::zip(node.getOutputs(), values))
    output.replaceAllUsesWith(value);
  node->erase();
  return success();
}

namespace {
struct ImportNodes : octet::impl::ImportNodesBase<ImportNodes> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(importFunction(function)))
        return signalPassFailure();
  }

  LogicalResult importFunction(func::FuncOp function) {
    // Nodes of the top level only: those of a subgraph are reached through the
    // node that holds it. Importing inlines them before the next node.
    for (Block &block : function.getBody()) {
      Operation *op = block.empty() ? nullptr : &block.front();
      while (op) {
        auto node = dyn_cast<NodeOp>(op);
        if (!node) {
          op = op->getNextNode();
          continue;
        }
        Operation *previous = op->getPrevNode();
        if (failed(importNode(node)))
          return failure();
        ++numImported;
        op = previous ? previous->getNextNode() : &block.front();
      }
    }
    finishBorder(function);
    removeUnused(function);
    return success();
  }

  /// Outputs are plain integers, not quantized, and the function's type follows
  /// from what it returns.
  void finishBorder(func::FuncOp function) {
    auto results = cast<func::ReturnOp>(function.getBody().back().back());
    OpBuilder builder(results);
    for (OpOperand &operand : results->getOpOperands())
      if (quant::QuantizedType type = getQuantizedType(operand.get()))
        operand.set(StorageCastOp::create(
            builder, results.getLoc(),
            withElement(operand.get().getType(), getGraphInteger(type)),
            operand.get()));
    function.setFunctionType(builder.getFunctionType(
        function.getArgumentTypes(), results.getOperandTypes()));
  }

  void removeUnused(func::FuncOp function) {
    for (Block &block : function.getBody())
      for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
        if (isOpTriviallyDead(&op))
          op.erase();
  }
};
} // namespace
