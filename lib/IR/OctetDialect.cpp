//===- OctetDialect.cpp - The octet dialect -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Octet.h"

using namespace mlir;
using namespace mlir::octet;

#include "octet/IR/OctetDialect.cpp.inc"
#include "octet/IR/OctetEnums.cpp.inc"

void OctetDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "octet/IR/OctetOps.cpp.inc"
      >();
}

Operation *OctetDialect::materializeConstant(OpBuilder &builder,
                                             Attribute value, Type type,
                                             Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  return elements ? ConstantOp::create(builder, loc, type, elements) : nullptr;
}
