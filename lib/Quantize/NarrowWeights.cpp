//===- NarrowWeights.cpp - Constant weights in 16 bits ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Constants.h"
#include "octet/IR/Hints.h"
#include "octet/Quantize/Passes.h"
#include "octet/Quantize/Recipe.h"

#include <cmath>

namespace mlir::octet {
#define GEN_PASS_DEF_NARROWWEIGHTS
#include "octet/Quantize/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// The type of 16 bits, or null.
static FloatType getShortType(Builder &b, Precision precision) {
  if (precision == Precision::FP16)
    return b.getF16Type();
  return precision == Precision::BF16 ? FloatType(b.getBF16Type()) : nullptr;
}

/// The constant in a shorter type (rule F2); nothing where its error is larger
/// than that of rounding each number to the type's precision.
static std::optional<ConstantData> narrow(const ConstantData &data,
                                          FloatType type) {
  const llvm::fltSemantics &semantics = type.getFloatSemantics();
  double unit = std::ldexp(1.0, -int(APFloat::semanticsPrecision(semantics)));
  ConstantData result{RankedTensorType::get(data.type.getShape(), type), {}};
  result.bytes.resize(data.as<float>().size() * sizeof(uint16_t));
  double power = 0, error = 0;
  for (auto [value, to] :
       llvm::zip_equal(data.as<float>(), result.as<uint16_t>())) {
    APFloat number(value);
    bool lost;
    number.convert(semantics, APFloat::rmNearestTiesToEven, &lost);
    to = uint16_t(number.bitcastToAPInt().getZExtValue());
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lost);
    double difference = number.convertToDouble() - double(value);
    power += double(value) * value;
    error += difference * difference;
  }
  // Not so with infinities and NaN either.
  if (!(error <= unit * unit * power))
    return std::nullopt;
  return result;
}

/// A constant table or the weights of a product, of which 16 bits may do; null
/// for other operators.
static OpOperand *getNarrowable(Operation *op) {
  OpOperand *operand = nullptr;
  if (auto weighted = dyn_cast<WeightedOpInterface>(op)) {
    operand = &weighted.getWeightOperand();
    // Kernels of batches of matrices take computed ones, in f32.
    auto type = cast<RankedTensorType>(operand->get().getType());
    if (isa<MatMulOp>(op) &&
        llvm::product_of(type.getShape().drop_back(2)) != 1)
      return nullptr;
  } else if (isa<GatherOp>(op)) {
    operand = &op->getOpOperand(0);
  }
  bool isReal = operand && getConstantAttr(operand->get()) &&
                getElementTypeOrSelf(operand->get()).isF32();
  return isReal && !SchemeAttr::of(op) ? operand : nullptr;
}

namespace {
struct NarrowWeightsPass : octet::impl::NarrowWeightsBase<NarrowWeightsPass> {
  using NarrowWeightsBase::NarrowWeightsBase;

  LogicalResult initialize(MLIRContext *context) override {
    auto fail = [&](const Twine &message) {
      return emitError(UnknownLoc::get(context)) << message;
    };
    llvm::Expected<Recipe> parsed = Recipe::parse(recipe);
    if (!parsed)
      return fail(llvm::toString(parsed.takeError()));
    rules = std::move(*parsed);
    given = parsePrecision(precision);
    if (!precision.empty() && !given)
      return fail("precision '" + precision +
                  "': expected fp16, bf16 or float");
    return success();
  }

  void runOnOperation() override {
    narrowed.clear();
    Precision usual = given.value_or(getStored());
    for (Operation &op : getOperation().getBody().front()) {
      OpOperand *operand = getNarrowable(&op);
      if (!operand)
        continue;
      Builder b(&getContext());
      RecipeChoice choice =
          rules.getChoice(op.getName().stripDialect(), getNodeName(&op));
      // Without samples nothing is made integers.
      Precision wanted = choice.staysFloat() ? *choice.precision : usual;
      if (FloatType type = getShortType(b, wanted))
        narrowOperand(*operand, type, getPrecisionName(wanted));
    }
    for (auto &[constant, replacement] : narrowed)
      if (constant.first->use_empty())
        constant.first->erase();
  }

private:
  /// What the model's floats were stored in.
  Precision getStored() {
    auto stored = getOperation()->getAttrOfType<TypeAttr>(kStoredFloatsName);
    if (!stored)
      return Precision::Float;
    return stored.getValue().isF16() ? Precision::FP16 : Precision::BF16;
  }

  void narrowOperand(OpOperand &operand, FloatType type, StringRef name) {
    Operation *op = operand.getOwner();
    Value constant = getNarrowed(operand.get(), type);
    if (!constant) {
      op->setAttr(SchemeAttr::kStaysFloatName,
                  StringAttr::get(&getContext(),
                                  name + " cannot hold its weights: they "
                                         "leave its range; they stay f32"));
      return;
    }
    operand.set(constant);
    if (isa<WeightedOpInterface>(op)) {
      op->setAttr(SchemeAttr::kStaysFloatName,
                  StringAttr::get(&getContext(), "its weights are " + name));
      return;
    }
    Value wide = op->getResult(0);
    auto wideType = cast<RankedTensorType>(wide.getType());
    OpBuilder b(op->getContext());
    b.setInsertionPointAfter(op);
    wide.setType(wideType.clone(type));
    auto cast = CastOp::create(b, op->getLoc(), wideType, wide);
    wide.replaceAllUsesExcept(cast, cast);
  }

  /// The short form of a constant, one for all its users; null if it has none.
  Value getNarrowed(Value constant, FloatType type) {
    auto [it, isNew] =
        narrowed.try_emplace({constant.getDefiningOp(), type}, nullptr);
    if (!isNew)
      return it->second;
    std::optional<ConstantData> data = readConstant(constant);
    std::optional<ConstantData> result =
        data ? narrow(*data, type) : std::nullopt;
    if (!result) {
      ++numKept;
      return nullptr;
    }
    ++numNarrowed;
    OpBuilder b(constant.getContext());
    b.setInsertionPointAfterValue(constant);
    return it->second = makeConstant(b, constant.getLoc(), *result);
  }

  Recipe rules;
  std::optional<Precision> given;
  llvm::MapVector<std::pair<Operation *, Type>, Value> narrowed;
};
} // namespace
