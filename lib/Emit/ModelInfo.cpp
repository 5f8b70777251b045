//===- ModelInfo.cpp - What Codegen tells Emit -----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes and reads the module's `octet.model` dictionary.
//
//===----------------------------------------------------------------------===//

#include "octet/Emit/ModelInfo.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "octet-c/Model.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::octet;

std::optional<int32_t> mlir::octet::getOctetType(Type type) {
  if (type.isF32())
    return OCTET_TYPE_F32;
  if (type.isF64())
    return OCTET_TYPE_F64;
  if (type.isF16())
    return OCTET_TYPE_F16;
  if (type.isBF16())
    return OCTET_TYPE_BF16;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return OCTET_TYPE_BOOL;
  case 8:
    return isUnsigned ? OCTET_TYPE_U8 : OCTET_TYPE_I8;
  case 16:
    return isUnsigned ? OCTET_TYPE_U16 : OCTET_TYPE_I16;
  case 32:
    return isUnsigned ? OCTET_TYPE_U32 : OCTET_TYPE_I32;
  case 64:
    return isUnsigned ? OCTET_TYPE_U64 : OCTET_TYPE_I64;
  default:
    return std::nullopt;
  }
}

unsigned mlir::octet::getBufferElementBytes(Type type) {
  return (type.getIntOrFloatBitWidth() + 7) / 8;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static DictionaryAttr toAttr(const TensorInfo &tensor, Builder &b) {
  NamedAttrList attrs;
  attrs.set("name", b.getStringAttr(tensor.name));
  attrs.set("type", TypeAttr::get(tensor.type));
  attrs.set("shape", b.getDenseI64ArrayAttr(tensor.shape));
  if (tensor.quantizedType) {
    NamedAttrList quantized;
    quantized.set("type", TypeAttr::get(tensor.quantizedType));
    quantized.set("scale", b.getF32FloatAttr(tensor.scale));
    quantized.set("zero_point", b.getI64IntegerAttr(tensor.zeroPoint));
    attrs.set("quantized", quantized.getDictionary(b.getContext()));
  }
  return attrs.getDictionary(b.getContext());
}

static DictionaryAttr toAttr(const NodeInfo &node, Builder &b) {
  NamedAttrList attrs;
  attrs.set("name", b.getStringAttr(node.name));
  attrs.set("op", b.getStringAttr(node.op));
  attrs.set("precision", b.getStringAttr(node.precision));
  attrs.set("macs", b.getI64IntegerAttr(node.macs));
  attrs.set("read", b.getI64IntegerAttr(node.bytesRead));
  attrs.set("written", b.getI64IntegerAttr(node.bytesWritten));
  if (!node.moves.empty())
    attrs.set("moves", b.getStringAttr(node.moves));
  if (node.isQuantizedOnly)
    attrs.set("quantized_only", b.getUnitAttr());
  SmallVector<Attribute> kernels;
  for (const std::string &kernel : node.kernels)
    kernels.push_back(FlatSymbolRefAttr::get(b.getContext(), kernel));
  attrs.set("kernels", b.getArrayAttr(kernels));
  return attrs.getDictionary(b.getContext());
}

template <typename T> static ArrayAttr toAttrs(ArrayRef<T> values, Builder &b) {
  SmallVector<Attribute> attrs;
  for (const T &value : values)
    attrs.push_back(toAttr(value, b));
  return b.getArrayAttr(attrs);
}

void ModelInfo::attach(ModuleOp module) const {
  Builder b(module.getContext());
  NamedAttrList attrs;
  attrs.set("name", b.getStringAttr(name));
  attrs.set("inputs", toAttrs<TensorInfo>(inputs, b));
  attrs.set("outputs", toAttrs<TensorInfo>(outputs, b));
  attrs.set("nodes", toAttrs<NodeInfo>(nodes, b));
  SmallVector<StringRef> isaNames(isas.begin(), isas.end());
  attrs.set("isas", b.getStrArrayAttr(isaNames));
  attrs.set("main", FlatSymbolRefAttr::get(b.getContext(), main));
  if (!mainQuantized.empty())
    attrs.set("main_quantized",
              FlatSymbolRefAttr::get(b.getContext(), mainQuantized));
  attrs.set("arena_bytes", b.getI64IntegerAttr(arenaBytes));
  attrs.set("arena_alignment", b.getI64IntegerAttr(arenaAlignment));
  attrs.set("weight_bytes", b.getI64IntegerAttr(weightBytes));
  attrs.set("largest_live_bytes", b.getI64IntegerAttr(largestLiveBytes));
  module->setAttr(kAttrName, attrs.getDictionary(b.getContext()));
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {
/// Reads the entries of a dictionary; remembers the first that is wrong.
class Reader {
public:
  Reader(ModuleOp module, DictionaryAttr dict, std::string where)
      : module(module), dict(dict), where(std::move(where)) {}

  void read(StringRef key, std::string &out) {
    if (auto attr = require<StringAttr>(key, "a string"))
      out = attr.getValue().str();
  }
  void readSymbol(StringRef key, std::string &out) {
    if (auto attr = require<FlatSymbolRefAttr>(key, "a symbol"))
      out = checkFunction(attr);
  }
  void read(StringRef key, Type &out) {
    auto attr = require<TypeAttr>(key, "a type");
    if (!attr)
      return;
    out = attr.getValue();
    if (!getOctetType(out))
      fail(key, "an integer of 1 to 64 bits, f16, bf16, f32 or f64");
  }
  template <typename Int> void readInt(StringRef key, Int &out) {
    if (auto attr = require<IntegerAttr>(key, "an integer"))
      out = static_cast<Int>(attr.getInt());
  }
  void read(StringRef key, float &out) {
    if (auto attr = require<FloatAttr>(key, "a float"))
      out = static_cast<float>(attr.getValueAsDouble());
  }
  void read(StringRef key, SmallVectorImpl<int64_t> &out) {
    if (auto attr = require<DenseI64ArrayAttr>(key, "an array<i64>"))
      out.assign(attr.asArrayRef().begin(), attr.asArrayRef().end());
  }
  void readSymbols(StringRef key, SmallVectorImpl<std::string> &out) {
    auto attr = require<ArrayAttr>(key, "an array of symbols");
    for (Attribute element : attr ? attr.getValue() : ArrayRef<Attribute>()) {
      if (auto symbol = dyn_cast<FlatSymbolRefAttr>(element))
        out.push_back(checkFunction(symbol));
      else
        fail(key, "an array of symbols");
    }
  }
  void readStrings(StringRef key, SmallVectorImpl<std::string> &out) {
    auto attr = require<ArrayAttr>(key, "an array of strings");
    for (Attribute element : attr ? attr.getValue() : ArrayRef<Attribute>()) {
      if (auto string = dyn_cast<StringAttr>(element))
        out.push_back(string.getValue().str());
      else
        fail(key, "an array of strings");
    }
  }
  /// Calls read(Reader &, T &) for each dictionary of an array.
  template <typename T>
  void readArray(StringRef key, SmallVectorImpl<T> &out,
                 void (*readOne)(Reader &, T &)) {
    auto attr = require<ArrayAttr>(key, "an array of dictionaries");
    if (!attr)
      return;
    for (auto [i, element] : llvm::enumerate(attr)) {
      auto dict = dyn_cast<DictionaryAttr>(element);
      if (!dict)
        return fail(key, "an array of dictionaries");
      Reader reader(module, dict,
                    (where + "." + key + "[" + Twine(i) + "]").str());
      readOne(reader, out.emplace_back());
      failed |= reader.failed;
    }
  }
  Reader child(StringRef key) {
    return Reader(module, require<DictionaryAttr>(key, "a dictionary"),
                  (where + "." + key).str());
  }
  bool has(StringRef key) const { return dict && dict.contains(key); }
  void join(const Reader &other) { failed |= other.failed; }

  void fail(StringRef key, const Twine &expected) {
    if (!failed)
      module.emitError() << "'" << where << "." << key << "' must be "
                         << expected;
    failed = true;
  }

  bool failed = false;

private:
  template <typename AttrT> AttrT require(StringRef key, StringRef what) {
    AttrT attr = dict ? dict.getAs<AttrT>(key) : AttrT();
    if (!attr)
      fail(key, what);
    return attr;
  }
  std::string checkFunction(FlatSymbolRefAttr symbol) {
    auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(symbol.getAttr());
    if (!function || function.isExternal()) {
      if (!failed)
        module.emitError() << "'" << where << "' names the function @"
                           << symbol.getValue() << ", which is not defined";
      failed = true;
    }
    return symbol.getValue().str();
  }

  ModuleOp module;
  DictionaryAttr dict;
  std::string where;
};
} // namespace

static void readTensor(Reader &reader, TensorInfo &tensor) {
  reader.read("name", tensor.name);
  reader.read("type", tensor.type);
  reader.read("shape", tensor.shape);
  if (llvm::any_of(tensor.shape, [](int64_t extent) { return extent < 0; }))
    reader.fail("shape", "static");
  if (!reader.has("quantized"))
    return;
  Reader quantized = reader.child("quantized");
  quantized.read("type", tensor.quantizedType);
  quantized.read("scale", tensor.scale);
  quantized.readInt("zero_point", tensor.zeroPoint);
  reader.join(quantized);
}

static void readNode(Reader &reader, NodeInfo &node) {
  reader.read("name", node.name);
  reader.read("op", node.op);
  reader.read("precision", node.precision);
  reader.readInt("macs", node.macs);
  reader.readInt("read", node.bytesRead);
  reader.readInt("written", node.bytesWritten);
  if (reader.has("moves"))
    reader.read("moves", node.moves);
  node.isQuantizedOnly = reader.has("quantized_only");
  reader.readSymbols("kernels", node.kernels);
}

FailureOr<ModelInfo> ModelInfo::get(ModuleOp module) {
  auto dict = module->getAttrOfType<DictionaryAttr>(kAttrName);
  if (!dict) {
    module.emitError() << "has no '" << kAttrName
                       << "': it is not the result of code generation";
    return failure();
  }
  ModelInfo info;
  Reader reader(module, dict, kAttrName.str());
  reader.read("name", info.name);
  reader.readArray("inputs", info.inputs, readTensor);
  reader.readArray("outputs", info.outputs, readTensor);
  reader.readStrings("isas", info.isas);
  reader.readArray("nodes", info.nodes, readNode);
  reader.readSymbol("main", info.main);
  if (reader.has("main_quantized"))
    reader.readSymbol("main_quantized", info.mainQuantized);
  reader.readInt("arena_bytes", info.arenaBytes);
  reader.readInt("arena_alignment", info.arenaAlignment);
  reader.readInt("weight_bytes", info.weightBytes);
  if (reader.has("largest_live_bytes"))
    reader.readInt("largest_live_bytes", info.largestLiveBytes);
  if (info.isas.empty())
    reader.fail("isas", "a list of at least one instruction set");
  for (const NodeInfo &node : info.nodes)
    if (node.kernels.size() != 1 && node.kernels.size() != info.isas.size())
      reader.fail("nodes", "given one kernel, or one per entry of 'isas': '" +
                               Twine(node.name) + "' has " +
                               Twine(node.kernels.size()));
  if (reader.failed)
    return failure();
  return info;
}
