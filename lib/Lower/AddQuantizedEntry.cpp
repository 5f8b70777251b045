//===- AddQuantizedEntry.cpp - Main with quantized tensors ------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Octet.h"
#include "octet/IR/OutputForms.h"
#include "octet/Lower/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::octet {
#define GEN_PASS_DEF_ADDQUANTIZEDENTRY
#include "octet/Lower/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// A form that one scale and one zero point describe to a caller.
static bool hasEntryForm(Type type) {
  auto quantized =
      dyn_cast_or_null<quant::UniformQuantizedType>(getQuantizedType(type));
  return quantized && quantized.getStorageTypeIntegralWidth() == 8;
}

/// The type that all uses of an input quantize it to, or null.
static Type getInputForm(BlockArgument input) {
  Type form;
  for (Operation *user : input.getUsers()) {
    auto quantize = dyn_cast<QuantizeOp>(user);
    if (!quantize || !hasEntryForm(quantize.getType()) ||
        (form && form != quantize.getType()))
      return nullptr;
    form = quantize.getType();
  }
  return form;
}

/// Output `index` in its quantized form: what is dequantized to give it, or
/// else quantized by the type that was noted. Null where there is neither.
static Value getQuantizedOutput(func::FuncOp entry, OpOperand &output) {
  auto dequantize = output.get().getDefiningOp<DequantizeOp>();
  if (dequantize && hasEntryForm(dequantize.getInput().getType()))
    return dequantize.getInput();
  auto type = getOutputForm(entry, output.getOperandNumber());
  if (!type)
    return nullptr;
  OpBuilder b(output.getOwner());
  return QuantizeOp::create(b, output.get().getLoc(),
                            withElement(output.get().getType(), type),
                            output.get());
}

namespace {
struct AddQuantizedEntryPass
    : public mlir::octet::impl::AddQuantizedEntryBase<AddQuantizedEntryPass> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal() || !main.getBody().hasOneBlock())
      return;
    func::FuncOp entry = main.clone();
    bool any = takeQuantized(entry);
    for (func::FuncOp function : {main, entry})
      removeForms(function);
    if (!any) {
      entry.erase();
      return;
    }
    entry.setName("main_quantized");
    getOperation().push_back(entry);
  }

  /// They have served.
  static void removeForms(func::FuncOp function) {
    auto name = StringAttr::get(function.getContext(), kOutputFormName);
    for (unsigned i = 0, e = function.getNumResults(); i != e; ++i)
      function.removeResultAttr(i, name);
  }

  /// Whether any input or output of `entry` has become quantized.
  bool takeQuantized(func::FuncOp entry) {
    Block &block = entry.getBody().front();
    bool any = false;
    for (BlockArgument input : block.getArguments()) {
      Type form = getInputForm(input);
      if (!form)
        continue;
      for (Operation *user : llvm::make_early_inc_range(input.getUsers())) {
        user->getResult(0).replaceAllUsesWith(input);
        user->erase();
      }
      input.setType(form);
      ++numInputs, any = true;
    }
    Operation *ret = block.getTerminator();
    for (OpOperand &output : ret->getOpOperands()) {
      Value quantized = getQuantizedOutput(entry, output);
      if (!quantized)
        continue;
      auto dequantize = output.get().getDefiningOp<DequantizeOp>();
      output.set(quantized);
      if (dequantize && dequantize->use_empty())
        dequantize->erase();
      ++numOutputs, any = true;
    }
    entry.setType(FunctionType::get(&getContext(), block.getArgumentTypes(),
                                    ret->getOperandTypes()));
    return any;
  }
};
} // namespace
