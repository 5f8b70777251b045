//===- AssignSchemes.cpp - Decide for every operator: quantized or float -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Readers.h"
#include "octet/IR/Hints.h"
#include "octet/Quantize/Passes.h"
#include "octet/Quantize/Recipe.h"

namespace mlir::octet {
#define GEN_PASS_DEF_ASSIGNSCHEMES
#include "octet/Quantize/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// Operators that compute: all but constants and those that only change the
/// representation.
static bool isDecidable(Operation *op) {
  if (!isa<OctetDialect>(op->getDialect()) ||
      isa<ConstantOp, QuantizeOp, DequantizeOp, RequantizeOp, ObserveOp>(op))
    return false;
  auto isReal = [](Type type) {
    return isa<FloatType>(getElementTypeOrSelf(type));
  };
  return llvm::any_of(op->getOperandTypes(), isReal) &&
         llvm::any_of(op->getResultTypes(), isReal);
}

/// Operators that only move elements, or apply a function to each: they are
/// worth doing in integers only between others that are.
static bool isTransparent(Operation *op) {
  return isa<SameScaleOpInterface, UnaryFunctionOpInterface>(op);
}

namespace {
struct AssignSchemesPass : octet::impl::AssignSchemesBase<AssignSchemesPass> {
  using AssignSchemesBase::AssignSchemesBase;

  LogicalResult initialize(MLIRContext *context) override {
    llvm::Expected<Recipe> parsed = Recipe::parse(recipe);
    if (!parsed) {
      emitError(UnknownLoc::get(context)) << llvm::toString(parsed.takeError());
      return failure();
    }
    rules = std::move(*parsed);
    return success();
  }

  void runOnOperation() override {
    for (Operation &op : getOperation().getOps())
      if (isDecidable(&op))
        assign(&op);
    // Users come after their operands, so backwards every user is decided.
    for (Operation &op :
         llvm::reverse(getOperation().getBody().front().getOperations()))
      if (SchemeAttr::of(&op) && !isWorthwhile(&op))
        stayFloat(&op, "its result reaches no integer arithmetic, and 8 bits "
                       "would only lose accuracy");
    for (Operation &op : getOperation().getOps()) {
      numQuantized += op.hasAttr(SchemeAttr::kName);
      numFloat += op.hasAttr(SchemeAttr::kStaysFloatName);
    }
  }

private:
  void stayFloat(Operation *op, const Twine &reason) {
    op->removeAttr(SchemeAttr::kName);
    op->setAttr(SchemeAttr::kStaysFloatName,
                StringAttr::get(&getContext(), reason));
  }

  void assign(Operation *op) {
    StringRef type = op->getName().stripDialect();
    auto form = dyn_cast<IntegerFormOpInterface>(op);
    if (!form)
      return stayFloat(op, "operator '" + type + "' has no integer form");
    if (std::string reason = form.getStaysFloatReason(); !reason.empty())
      return stayFloat(op, reason);
    for (OpOperand *operand : form.getActivationOperands())
      if (Type element = getElementTypeOrSelf(operand->get().getType());
          isa<FloatType>(element) && !element.isF32())
        return stayFloat(op, "its operands are not f32");
    RecipeChoice choice = rules.getChoice(type, getNodeName(op));
    if (choice.staysFloat())
      return stayFloat(op, "the recipe says so");
    if (auto reason = op->getAttrOfType<StringAttr>(kPrefersFloatName);
        reason && !choice.precision)
      return stayFloat(op, reason.getValue());
    op->removeAttr(SchemeAttr::kStaysFloatName);
    op->removeAttr(kRequiresIntegersName);
    if (choice.precision)
      op->setAttr(kRequiresIntegersName, UnitAttr::get(&getContext()));
    op->setAttr(SchemeAttr::kName, choice.getScheme(&getContext()));
  }

  /// Contractions are worth it by themselves, and so is what integers follow.
  /// At the end of a model, among operators that decode or compare in float,
  /// 8 bits in between would only make ties.
  static bool isWorthwhile(Operation *op) {
    if (isa<WeightedOpInterface>(op) || feedsIntegers(op))
      return true;
    auto isFloat = [](Operation *other) {
      return other && other->hasAttr(SchemeAttr::kStaysFloatName) &&
             !isTransparent(other);
    };
    return !isTransparent(op) && llvm::none_of(op->getUsers(), isFloat) &&
           llvm::none_of(op->getOperands(), [&](Value operand) {
             return isFloat(operand.getDefiningOp());
           });
  }

  /// Whether some user computes with the result in integers.
  static bool feedsIntegers(Operation *op) {
    return llvm::any_of(op->getUses(), [](OpOperand &use) {
      Operation *user = use.getOwner();
      return isa<QuantizeOp>(user) ||
             (SchemeAttr::of(user) && !isRealResidual(use));
    });
  }

  Recipe rules;
};
} // namespace
