//===- FoldLookups.cpp - Chains of unary functions become tables -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Fold/Passes.h"

#include "octet/IR/Constants.h"

#include "llvm/ADT/TypeSwitch.h"

#include "mlir/IR/PatternMatch.h"

#include <algorithm>
#include <cmath>

namespace mlir::octet {
#define GEN_PASS_DEF_FOLDLOOKUPS
#include "octet/Fold/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

using Function = std::function<double(double)>;

/// The constant that a value is everywhere; nothing if it is none.
static std::optional<double> getScalar(Value value) {
  if (auto source = value.getDefiningOp<DequantizeOp>()) {
    auto type = dyn_cast<quant::UniformQuantizedType>(
        getQuantizedType(source.getInput()));
    std::optional<SmallVector<int64_t>> q = readIntegers(source.getInput());
    if (!type || !q || q->size() != 1)
      return std::nullopt;
    int64_t step = (*q)[0];
    if (!type.isSigned())
      step &= 255;
    return (step - type.getZeroPoint()) * type.getScale();
  }
  std::optional<SmallVector<double>> values = readFloats(value);
  if (!values || values->size() != 1)
    return std::nullopt;
  return (*values)[0];
}

static double clampTo(ClampAttr clamp, double x) {
  return clamp ? std::clamp(x, clamp.getMinValue(), clamp.getMaxValue()) : x;
}

/// An operator as a function of one of its operands, the others being scalar
/// constants. Null if it is none; `operand` is set to the variable one.
static Function asFunction(Operation *op, Value &operand) {
  if (auto unary = dyn_cast<UnaryFunctionOpInterface>(op)) {
    operand = op->getOperand(0);
    return [=](double x) mutable { return unary.evaluate(x); };
  }
  if (!isa<AddOp, SubOp, MulOp, DivOp, PowOp, MinOp, MaxOp>(op))
    return nullptr;
  std::optional<double> left = getScalar(op->getOperand(0));
  std::optional<double> right = getScalar(op->getOperand(1));
  if (bool(left) == bool(right))
    return nullptr;
  operand = op->getOperand(left ? 1 : 0);
  auto clampable = dyn_cast<ClampableOpInterface>(op);
  ClampAttr clamp = clampable ? clampable.getResultClamp() : nullptr;
  auto bind = [=](auto compute) -> Function {
    return [=](double x) {
      return clampTo(clamp, left ? compute(*left, x) : compute(x, *right));
    };
  };
  return TypeSwitch<Operation *, Function>(op)
      .Case<AddOp>([&](auto) { return bind(std::plus<double>()); })
      .Case<SubOp>([&](auto) { return bind(std::minus<double>()); })
      .Case<MulOp>([&](auto) { return bind(std::multiplies<double>()); })
      .Case<DivOp>([&](auto) { return bind(std::divides<double>()); })
      .Case<PowOp>([&](auto) {
        return bind([](double a, double b) { return std::pow(a, b); });
      })
      .Case<MinOp>([&](auto) {
        return bind([](double a, double b) { return std::min(a, b); });
      })
      .Case<MaxOp>([&](auto) {
        return bind([](double a, double b) { return std::max(a, b); });
      })
      .Default(nullptr);
}

/// Entry i is for the input whose storage byte is i.
static SmallVector<int8_t> makeTable(quant::UniformQuantizedType from,
                                     quant::UniformQuantizedType to,
                                     const Function &function) {
  SmallVector<int8_t> table;
  for (int i = 0; i < 256; ++i) {
    int64_t q = from.isSigned() ? int8_t(i) : i;
    double y = function((q - from.getZeroPoint()) * from.getScale());
    double step = std::nearbyint(y / to.getScale()) + to.getZeroPoint();
    if (std::isnan(step))
      step = to.getStorageTypeMin();
    table.push_back(
        int8_t(int64_t(std::clamp(step, double(to.getStorageTypeMin()),
                                  double(to.getStorageTypeMax())))));
  }
  return table;
}

namespace {
struct FoldLookupsPass : octet::impl::FoldLookupsBase<FoldLookupsPass> {
  void runOnOperation() override {
    SmallVector<QuantizeOp> ops;
    getOperation().walk([&](QuantizeOp op) { ops.push_back(op); });
    for (QuantizeOp op : ops)
      fold(op);
  }

private:
  void fold(QuantizeOp op) {
    quant::UniformQuantizedType to = getByteType(op.getResult().getType());
    SmallVector<Operation *> chain;
    SmallVector<Function> functions;
    Value value = op.getInput();
    while (Operation *producer = value.getDefiningOp()) {
      Value operand;
      Function function = asFunction(producer, operand);
      // A broadcast of the operand would change the shape.
      if (!function || operand.getType() != op.getInput().getType())
        break;
      chain.push_back(producer);
      functions.push_back(std::move(function));
      value = operand;
    }
    auto source = value.getDefiningOp<DequantizeOp>();
    auto from = source ? getByteType(source.getInput().getType()) : nullptr;
    if (!to || !from || chain.empty())
      return;
    auto table = makeTable(from, to, [&](double x) {
      for (const Function &function : llvm::reverse(functions))
        x = function(x);
      return x;
    });
    OpBuilder builder(op);
    SmallVector<Location> locs;
    for (Operation *part : llvm::reverse(chain))
      locs.push_back(part->getLoc());
    auto lookup =
        LookupOp::create(builder, builder.getFusedLoc(locs), op.getType(),
                         source.getInput(), builder.getDenseI8ArrayAttr(table));
    op.getResult().replaceAllUsesWith(lookup.getResult());
    op.erase();
    for (Operation *part : chain)
      if (part->use_empty())
        part->erase();
    ++numTables;
  }
};
} // namespace
