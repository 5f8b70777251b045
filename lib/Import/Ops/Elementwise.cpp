//===- Elementwise.cpp - Operators on corresponding elements -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"
#include "TensorReader.h"

using namespace mlir;
using namespace mlir::octet;

static LogicalResult checkSame(NodeContext &n, unsigned i, unsigned j) {
  if (n.getElement(i) == n.getElement(j))
    return success();
  return n.error() << "inputs have elements of types " << n.getElement(i)
                   << " and " << n.getElement(j) << ", expected the same";
}

//===----------------------------------------------------------------------===//
// Two operands
//===----------------------------------------------------------------------===//

/// Creates an operator of two operands, with or without a clamp.
template <typename OpT>
static Value createBinary(NodeContext &n, Type element, Value lhs, Value rhs) {
  if constexpr (std::is_same_v<OpT, AddOp> || std::is_same_v<OpT, SubOp> ||
                std::is_same_v<OpT, MulOp>)
    return n.create<OpT>(element, lhs, rhs, ClampAttr());
  else
    return n.create<OpT>(element, lhs, rhs);
}

template <typename OpT> static Imported importBinary(NodeContext &n) {
  if (failed(checkSame(n, 0, 1)))
    return failure();
  return createBinary<OpT>(n, n.getElement(0), n.in(0), n.in(1));
}

/// One operand or more, combined from the left.
template <typename OpT> static Imported importVariadic(NodeContext &n) {
  Value result = n.in(0);
  for (unsigned i = 1; i < n.getNumInputs(); ++i) {
    if (failed(checkSame(n, 0, i)))
      return failure();
    result = createBinary<OpT>(n, n.getElement(0), result, n.in(i));
  }
  return result;
}

static Imported importMean(NodeContext &n) {
  Imported sum = importVariadic<AddOp>(n);
  if (!sum.isOk())
    return failure();
  Type element = n.getElement(0);
  return n.create<DivOp>(element, sum.getValues()[0],
                         n.splat(element, n.getNumInputs()));
}

/// The exponent may be of another type. An integer to a power that is a float
/// goes through f64; the factor makes up for its rounding, so that what is a
/// whole number is not cut to the one below.
static Imported importPow(NodeContext &n) {
  Type element = n.getElement(0);
  if (isa<FloatType>(element) || !isa<FloatType>(n.getElement(1)))
    return n.create<PowOp>(element, n.in(0), n.cast(n.in(1), element));
  Type f64 = n.b.getF64Type();
  Value power =
      n.create<PowOp>(f64, n.cast(n.in(0), f64), n.cast(n.in(1), f64));
  power = createBinary<MulOp>(n, f64, power, n.splat(f64, 1 + 0x1p-44));
  return n.cast(power, element);
}

static Imported importMod(NodeContext &n) {
  if (failed(checkSame(n, 0, 1)))
    return failure();
  return n.create<ModOp>(n.getElement(0), n.in(0), n.in(1),
                         n.getInt("fmod", 0) ? n.b.getUnitAttr() : UnitAttr());
}

template <ComparePredicate predicate>
static Imported importCompare(NodeContext &n) {
  if (failed(checkSame(n, 0, 1)))
    return failure();
  return n.create<CompareOp>(n.b.getI1Type(), predicate, n.in(0), n.in(1));
}

template <LogicalKind kind> static Imported importLogical(NodeContext &n) {
  return n.create<LogicalOp>(n.b.getI1Type(), kind, n.in(0), n.in(1));
}

static Imported importNot(NodeContext &n) {
  return n.fold(NotOp::create(n.b, n.getLoc(), n.in(0).getType(), n.in(0)));
}

static Imported importWhere(NodeContext &n) {
  if (failed(checkSame(n, 1, 2)))
    return failure();
  return n.create<WhereOp>(n.getElement(1), n.in(0), n.in(1), n.in(2));
}

//===----------------------------------------------------------------------===//
// Casts and identities
//===----------------------------------------------------------------------===//

static Imported importCast(NodeContext &n) {
  Type element = getElementTypeOf(n.b.getContext(), n.getInt("to", 0));
  if (!element)
    return n.error() << "a cast to elements of type "
                     << getDataTypeName(n.getInt("to", 0))
                     << " is not supported";
  return n.cast(n.in(0), element);
}

static Imported importCastLike(NodeContext &n) {
  return n.cast(n.in(0), n.getElement(1));
}

static Imported importIdentity(NodeContext &n) { return n.getRaw(0); }

static Imported importDropout(NodeContext &n) {
  (void)n.has(1); // the ratio, which inference does not use
  if (n.has(2)) {
    auto training = n.readIntegersAt(2, "training_mode");
    if (failed(training))
      return failure();
    if (llvm::is_contained(*training, 1))
      return n.error() << "training mode is not supported; export the model "
                          "for inference";
  }
  SmallVector<Value> results{n.getRaw(0)};
  if (n.isUsed(1))
    results.push_back(n.splat(n.b.getI1Type(), 1, n.getShapeOf(0)));
  return results;
}

ArrayRef<Importer> mlir::octet::getElementwiseOps() {
  constexpr StringLiteral inference = "inference only";
  using P = ComparePredicate;
  using L = LogicalKind;
  static const Importer table[] = {
      {"Add", 7, kNewestOpset, 2, importBinary<AddOp>},
      {"And", 7, kNewestOpset, 2, importLogical<L::And>},
      {"Cast", 6, kNewestOpset, 1, importCast,
       "no strings, no complex and no 8-bit floats"},
      {"CastLike", 15, kNewestOpset, 2, importCastLike},
      {"Div", 7, kNewestOpset, 2, importBinary<DivOp>},
      {"Dropout", 1, kNewestOpset, 1, importDropout, inference},
      {"Equal", 7, kNewestOpset, 2, importCompare<P::Equal>},
      {"Greater", 7, kNewestOpset, 2, importCompare<P::Greater>},
      {"GreaterOrEqual", 12, kNewestOpset, 2, importCompare<P::GreaterOrEqual>},
      {"Identity", 1, kNewestOpset, 1, importIdentity, "tensors only"},
      {"Less", 7, kNewestOpset, 2, importCompare<P::Less>},
      {"LessOrEqual", 12, kNewestOpset, 2, importCompare<P::LessOrEqual>},
      {"Max", 6, kNewestOpset, 1, importVariadic<MaxOp>},
      {"Mean", 6, kNewestOpset, 1, importMean},
      {"Min", 6, kNewestOpset, 1, importVariadic<MinOp>},
      {"Mod", 10, kNewestOpset, 2, importMod},
      {"Mul", 7, kNewestOpset, 2, importBinary<MulOp>},
      {"Not", 1, kNewestOpset, 1, importNot},
      {"Or", 7, kNewestOpset, 2, importLogical<L::Or>},
      {"PRelu", 7, kNewestOpset, 2, importBinary<PReluOp>},
      {"Pow", 7, kNewestOpset, 2, importPow},
      {"Sub", 7, kNewestOpset, 2, importBinary<SubOp>},
      {"Sum", 6, kNewestOpset, 1, importVariadic<AddOp>},
      {"Where", 9, kNewestOpset, 3, importWhere},
      {"Xor", 7, kNewestOpset, 2, importLogical<L::Xor>},
  };
  return table;
}
