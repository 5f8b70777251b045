//===- octet/IR/OutputForms.h - Quantized forms of outputs -----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An output of the model stays exact where it is real. The type by which a
// caller can have it in 8 bits instead is noted beside it, when scales are
// chosen, for the entry that takes and gives quantized tensors.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_OUTPUTFORMS_H
#define OCTET_IR_OUTPUTFORMS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"

namespace mlir::octet {

/// On a result of the model, an element type.
inline constexpr llvm::StringLiteral kOutputFormName = "octet.quantized_form";

/// The quantized element type of a result, or null.
inline quant::UniformQuantizedType getOutputForm(func::FuncOp function,
                                                 unsigned result) {
  auto attr = function.getResultAttrOfType<TypeAttr>(result, kOutputFormName);
  return attr ? dyn_cast<quant::UniformQuantizedType>(attr.getValue())
              : nullptr;
}

inline void setOutputForm(func::FuncOp function, unsigned result,
                          quant::UniformQuantizedType type) {
  function.setResultAttr(result, kOutputFormName, TypeAttr::get(type));
}

} // namespace mlir::octet

#endif // OCTET_IR_OUTPUTFORMS_H
