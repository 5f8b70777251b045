//===- OctetKernelDialect.cpp - The kernel dialect -------------------*- C++
//-*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "octet/IR/Kernel/OctetKernel.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::octet_kernel;

#include "octet/IR/Kernel/OctetKernelDialect.cpp.inc"
#include "octet/IR/Kernel/OctetKernelEnums.cpp.inc"
#include "octet/IR/Kernel/OctetKernelInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "octet/IR/Kernel/OctetKernelAttrs.cpp.inc"

void OctetKernelDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "octet/IR/Kernel/OctetKernelAttrs.cpp.inc"
      >();
}

void OctetKernelDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "octet/IR/Kernel/OctetKernelOps.cpp.inc"
      >();
}

LogicalResult TileAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t rows, int64_t vectors, int64_t unroll) {
  if (rows < 1 || vectors < 1 || unroll < 1)
    return emitError() << "tile must be positive, got rows = " << rows
                       << ", vectors = " << vectors << ", unroll = " << unroll;
  return success();
}

Isa octet_kernel::getIsa(Operation *op) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    function = op->getParentOfType<FunctionOpInterface>();
  if (!function)
    return Isa::Generic;
  auto attr =
      function->getAttrOfType<IsaAttr>(OctetKernelDialect::kIsaAttrName);
  return attr ? attr.getValue() : Isa::Generic;
}

std::optional<Isa> octet_kernel::findIsa(llvm::StringRef name) {
  return symbolizeIsa(name);
}

void octet_kernel::setIsa(Operation *function, Isa isa) {
  function->setAttr(OctetKernelDialect::kIsaAttrName,
                    IsaAttr::get(function->getContext(), isa));
}
