//===- StepInfo.cpp - What is known of a step ------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Codegen/StepInfo.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::octet;

std::optional<StepInfo> StepInfo::get(func::CallOp call) {
  auto dict = call->getAttrOfType<DictionaryAttr>(kAttrName);
  if (!dict)
    return std::nullopt;
  StepInfo info;
  auto text = [&](StringRef key) {
    auto attr = dict.getAs<StringAttr>(key);
    return attr ? attr.getValue().str() : std::string();
  };
  auto number = [&](StringRef key) {
    auto attr = dict.getAs<IntegerAttr>(key);
    return attr ? attr.getInt() : 0;
  };
  info.name = text("name");
  info.op = text("op");
  info.precision = text("precision");
  info.macs = number("macs");
  info.bytesRead = number("read");
  info.bytesWritten = number("written");
  info.moves = text("moves");
  if (auto kernels = dict.getAs<ArrayAttr>("kernels"))
    for (auto kernel : kernels.getAsRange<FlatSymbolRefAttr>())
      info.kernels.push_back(kernel.getAttr());
  return info;
}

void StepInfo::attach(func::CallOp call) const {
  Builder b(call.getContext());
  NamedAttrList attrs;
  attrs.set("name", b.getStringAttr(name));
  attrs.set("op", b.getStringAttr(op));
  attrs.set("precision", b.getStringAttr(precision));
  attrs.set("macs", b.getI64IntegerAttr(macs));
  attrs.set("read", b.getI64IntegerAttr(bytesRead));
  attrs.set("written", b.getI64IntegerAttr(bytesWritten));
  if (!moves.empty())
    attrs.set("moves", b.getStringAttr(moves));
  if (!kernels.empty()) {
    SmallVector<Attribute> symbols;
    for (StringAttr kernel : kernels)
      symbols.push_back(FlatSymbolRefAttr::get(kernel));
    attrs.set("kernels", b.getArrayAttr(symbols));
  }
  call->setAttr(kAttrName, attrs.getDictionary(b.getContext()));
}

void NodeNames::add(Location loc) {
  if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      add(part);
    return;
  }
  if (auto call = dyn_cast<CallSiteLoc>(loc))
    return add(call.getCallee());
  auto name = dyn_cast<NameLoc>(loc);
  if (!name || llvm::is_contained(names, name.getName().getValue()))
    return;
  names.push_back(name.getName().str());
  auto type = dyn_cast<NameLoc>(name.getChildLoc());
  types.push_back(type ? type.getName().str() : std::string());
}
