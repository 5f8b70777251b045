//===- JoinScales.cpp - Give the operands of a join one scale -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Propagate/Passes.h"

#include "mlir/IR/PatternMatch.h"

#include <algorithm>
#include <cmath>

namespace mlir::octet {
#define GEN_PASS_DEF_JOINSCALES
#include "octet/Propagate/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// The type that represents the ranges of all, in the first one's storage.
static quant::UniformQuantizedType
uniteTypes(ArrayRef<quant::UniformQuantizedType> types) {
  double low = 0, high = 0;
  for (quant::UniformQuantizedType type : types) {
    int64_t z = type.getZeroPoint();
    low = std::min(low, (type.getStorageTypeMin() - z) * type.getScale());
    high = std::max(high, (type.getStorageTypeMax() - z) * type.getScale());
  }
  quant::UniformQuantizedType first = types.front();
  int64_t qmin = first.getStorageTypeMin(), qmax = first.getStorageTypeMax();
  float scale = (high - low) / (qmax - qmin);
  int64_t zeroPoint =
      std::clamp<int64_t>(std::nearbyint(qmin - low / scale), qmin, qmax);
  return quant::UniformQuantizedType::get(
      first.getFlags(), first.getStorageType(), first.getExpressedType(), scale,
      zeroPoint, qmin, qmax);
}

/// Whether integer arithmetic follows, if need be behind other movements.
static bool feedsIntegers(Operation *op) {
  return llvm::any_of(op->getUsers(), [](Operation *user) {
    if (isa<QuantizeOp>(user))
      return true;
    if (isa<SameScaleOpInterface>(user))
      return feedsIntegers(user);
    return bool(SchemeAttr::of(user));
  });
}

/// A quantize whose only purpose is this value can change its type for free.
static bool retypeProducer(Value value, quant::UniformQuantizedType type) {
  auto dequantize = value.getDefiningOp<DequantizeOp>();
  if (!dequantize || !dequantize->hasOneUse())
    return false;
  auto quantize = dequantize.getInput().getDefiningOp<QuantizeOp>();
  if (!quantize || !quantize->hasOneUse())
    return false;
  quantize.getResult().setType(withElement(quantize.getType(), type));
  return true;
}

namespace {
struct JoinScalesPass : octet::impl::JoinScalesBase<JoinScalesPass> {
  void runOnOperation() override {
    getOperation().walk([&](SameScaleOpInterface op) {
      join(op);
      if (quant::UniformQuantizedType type = getCommonType(op))
        moved[op->getResult(0)] = type;
    });
  }

private:
  /// The per-tensor type of a value seen through movements, whose dequantizes
  /// will move down to the join; null if it is real.
  quant::UniformQuantizedType findType(Value value) {
    if (auto source = value.getDefiningOp<DequantizeOp>())
      return dyn_cast<quant::UniformQuantizedType>(
          getQuantizedType(source.getInput()));
    return moved.lookup(value);
  }

  /// The type of all operands; null if they have several or are real.
  quant::UniformQuantizedType getCommonType(SameScaleOpInterface op) {
    quant::UniformQuantizedType common;
    for (OpOperand *operand : op.getDataOperands()) {
      quant::UniformQuantizedType type = findType(operand->get());
      if (!type || (common && type != common))
        return {};
      common = type;
    }
    return op.getFillValue().value_or(0) == 0 ? common : nullptr;
  }

  void join(SameScaleOpInterface op) {
    SmallVector<OpOperand *> operands = op.getDataOperands();
    SmallVector<quant::UniformQuantizedType> types;
    for (OpOperand *operand : operands)
      if (auto type = findType(operand->get()))
        types.push_back(type);
    if (types.size() < 2 || types.size() != operands.size() ||
        llvm::all_equal(types))
      return;
    if (!feedsIntegers(op)) {
      ++numSplit;
      return;
    }
    quant::UniformQuantizedType type = uniteTypes(types);
    for (auto [operand, from] : llvm::zip_equal(operands, types))
      if (from != type && !retypeProducer(operand->get(), type))
        requantize(*operand, type);
    ++numJoined;
  }

  /// A pair in front of the join; propagation merges it with the operand's own.
  void requantize(OpOperand &operand, quant::UniformQuantizedType type) {
    OpBuilder builder(operand.getOwner());
    Value x = operand.get();
    Value q = QuantizeOp::create(builder, x.getLoc(),
                                 withElement(x.getType(), type), x);
    operand.set(DequantizeOp::create(builder, x.getLoc(), x.getType(), q));
  }

  /// Results of movements seen so far, with the type that they will have.
  DenseMap<Value, quant::UniformQuantizedType> moved;
};
} // namespace
