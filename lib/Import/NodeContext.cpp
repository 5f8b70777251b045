//===- NodeContext.cpp - What importers of operators stand on -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

#include "Evaluate.h"

#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace mlir::octet;

InFlightDiagnostic NodeContext::error() { return emitError(getLoc()); }

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

bool NodeContext::has(unsigned i) {
  if (asked.size() <= i)
    asked.resize(i + 1, false);
  asked[i] = true;
  return i < getNumInputs() && !node.getInputs()[i].getDefiningOp<AbsentOp>();
}

void NodeContext::checkAllRead() {
  asked.resize(std::max<size_t>(asked.size(), getNumInputs()), false);
  for (unsigned i = 0; i < getNumInputs(); ++i)
    if (!asked[i] && !node.getInputs()[i].getDefiningOp<AbsentOp>()) {
      error() << "takes no input " << i;
      return;
    }
}

Value NodeContext::getRaw(unsigned i) {
  return has(i) ? node.getInputs()[i] : Value();
}

Value NodeContext::in(unsigned i) { return toIntegers(getRaw(i)); }

SmallVector<Value> NodeContext::getInputs() {
  SmallVector<Value> values;
  for (unsigned i = 0; i < getNumInputs(); ++i)
    values.push_back(in(i));
  return values;
}

FailureOr<Integers> NodeContext::readIntegersAt(unsigned i, StringRef what) {
  if (std::optional<Integers> values = readIntegers(in(i)))
    return std::move(*values);
  return error() << what
                 << " must be constant integers, but are computed at run time";
}

FailureOr<SmallVector<double>> NodeContext::readFloatsAt(unsigned i,
                                                         StringRef what) {
  if (auto values = readFloats(in(i)))
    return std::move(*values);
  return error() << what
                 << " must be constant floats, but are computed at run time";
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

int64_t NodeContext::getInt(StringRef name, int64_t missing) {
  auto attr = getAs<IntegerAttr>(name);
  return attr ? attr.getInt() : missing;
}

double NodeContext::getFloat(StringRef name, double missing) {
  auto attr = getAs<FloatAttr>(name);
  return attr ? attr.getValueAsDouble() : missing;
}

StringRef NodeContext::getString(StringRef name, StringRef missing) {
  auto attr = getAs<StringAttr>(name);
  return attr ? attr.getValue() : missing;
}

std::optional<Integers> NodeContext::getInts(StringRef name) {
  auto attr = getAs<DenseI64ArrayAttr>(name);
  return attr ? std::optional<Integers>(Integers(attr.asArrayRef()))
              : std::nullopt;
}

Integers NodeContext::getInts(StringRef name, size_t count, int64_t missing) {
  return getInts(name).value_or(Integers(count, missing));
}

FailureOr<int64_t> NodeContext::getAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return error() << "axis " << axis << " is not an axis of rank " << rank;
  return axis < 0 ? axis + rank : axis;
}

FailureOr<int64_t> NodeContext::getAxisAttr(int64_t missing, int64_t rank) {
  return getAxis(getInt("axis", missing), rank);
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

Value NodeContext::fold(Operation *op) {
  if (failed(verify(op))) {
    op->erase();
    return {};
  }
  SmallVector<Value> folded;
  if (failed(b.tryFold(op, folded)) || folded.empty()) {
    auto data = evaluate(op);
    if (!data)
      return op->getResult(0);
    folded.push_back(makeConstant(b, op->getLoc(), *data));
  }
  op->erase();
  return folded.front();
}

Value NodeContext::cast(Value value, Type element) {
  if (!value || getElementTypeOrSelf(value.getType()) == element)
    return value;
  return fold(CastOp::create(b, getLoc(), withElement(value.getType(), element),
                             value));
}

Value NodeContext::reshape(Value value, ArrayRef<int64_t> shape) {
  if (!value || getShape(value) == shape)
    return value;
  return create<ReshapeOp>(getElementTypeOrSelf(value.getType()), value, shape);
}

Value NodeContext::transpose(Value value, ArrayRef<int64_t> permutation) {
  if (!value)
    return {};
  return create<TransposeOp>(getElementTypeOrSelf(value.getType()), value,
                             permutation);
}

Value NodeContext::slice(Value value, int64_t axis, int64_t start,
                         int64_t size) {
  if (!value)
    return {};
  Integers sizes(getShape(value)), starts(sizes.size(), 0),
      steps(sizes.size(), 1);
  starts[axis] = start;
  sizes[axis] = size;
  return create<SliceOp>(getElementTypeOrSelf(value.getType()), value,
                         ArrayRef<int64_t>(starts), ArrayRef<int64_t>(sizes),
                         ArrayRef<int64_t>(steps));
}

Value NodeContext::storageCast(Value value, Type element) {
  if (!value || getElementTypeOrSelf(value.getType()) == element)
    return value;
  return fold(StorageCastOp::create(
      b, getLoc(), withElement(value.getType(), element), value));
}

Value NodeContext::toIntegers(Value value) {
  quant::QuantizedType type = value ? getQuantizedType(value) : nullptr;
  if (!type)
    return value;
  return storageCast(value, getGraphInteger(type));
}

Value NodeContext::splat(Type element, double value, ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, element);
  Attribute number;
  if (auto integer = dyn_cast<IntegerType>(element))
    number = IntegerAttr::get(integer, APInt(integer.getWidth(), int64_t(value),
                                             /*isSigned=*/true,
                                             /*implicitTrunc=*/true));
  else
    number = FloatAttr::get(element, value);
  return ConstantOp::create(b, getLoc(), DenseElementsAttr::get(type, number));
}

Value NodeContext::integers(ArrayRef<int64_t> values) {
  return makeIntegers(b, getLoc(), values, {int64_t(values.size())});
}
