//===- KernelConstants.cpp - Constants of kernels as globals ---*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelConstants.h"

using namespace mlir;
using namespace mlir::octet;

memref::GlobalOp KernelConstants::find(Value buffer) {
  auto get = buffer.getDefiningOp<memref::GetGlobalOp>();
  if (!get)
    return nullptr;
  auto global = symbols.lookup<memref::GlobalOp>(get.getName());
  if (!global || !global.getConstant() ||
      !isa_and_nonnull<ElementsAttr>(global.getInitialValueAttr()))
    return nullptr;
  return global;
}

memref::GlobalOp
KernelConstants::getOrCreate(memref::GlobalOp near, const std::string &name,
                             function_ref<ElementsAttr()> values) {
  memref::GlobalOp &global = made[name];
  if (global) {
    ++numShared;
    return global;
  }
  OpBuilder b(near);
  ElementsAttr attr = values();
  auto type =
      MemRefType::get(attr.getShapedType().getShape(), attr.getElementType());
  global = memref::GlobalOp::create(b, near.getLoc(), name,
                                    b.getStringAttr("private"), type, attr,
                                    /*constant=*/true, b.getI64IntegerAttr(64));
  symbols.insert(global);
  return global;
}

Value KernelConstants::get(OpBuilder &b, Location loc,
                           memref::GlobalOp global) {
  return memref::GetGlobalOp::create(b, loc, global.getType(),
                                     global.getSymName());
}
