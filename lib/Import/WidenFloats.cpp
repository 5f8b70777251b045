//===- WidenFloats.cpp - Models of 16-bit floats compute in f32 -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Constants.h"
#include "octet/IR/Hints.h"
#include "octet/Import/Passes.h"

#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace mlir::octet {
#define GEN_PASS_DEF_WIDENFLOATS
#include "octet/Import/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

static bool isShort(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF16() || element.isBF16();
}

/// The type with elements of f32.
static Type widen(Type type) {
  return cast<ShapedType>(type).clone(Float32Type::get(type.getContext()));
}

/// Whether a quantized type stands for 16-bit floats: its scales belong to
/// them.
static bool expressesShort(Type type) {
  quant::QuantizedType quantized = getQuantizedType(type);
  return quantized && isShort(quantized.getExpressedType());
}

/// By a table of all there are: models have more numbers than that.
static std::vector<float> widenNumbers(const ConstantData &data) {
  auto type = cast<FloatType>(data.type.getElementType());
  std::vector<float> table(1 << 16);
  for (auto [bits, number] : llvm::enumerate(table)) {
    APFloat value(type.getFloatSemantics(), APInt(16, bits));
    bool lost;
    value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &lost);
    number = value.convertToFloat();
  }
  std::vector<float> numbers;
  for (uint16_t bits : data.as<uint16_t>())
    numbers.push_back(table[bits]);
  return numbers;
}

namespace {
struct WidenFloatsPass : octet::impl::WidenFloatsBase<WidenFloatsPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    auto isUnsuitable = [](Operation *op) {
      return llvm::any_of(op->getResultTypes(), expressesShort) ||
                     llvm::any_of(op->getOperandTypes(), expressesShort)
                 ? WalkResult::interrupt()
                 : WalkResult::advance();
    };
    if (function.isExternal() || function.walk(isUnsuitable).wasInterrupted())
      return;
    Block &body = function.getBody().front();
    borders.clear();
    numShort = numOther = 0;
    widenResults(body);
    widenArguments(body);
    for (Operation &op : llvm::make_early_inc_range(body.without_terminator()))
      widenOperation(&op);
    if (numShort > numOther)
      function->setAttr(kStoredFloatsName, TypeAttr::get(stored));
  }

private:
  /// The model's results keep their type. A conversion to it that is there
  /// already rounds once, from whatever type it has.
  void widenResults(Block &body) {
    Operation *end = body.getTerminator();
    OpBuilder b(end);
    for (OpOperand &operand : end->getOpOperands()) {
      Type type = operand.get().getType();
      if (!isShort(type))
        continue;
      auto cast = operand.get().getDefiningOp<CastOp>();
      if (!cast || !cast->hasOneUse() || isShort(cast.getInput().getType()))
        cast = CastOp::create(b, end->getLoc(), type, operand.get());
      operand.set(cast);
      borders.insert(cast);
    }
  }

  void widenArguments(Block &body) {
    OpBuilder b = OpBuilder::atBlockBegin(&body);
    for (BlockArgument argument : body.getArguments()) {
      if (!isShort(argument.getType()) || argument.use_empty())
        continue;
      auto cast = CastOp::create(b, argument.getLoc(),
                                 widen(argument.getType()), argument);
      argument.replaceAllUsesExcept(cast, cast);
      ++numWidened;
    }
  }

  void widenOperation(Operation *op) {
    if (borders.contains(op))
      return;
    if (auto constant = dyn_cast<ConstantOp>(op))
      return widenConstant(constant);
    for (Value result : op->getResults())
      if (isShort(result.getType())) {
        result.setType(widen(result.getType()));
        ++numWidened;
      }
    // What was a change of the float's type may be none any more.
    auto cast = dyn_cast<CastOp>(op);
    if (cast && cast.getType() == cast.getInput().getType()) {
      cast.replaceAllUsesWith(cast.getInput());
      cast.erase();
    }
  }

  void widenConstant(ConstantOp op) {
    auto type = cast<RankedTensorType>(op.getType());
    if (!isShort(type)) {
      numOther +=
          isa<FloatType>(type.getElementType()) ? type.getNumElements() : 0;
      return;
    }
    std::optional<ConstantData> data = readConstant(op);
    if (!data)
      return;
    stored = type.getElementType();
    numShort += type.getNumElements();
    OpBuilder b(op);
    std::vector<float> values = widenNumbers(*data);
    op.replaceAllUsesWith(makeFloats(b, op.getLoc(), values, type.getShape()));
    op.erase();
    ++numWidened;
  }

  SmallPtrSet<Operation *, 4> borders;
  /// Of the constants in 16 bits; how many numbers these have, and others.
  Type stored;
  int64_t numShort = 0, numOther = 0;
};
} // namespace
