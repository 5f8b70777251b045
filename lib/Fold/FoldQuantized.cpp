//===- FoldQuantized.cpp - Operators between dequantize and quantize -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Fold/Passes.h"

#include "octet/Fold/Bias.h"
#include "octet/IR/Constants.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::octet {
#define GEN_PASS_DEF_FOLDQUANTIZED
#include "octet/Fold/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// The 8-bit per-tensor type behind a dequantize; null if there is none.
static quant::UniformQuantizedType getSourceType(Value value) {
  auto source = value.getDefiningOp<DequantizeOp>();
  return source ? getByteType(source.getInput().getType()) : nullptr;
}

/// The common per-tensor 8-bit type of the quantizes that are a value's only
/// users; null if it has other users or several types.
static quant::UniformQuantizedType getResultType(Value value) {
  quant::UniformQuantizedType common;
  for (Operation *user : value.getUsers()) {
    auto quantize = dyn_cast<QuantizeOp>(user);
    auto type = quantize ? getByteType(quantize.getResult().getType())
                         : quant::UniformQuantizedType();
    if (!type || (common && common != type))
      return {};
    common = type;
  }
  return common;
}

namespace {
struct FoldQuantizedPass : octet::impl::FoldQuantizedBase<FoldQuantizedPass> {
  void runOnOperation() override {
    SmallVector<IntegerFormOpInterface> ops;
    getOperation().walk([&](IntegerFormOpInterface op) {
      // Movements were dealt with by Propagate, functions become tables.
      if (!isa<SameScaleOpInterface, UnaryFunctionOpInterface>(*op))
        ops.push_back(op);
    });
    for (IntegerFormOpInterface op : ops) {
      if (!isa<FloatType>(getElementTypeOrSelf(op->getResult(0).getType())))
        continue;
      std::string reason;
      if (succeeded(fold(op, reason))) {
        ++numFolded;
        continue;
      }
      ++numFloat;
      if (!op->hasAttr(SchemeAttr::kStaysFloatName))
        op->setAttr(SchemeAttr::kStaysFloatName,
                    StringAttr::get(&getContext(), reason));
      op->removeAttr(SchemeAttr::kName);
    }
  }

private:
  LogicalResult fold(IntegerFormOpInterface op, std::string &reason) {
    reason = op.getStaysFloatReason();
    if (!reason.empty())
      return failure();
    quant::UniformQuantizedType result = getResultType(op->getResult(0));
    if (!result && !op.allowsFloatResult()) {
      reason = "its result is used as float";
      return failure();
    }
    SmallVector<OpOperand *> activations = op.getActivationOperands();
    // A real residual is added to a real result.
    if (auto weighted = dyn_cast<WeightedOpInterface>(*op); weighted && !result)
      llvm::erase_if(activations, [&](OpOperand *operand) {
        return operand == weighted.getResidualOperand() &&
               !getSourceType(operand->get());
      });
    for (OpOperand *operand : activations)
      if (!getSourceType(operand->get())) {
        reason = describe(operand->get()) + " is not quantized";
        return failure();
      }
    IRMapping mapping;
    for (OpOperand *operand : activations)
      mapping.map(operand->get(),
                  operand->get().getDefiningOp<DequantizeOp>().getInput());
    OpBuilder builder(op);
    if (auto weighted = dyn_cast<WeightedOpInterface>(*op);
        weighted &&
        failed(mapWeights(builder, weighted, activations, mapping, reason)))
      return failure();
    replace(builder, op, mapping, result);
    return success();
  }

  static std::string describe(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return "a graph input";
    std::string name = getNodeName(op);
    return "the input from '" +
           (name.empty() ? op->getName().getStringRef().str() : name) + "'";
  }

  /// Constant weights and bias; a product of two activations has neither.
  static LogicalResult mapWeights(OpBuilder &builder, WeightedOpInterface op,
                                  ArrayRef<OpOperand *> activations,
                                  IRMapping &mapping, std::string &reason) {
    OpOperand &weight = op.getWeightOperand();
    if (llvm::is_contained(activations, &weight)) {
      if (op.getBiasValue())
        reason = "a product of two activations with a bias";
      return success(reason.empty());
    }
    FailureOr<IntegerWeights> integers = makeIntegerWeights(
        builder, op, getSourceType(op.getInputOperand().get()), reason);
    if (failed(integers))
      return failure();
    mapping.map(weight.get(), integers->weight);
    if (Value bias = op.getBiasValue())
      mapping.map(bias, integers->bias);
    return success();
  }

  /// Clones the operator on integers in place of the real one.
  static void replace(OpBuilder &builder, Operation *op, IRMapping &mapping,
                      quant::UniformQuantizedType result) {
    Operation *clone = builder.clone(*op, mapping);
    Value real = op->getResult(0);
    if (result) {
      clone->getResult(0).setType(withElement(real.getType(), result));
      for (Operation *user : llvm::make_early_inc_range(real.getUsers())) {
        user->getResult(0).replaceAllUsesWith(clone->getResult(0));
        user->erase();
      }
    } else {
      real.replaceAllUsesWith(clone->getResult(0));
    }
    op->erase();
  }
};
} // namespace
