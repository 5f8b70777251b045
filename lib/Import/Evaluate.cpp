//===- Evaluate.cpp - Small constant computations -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers are computed in f64 or i64 and then rounded to the element type: for
// the four operations and the square root that is what f32 gives.
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"

#include "octet/IR/Compare.h"
#include "octet/IR/FoldLimit.h"

#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::octet;

namespace {
/// Elements in the widest type of their kind.
struct Numbers {
  bool isReal;
  SmallVector<double> reals;
  SmallVector<int64_t> integers;
  ArrayRef<int64_t> shape;

  double real(int64_t i) const {
    return isReal ? reals[i] : double(integers[i]);
  }
};
} // namespace

static std::optional<Numbers> read(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || type.getNumElements() > kFoldLimit)
    return std::nullopt;
  if (auto reals = readFloats(value))
    return Numbers{true, std::move(*reals), {}, type.getShape()};
  if (auto integers = readIntegers(value))
    return Numbers{false, {}, std::move(*integers), type.getShape()};
  return std::nullopt;
}

/// Writes the low bytes of an integer, or a float of any width.
static std::optional<ConstantData> write(RankedTensorType type,
                                         const Numbers &numbers) {
  Type element = type.getElementType();
  unsigned size = getElementBytes(element);
  ConstantData data{type, std::vector<char>(type.getNumElements() * size)};
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i) {
    uint64_t bits;
    if (auto real = dyn_cast<FloatType>(element)) {
      APFloat number(numbers.reals[i]);
      bool lost;
      number.convert(real.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                     &lost);
      bits = number.bitcastToAPInt().getZExtValue();
    } else {
      bits = uint64_t(numbers.integers[i]);
    }
    std::memcpy(&data.bytes[i * size], &bits, size);
  }
  return data;
}

/// The element of `operand` that is broadcast to element `index` of `shape`.
static int64_t locate(const Numbers &operand, ArrayRef<int64_t> shape,
                      int64_t index) {
  int64_t offset = 0, stride = 1, rank = operand.shape.size();
  for (int64_t i = int64_t(shape.size()) - 1, j = rank - 1; j >= 0; --i, --j) {
    offset += operand.shape[j] == 1 ? 0 : index % shape[i] * stride;
    stride *= operand.shape[j];
    index /= shape[i];
  }
  return offset;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

static std::optional<double> combine(Operation *op, double a, double b) {
  return llvm::TypeSwitch<Operation *, std::optional<double>>(op)
      .Case<AddOp>([&](auto) { return a + b; })
      .Case<SubOp>([&](auto) { return a - b; })
      .Case<MulOp>([&](auto) { return a * b; })
      .Case<DivOp>([&](auto) { return a / b; })
      .Case<MinOp>([&](auto) { return std::isnan(a) || a < b ? a : b; })
      .Case<MaxOp>([&](auto) { return std::isnan(a) || a > b ? a : b; })
      .Case<PowOp>([&](auto) { return std::pow(a, b); })
      .Default(std::nullopt);
}

static bool applyLogical(LogicalKind kind, bool a, bool b) {
  switch (kind) {
  case LogicalKind::And:
    return a && b;
  case LogicalKind::Or:
    return a || b;
  case LogicalKind::Xor:
    return a != b;
  }
  return false;
}

/// One element of an operator's result from those of its operands.
static LogicalResult computeElement(Operation *op, ArrayRef<Numbers> operands,
                                    ArrayRef<int64_t> at, Numbers &result) {
  const Numbers &first = operands[0];
  if (auto unary = dyn_cast<UnaryFunctionOpInterface>(op)) {
    if (!first.isReal)
      return failure();
    result.reals.push_back(unary.evaluate(first.reals[at[0]]));
    return success();
  }
  if (isa<WhereOp>(op)) {
    int picked = first.integers[at[0]] ? 1 : 2;
    const Numbers &source = operands[picked];
    if (source.isReal)
      result.reals.push_back(source.reals[at[picked]]);
    else
      result.integers.push_back(source.integers[at[picked]]);
    return success();
  }
  if (isa<NotOp>(op)) {
    result.integers.push_back(!first.integers[at[0]]);
    return success();
  }
  const Numbers &second = operands[1];
  if (auto logical = dyn_cast<LogicalOp>(op)) {
    result.integers.push_back(applyLogical(
        logical.getKind(), first.integers[at[0]], second.integers[at[1]]));
    return success();
  }
  if (auto comparison = dyn_cast<CompareOp>(op)) {
    result.integers.push_back(holds(comparison.getPredicate(),
                                    first.real(at[0]), second.real(at[1])));
    return success();
  }
  auto value = first.isReal
                   ? combine(op, first.reals[at[0]], second.reals[at[1]])
                   : std::optional<double>();
  if (value)
    result.reals.push_back(*value);
  return success(value.has_value());
}

static std::optional<ConstantData> evaluateElements(Operation *op,
                                                    ArrayRef<Numbers> operands,
                                                    RankedTensorType type) {
  Numbers result{isa<FloatType>(type.getElementType()), {}, {}, {}};
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i) {
    SmallVector<int64_t> at;
    for (const Numbers &operand : operands)
      at.push_back(locate(operand, type.getShape(), i));
    if (failed(computeElement(op, operands, at, result)))
      return std::nullopt;
  }
  return write(type, result);
}

//===----------------------------------------------------------------------===//
// Reductions of integers
//===----------------------------------------------------------------------===//

static std::optional<int64_t> accumulate(ReduceKind kind, int64_t a,
                                         int64_t b) {
  switch (kind) {
  case ReduceKind::Sum:
    return int64_t(uint64_t(a) + uint64_t(b));
  case ReduceKind::Prod:
    return int64_t(uint64_t(a) * uint64_t(b));
  case ReduceKind::Max:
    return std::max(a, b);
  case ReduceKind::Min:
    return std::min(a, b);
  default:
    return std::nullopt;
  }
}

/// Over all axes of a vector, as products of extents are computed.
static std::optional<ConstantData>
evaluateReduce(ReduceOp op, const Numbers &operand, RankedTensorType type) {
  if (operand.isReal || type.getNumElements() != 1 || operand.integers.empty())
    return std::nullopt;
  std::optional<int64_t> total = operand.integers[0];
  for (int64_t value : ArrayRef(operand.integers).drop_front())
    if (total)
      total = accumulate(op.getKind(), *total, value);
  if (!total || !accumulate(op.getKind(), 0, 0))
    return std::nullopt;
  return write(type, Numbers{false, {}, {*total}, {}});
}

std::optional<ConstantData> mlir::octet::evaluate(Operation *op) {
  bool isKnown =
      isa<UnaryFunctionOpInterface, WhereOp, NotOp, LogicalOp, CompareOp, AddOp,
          SubOp, MulOp, DivOp, MinOp, MaxOp, PowOp, ReduceOp>(op);
  if (!isKnown || op->getNumResults() != 1)
    return std::nullopt;
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!type || type.getNumElements() > kFoldLimit ||
      !isa<FloatType, IntegerType>(type.getElementType()))
    return std::nullopt;
  SmallVector<Numbers> operands;
  for (Value operand : op->getOperands()) {
    auto numbers = read(operand);
    if (!numbers)
      return std::nullopt;
    operands.push_back(std::move(*numbers));
  }
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return evaluateReduce(reduce, operands[0], type);
  return evaluateElements(op, operands, type);
}
