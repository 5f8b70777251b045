//===- Metadata.cpp - The octet_model as data ------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds the constants of octet-c/Model.h and runtime/Runtime.h, field by field
// in their order.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"
#include "octet-c/Model.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"

using namespace mlir::octet;

std::string mlir::octet::getSymbolPrefix(const ModelInfo &info) {
  std::string prefix;
  for (char c : info.name)
    prefix += llvm::isAlnum(c) ? c : '_';
  if (prefix.empty() || llvm::isDigit(prefix.front()))
    prefix.insert(prefix.begin(), '_');
  return prefix;
}

namespace {
using Constants = llvm::SmallVector<llvm::Constant *>;

/// Makes constants and the globals that hold them.
class MetadataBuilder {
public:
  explicit MetadataBuilder(llvm::Module &module)
      : module(module), context(module.getContext()),
        ptr(llvm::PointerType::get(context, 0)) {}

  llvm::Constant *i32(int64_t value) {
    return llvm::ConstantInt::get(llvm::Type::getInt32Ty(context), value,
                                  /*IsSigned=*/true, /*ImplicitTrunc=*/true);
  }
  llvm::Constant *i64(uint64_t value) {
    return llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), value);
  }
  llvm::Constant *f32(float value) {
    return llvm::ConstantFP::get(llvm::Type::getFloatTy(context), value);
  }
  llvm::Constant *null() { return llvm::ConstantPointerNull::get(ptr); }
  llvm::Constant *function(llvm::StringRef name) {
    return name.empty() ? null() : module.getFunction(name);
  }
  llvm::Constant *string(llvm::StringRef text) {
    return hold("octet.string",
                llvm::ConstantDataArray::getString(context, text));
  }
  llvm::Constant *structOf(llvm::ArrayRef<llvm::Constant *> fields) {
    return llvm::ConstantStruct::getAnon(context, fields);
  }
  /// A pointer to the elements, which have one type; null for none.
  llvm::Constant *array(llvm::StringRef name,
                        llvm::ArrayRef<llvm::Constant *> elements) {
    if (elements.empty())
      return null();
    auto *type =
        llvm::ArrayType::get(elements.front()->getType(), elements.size());
    return hold(name, llvm::ConstantArray::get(type, elements));
  }
  /// Gives a variable that the run-time declares its value.
  void define(llvm::StringRef name, llvm::ArrayRef<llvm::Constant *> fields) {
    llvm::GlobalVariable *global = module.getGlobalVariable(name);
    auto *type = llvm::cast<llvm::StructType>(global->getValueType());
    assert(type->getNumElements() == fields.size() && "a field is missing");
    global->setInitializer(llvm::ConstantStruct::get(type, fields));
    global->setLinkage(llvm::GlobalValue::InternalLinkage);
    global->setDSOLocal(true);
  }
  /// Defines `const octet_model *name(void)`.
  void addGetter(llvm::StringRef name) {
    auto *function =
        llvm::Function::Create(llvm::FunctionType::get(ptr, false),
                               llvm::Function::ExternalLinkage, name, module);
    function->setDoesNotThrow();
    llvm::IRBuilder<> builder(
        llvm::BasicBlock::Create(context, "entry", function));
    builder.CreateRet(module.getGlobalVariable("octet_rt_model", true));
  }

private:
  llvm::Constant *hold(llvm::StringRef name, llvm::Constant *value) {
    auto *global = new llvm::GlobalVariable(
        module, value->getType(), /*isConstant=*/true,
        llvm::GlobalValue::PrivateLinkage, value, name);
    global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
    return global;
  }

  llvm::Module &module;
  llvm::LLVMContext &context;
  llvm::PointerType *ptr;
};
} // namespace

static uint64_t getBytes(llvm::ArrayRef<int64_t> shape, mlir::Type type) {
  uint64_t bytes = getBufferElementBytes(type);
  for (int64_t extent : shape)
    bytes *= extent;
  return bytes;
}

/// octet_tensor.
static llvm::Constant *makeTensor(MetadataBuilder &b,
                                  const TensorInfo &tensor) {
  Constants shape;
  for (int64_t extent : tensor.shape)
    shape.push_back(b.i64(extent));
  bool quantized = static_cast<bool>(tensor.quantizedType);
  return b.structOf(
      {b.string(tensor.name), b.i32(*getOctetType(tensor.type)),
       b.i32(tensor.shape.size()), b.array("octet.shape", shape),
       b.i64(getBytes(tensor.shape, tensor.type)),
       b.i32(quantized ? *getOctetType(tensor.quantizedType) : OCTET_TYPE_NONE),
       b.i32(tensor.zeroPoint), b.f32(tensor.scale),
       b.i64(quantized ? getBytes(tensor.shape, tensor.quantizedType) : 0)});
}

static llvm::Constant *makeTensors(MetadataBuilder &b, llvm::StringRef name,
                                   llvm::ArrayRef<TensorInfo> tensors) {
  Constants elements;
  for (const TensorInfo &tensor : tensors)
    elements.push_back(makeTensor(b, tensor));
  return b.array(name, elements);
}

/// octet_node.
static llvm::Constant *makeNode(MetadataBuilder &b, const NodeInfo &node) {
  return b.structOf({b.string(node.name), b.string(node.op),
                     b.string(node.precision), b.i64(node.macs),
                     b.i64(node.bytesRead + node.bytesWritten)});
}

/// octet_rt_program.
static void addProgram(MetadataBuilder &b, const ModelInfo &info) {
  Constants kernels;
  for (size_t isa = 0; isa < info.isas.size(); ++isa)
    for (const NodeInfo &node : info.nodes)
      kernels.push_back(
          b.function(node.kernels[node.kernels.size() == 1 ? 0 : isa]));
  b.define("octet_rt_code",
           {b.function(info.main), b.function(info.mainQuantized),
            b.array("octet.kernels", kernels)});
}

std::vector<std::string> mlir::octet::addMetadata(llvm::Module &module,
                                                  const ModelInfo &info,
                                                  bool exportGetModel) {
  MetadataBuilder b(module);
  Constants nodes, isas;
  for (const NodeInfo &node : info.nodes)
    nodes.push_back(makeNode(b, node));
  for (const std::string &isa : info.isas)
    isas.push_back(b.string(isa));

  addProgram(b, info);
  bool quantized = !info.mainQuantized.empty();
  b.define("octet_rt_model",
           {b.i32(OCTET_ABI_VERSION), b.i32(sizeof(octet_model)),
            b.string(info.name), b.i32(info.inputs.size()),
            b.i32(info.outputs.size()), b.i32(nodes.size()), b.i32(isas.size()),
            makeTensors(b, "octet.inputs", info.inputs),
            makeTensors(b, "octet.outputs", info.outputs),
            b.array("octet.nodes", nodes), b.array("octet.isas", isas),
            b.i64(info.arenaBytes), b.i64(info.arenaAlignment),
            b.i64(info.weightBytes), b.function("octet_rt_isa"),
            b.function("octet_rt_set_isa"), b.function("octet_rt_run"),
            b.function(quantized ? "octet_rt_run_quantized" : "")});

  std::vector<std::string> exports = {getSymbolPrefix(info) + "_model"};
  if (exportGetModel)
    exports.push_back("octet_get_model");
  for (const std::string &name : exports)
    b.addGetter(name);
  return exports;
}
