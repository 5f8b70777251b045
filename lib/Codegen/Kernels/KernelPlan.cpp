//===- KernelPlan.cpp - What is fixed about a kernel -----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelPlan.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

/// The view of a buffer whose shape broadcasts to rank 4.
static View makeView(KernelBuilder &b, Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  View view;
  view.flat = b.flatten(buffer);
  int64_t missing = 4 - type.getRank();
  for (auto [axis, stride] : llvm::enumerate(strides))
    view.strides[missing + axis] = type.getDimSize(axis) == 1 ? 0 : stride;
  return view;
}

/// As `makeView`, where an extent of 1 is no broadcast.
static View makeFullView(KernelBuilder &b, Value buffer) {
  View view = makeView(b, buffer);
  llvm::copy(cast<MemRefType>(buffer.getType()).getStridesAndOffset().first,
             view.strides.begin());
  return view;
}

KernelPlan::KernelPlan(ConvOp op, KernelBuilder &b)
    : op(op), traits(getIsaTraits(getIsa(op))), grid(op), weightShape(op),
      packing(*op.getPacking()),
      type(op.isFloat() ? KernelType::F32 : KernelType::I8),
      strideHeight(op.getStrides()[0]), strideWidth(op.getStrides()[1]),
      dilationHeight(op.getDilations()[0]),
      dilationWidth(op.getDilations()[1]) {
  input = makeFullView(b, op.getInput());
  out = makeFullView(b, op.getOut());
  for (Value operand : op.getEpilogueOperands())
    operands.push_back(makeView(b, operand));
  weights = b.flatten(op.getWeights());
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
