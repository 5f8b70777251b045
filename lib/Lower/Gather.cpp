//===- Gather.cpp - Elements picked by index, axis by axis ------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Gather.h"

#include <cstring>

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

TableIndex::TableIndex(Elementwise &to, int64_t axis, const IndexTable &table)
    : axis(axis) {
  if (!table || table->empty())
    return;
  start = table->front();
  step = table->size() > 1 ? (*table)[1] - start : 0;
  for (auto [i, index] : llvm::enumerate(*table))
    if (index != start + int64_t(i) * step) {
      slot = to.addNumbers(*table, {axis});
      return;
    }
}

Value TableIndex::build(Body &body, ArrayRef<Value> args) const {
  Type type = body.getIndexType();
  if (slot)
    return body.resizeInteger(args[*slot], /*isSigned=*/true, type);
  if (step == 0)
    return body.integer(type, start);
  Value index = body.make<linalg::IndexOp>(axis);
  if (step != 1)
    index = body.mul(index, body.integer(type, step));
  return start ? body.add(index, body.integer(type, start)) : index;
}

/// Reverses axes of a constant.
static ConstantData reverse(const ConstantData &data, ArrayRef<int64_t> axes) {
  ArrayRef<int64_t> shape = data.type.getShape();
  unsigned size = getElementBytes(data.type.getElementType());
  ConstantData result{data.type, std::vector<char>(data.bytes.size())};
  for (int64_t i = 0, e = data.type.getNumElements(); i < e; ++i) {
    int64_t rest = i, stride = 1, source = 0;
    for (int64_t axis = int64_t(shape.size()) - 1; axis >= 0; --axis) {
      int64_t at = rest % shape[axis];
      if (llvm::is_contained(axes, axis))
        at = shape[axis] - 1 - at;
      source += at * stride;
      stride *= shape[axis];
      rest /= shape[axis];
    }
    std::memcpy(&result.bytes[i * size], &data.bytes[source * size], size);
  }
  return result;
}

Value lower::createReverse(OpBuilder &b, Location loc, Value input,
                           ArrayRef<int64_t> axes) {
  ArrayRef<int64_t> shape = getShape(input);
  if (llvm::all_of(axes, [&](int64_t axis) { return shape[axis] == 1; }))
    return input;
  if (std::optional<ConstantData> data = readTensor(input))
    return createConstant(b, loc, reverse(*data, axes));
  SmallVector<IndexTable> tables(shape.size());
  for (int64_t axis : axes) {
    tables[axis].emplace();
    for (int64_t i = shape[axis] - 1; i >= 0; --i)
      tables[axis]->push_back(i);
  }
  return createGather(b, loc, input, shape, tables);
}

Value lower::createGather(OpBuilder &b, Location loc, Value input,
                          ArrayRef<int64_t> shape,
                          ArrayRef<IndexTable> tables) {
  Type element = getElementTypeOrSelf(input.getType());
  Elementwise work(b, loc, shape);
  SmallVector<TableIndex> indices;
  for (auto [axis, table] : llvm::enumerate(tables))
    indices.emplace_back(work, axis, table);
  return work.build(element, [&](Body &body, ArrayRef<Value> args) {
    SmallVector<Value> at;
    for (const TableIndex &index : indices)
      at.push_back(index.build(body, args));
    return body.make<tensor::ExtractOp>(input, at);
  });
}
