//===- Elementwise.cpp - One element-wise linalg.generic --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Elementwise.h"

#include <cstring>

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

SmallVector<utils::IteratorType> lower::getIterators(int64_t count,
                                                     int64_t reductions) {
  SmallVector<utils::IteratorType> types(count, utils::IteratorType::parallel);
  types.append(reductions, utils::IteratorType::reduction);
  return types;
}

TypedAttr lower::getSplat(Value tensor) {
  std::optional<ConstantData> data = readTensor(tensor);
  if (!data || data->bytes.empty())
    return nullptr;
  unsigned size = getElementBytes(data->type.getElementType());
  for (size_t i = size; i < data->bytes.size(); ++i)
    if (data->bytes[i] != data->bytes[i - size])
      return nullptr;
  Type element = data->type.getElementType();
  uint64_t bits = 0;
  std::memcpy(&bits, data->bytes.data(), size);
  unsigned width = element.getIntOrFloatBitWidth();
  APInt number(width, bits, /*isSigned=*/false, /*implicitTrunc=*/true);
  if (auto type = dyn_cast<FloatType>(element))
    return FloatAttr::get(type, APFloat(type.getFloatSemantics(), number));
  // Signed and unsigned integers are signless once lowered.
  return IntegerAttr::get(IntegerType::get(tensor.getContext(), width), number);
}

AffineMap Elementwise::mapTo(ArrayRef<int64_t> axes) {
  SmallVector<AffineExpr> exprs;
  for (int64_t axis : axes)
    exprs.push_back(builder.getAffineDimExpr(axis));
  return AffineMap::get(shape.size(), 0, exprs, builder.getContext());
}

unsigned Elementwise::addAlong(Value tensor, ArrayRef<int64_t> axes) {
  if (TypedAttr scalar = getSplat(tensor))
    return push({{}, {}, scalar});
  return push({tensor, mapTo(axes), {}});
}

unsigned Elementwise::add(Value tensor) {
  // Axes of extent 1 that are repeated leave the operand, so that its map is a
  // projection and the operation tiles and vectorizes.
  ArrayRef<int64_t> own = getShape(tensor);
  int64_t offset = int64_t(shape.size()) - int64_t(own.size());
  SmallVector<int64_t> kept, extents;
  for (int64_t i = 0, e = own.size(); i < e; ++i) {
    if (own[i] == 1 && shape[offset + i] != 1)
      continue;
    kept.push_back(offset + i);
    extents.push_back(own[i]);
  }
  return addAlong(createReshape(builder, loc, tensor, extents), kept);
}

template <typename T>
unsigned Elementwise::addValues(ArrayRef<T> values, ArrayRef<int64_t> axes,
                                Type element) {
  SmallVector<int64_t> extents;
  for (int64_t axis : axes)
    extents.push_back(shape[axis]);
  if (values.empty()) // no element will read it
    return push({{}, {}, getScalarAttr(element, 0)});
  if (llvm::all_equal(values) || extents.empty())
    return push({{},
                 {},
                 isa<FloatType>(element) ? getScalarAttr(element, values[0])
                                         : getIntegerAttr(element, values[0])});
  return push({createConstant(builder, loc, values, extents, element),
               mapTo(axes),
               {}});
}

unsigned Elementwise::addNumbers(ArrayRef<float> values,
                                 ArrayRef<int64_t> axes) {
  return addValues(values, axes, builder.getF32Type());
}
unsigned Elementwise::addNumbers(ArrayRef<int32_t> values,
                                 ArrayRef<int64_t> axes) {
  return addValues(values, axes, builder.getI32Type());
}
unsigned Elementwise::addNumbers(ArrayRef<int64_t> values,
                                 ArrayRef<int64_t> axes) {
  return addValues(values, axes, builder.getI64Type());
}

Value Elementwise::build(Type element, BodyFn body) {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (const Slot &slot : slots) {
    if (slot.scalar)
      continue;
    inputs.push_back(slot.tensor);
    maps.push_back(slot.map);
  }
  maps.push_back(builder.getMultiDimIdentityMap(shape.size()));
  Value empty = createEmpty(builder, loc, shape, element);
  auto buildBody = [&](OpBuilder &b, Location loc, ValueRange operands) {
    Body inner(loc, b);
    SmallVector<Value> args;
    for (const Slot &slot : slots) {
      if (slot.scalar) {
        args.push_back(inner.make<arith::ConstantOp>(slot.scalar));
        continue;
      }
      args.push_back(operands.front());
      operands = operands.drop_front();
    }
    linalg::YieldOp::create(b, loc, body(inner, args));
  };
  return linalg::GenericOp::create(builder, loc, empty.getType(), inputs, empty,
                                   maps, getIterators(shape.size()), buildBody)
      .getResult(0);
}
