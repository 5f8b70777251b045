//===- KernelPlan.cpp - What is fixed about a kernel -----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelPlan.h"
#include "FloatBits.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

/// The view of a buffer whose shape broadcasts to `shape`, of rank 4. An extent
/// of 1 is no broadcast where the buffer has all pixels of `shape`: they may be
/// numbered through.
static View makeView(KernelBuilder &b, Value buffer, ArrayRef<int64_t> shape) {
  auto type = cast<MemRefType>(buffer.getType());
  bool hasPixels = type.getRank() == 4 &&
                   type.getShape().take_front(3) == shape.take_front(3);
  auto [strides, offset] = type.getStridesAndOffset();
  View view;
  view.flat = b.flatten(buffer);
  int64_t missing = 4 - type.getRank();
  for (auto [axis, stride] : llvm::enumerate(strides))
    if (type.getDimSize(axis) != 1 || (hasPixels && axis < 3))
      view.strides[missing + axis] = stride;
  return view;
}

KernelPlan::KernelPlan(ConvOp op, KernelBuilder &b)
    : op(op), traits(getIsaTraits(getIsa(op))), grid(op), weightShape(op),
      packing(*op.getPacking()),
      type(op.isFloat() ? KernelType::F32 : KernelType::I8),
      strideHeight(op.getStrides()[0]), strideWidth(op.getStrides()[1]),
      dilationHeight(op.getDilations()[0]),
      dilationWidth(op.getDilations()[1]) {
  ArrayRef<int64_t> shape = op.getOutType().getShape();
  input = makeView(b, op.getInput(), op.getInputType().getShape());
  out = makeView(b, op.getOut(), shape);
  for (Value operand : op.getEpilogueOperands())
    operands.push_back(makeView(b, operand, shape));
  for (View &operand : operands)
    operand.isRowByRow = op.getWeightsPerRow();
  weights = b.flatten(op.getWeights());
  if (op.getWeightsPerRow())
    rowWeights = op.getWeightsType().getDimSize(1);
}

Value KernelPlan::locate(KernelBuilder &b, const View &view,
                         const Position &at) const {
  Value element = b.mul(at.image, view.strides[0]);
  element = b.add(element, b.mul(at.row, view.strides[1]));
  element = b.add(element, b.mul(at.pixel, view.strides[2]));
  return b.add(element, b.mul(at.channel, view.strides[3]));
}

Value KernelPlan::locateInput(KernelBuilder &b, const Position &at,
                              Value channel) const {
  Value element = b.mul(at.image, input.strides[0]);
  element = b.add(element, b.mul(at.row, input.strides[1] * strideHeight));
  element = b.add(element, b.mul(at.pixel, input.strides[2] * strideWidth));
  return b.add(element, channel);
}

Value KernelPlan::loadWeights(KernelBuilder &b, Value at, int64_t count) const {
  Value vector = b.load(weights, at, count);
  Type element = getElementTypeOrSelf(vector);
  if (element.isBF16())
    return extendBrain(b, vector);
  if (!element.isF16())
    return vector;
  if (traits.isa == Isa::Generic)
    return extendHalf(b, vector);
  return arith::ExtFOp::create(b, b.vec(count, b.getF32Type()), vector);
}
