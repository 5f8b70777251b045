//===- Program.cpp - The model's main function in LLVM ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Program.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "octet/Codegen/Buffers.h"
#include "octet/Codegen/StepInfo.h"

using namespace mlir;
using namespace mlir::octet;

namespace {
/// Walks the model's block and writes the same in LLVM.
class ProgramBuilder {
public:
  ProgramBuilder(func::FuncOp model, ModelInfo &info);
  LogicalResult run();

private:
  void bindArguments();
  void describeArgument(unsigned index);
  void describeForm(unsigned index, TensorInfo &tensor);
  int64_t getNode(NodeInfo node);
  LogicalResult lower(Operation &op);
  LogicalResult lowerView(memref::ViewOp op);
  LogicalResult lowerCall(func::CallOp op);
  Value getElement(Value array, int64_t index);
  Value getConstant(Type type, int64_t value);

  func::FuncOp model;
  ModelInfo &info;
  /// Rather than the entry with quantized tensors, which comes after.
  bool isMain;
  OpBuilder b;
  Location loc;
  LLVM::LLVMPointerType ptr;
  LLVM::LLVMFuncOp function, launch;
  /// Of a buffer of the model: its address.
  DenseMap<Value, Value> addresses;
  /// The array of arguments that all launches use.
  Value args;
  int64_t mostArgs = 1;
};
} // namespace

/// octet_rt_launch(context, step, extent, args).
static LLVM::LLVMFuncOp declareLaunch(ModuleOp module) {
  if (auto known =
          module.lookupSymbol<LLVM::LLVMFuncOp>(ModelInfo::kLaunchName))
    return known;
  OpBuilder b(module.getBodyRegion());
  auto ptr = LLVM::LLVMPointerType::get(b.getContext());
  auto type =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  {ptr, b.getI32Type(), b.getI64Type(), ptr});
  return LLVM::LLVMFuncOp::create(b, module.getLoc(), ModelInfo::kLaunchName,
                                  type);
}

ProgramBuilder::ProgramBuilder(func::FuncOp model, ModelInfo &info)
    : model(model), info(info), isMain(model.getName() != kQuantizedMainName),
      b(model), loc(model.getLoc()),
      ptr(LLVM::LLVMPointerType::get(model.getContext())) {
  auto module = model->getParentOfType<ModuleOp>();
  launch = declareLaunch(module);
  b.setInsertionPoint(model);
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(b.getContext()), SmallVector<Type>(4, ptr));
  if (!isMain)
    info.mainQuantized = info.main + "_quantized";
  function =
      LLVM::LLVMFuncOp::create(b, loc, isMain ? info.main : info.mainQuantized,
                               type, LLVM::Linkage::Internal);
  function.setNoUnwind(true);
  b.setInsertionPointToStart(function.addEntryBlock(b));
}

Value ProgramBuilder::getConstant(Type type, int64_t value) {
  return LLVM::ConstantOp::create(b, loc, type, b.getIntegerAttr(type, value));
}

Value ProgramBuilder::getElement(Value array, int64_t index) {
  return LLVM::GEPOp::create(b, loc, ptr, ptr, array,
                             ArrayRef<LLVM::GEPArg>{int32_t(index)});
}

void ProgramBuilder::describeArgument(unsigned index) {
  auto type = cast<MemRefType>(model.getArgument(index).getType());
  bool isResult = model.getArgAttr(index, kResultAttrName) != nullptr;
  SmallVector<TensorInfo> &list = isResult ? info.outputs : info.inputs;
  TensorInfo tensor;
  auto name = model.getArgAttrOfType<StringAttr>(index, "octet.name");
  tensor.name =
      name ? name.getValue().str()
           : (isResult ? "output" : "input") + std::to_string(list.size());
  auto original = model.getArgAttrOfType<TypeAttr>(index, "octet.type");
  tensor.type = original ? original.getValue() : type.getElementType();
  tensor.shape.assign(type.getShape().begin(), type.getShape().end());
  list.push_back(std::move(tensor));
}

/// Notes the quantized form that the argument has in this entry.
void ProgramBuilder::describeForm(unsigned index, TensorInfo &tensor) {
  auto original = model.getArgAttrOfType<TypeAttr>(index, "octet.type");
  auto type = original
                  ? dyn_cast<quant::UniformQuantizedType>(original.getValue())
                  : nullptr;
  if (!type)
    return;
  tensor.quantizedType = IntegerType::get(
      b.getContext(), type.getStorageTypeIntegralWidth(),
      type.isSigned() ? IntegerType::Signed : IntegerType::Unsigned);
  tensor.scale = type.getScale();
  tensor.zeroPoint = type.getZeroPoint();
}

void ProgramBuilder::bindArguments() {
  int64_t numInputs = 0, numOutputs = 0;
  for (BlockArgument arg : model.getArguments()) {
    unsigned index = arg.getArgNumber();
    if (model.getArgAttr(index, kArenaAttrName)) {
      addresses[arg] = function.getArgument(3);
      info.arenaBytes = std::max<uint64_t>(
          info.arenaBytes, cast<MemRefType>(arg.getType()).getNumElements());
      info.arenaAlignment = kArenaAlignment;
      continue;
    }
    bool isResult = model.getArgAttr(index, kResultAttrName) != nullptr;
    Value array = function.getArgument(isResult ? 2 : 1);
    int64_t position = isResult ? numOutputs++ : numInputs++;
    addresses[arg] =
        LLVM::LoadOp::create(b, loc, ptr, getElement(array, position));
    if (isMain)
      describeArgument(index);
    else
      describeForm(index, (isResult ? info.outputs : info.inputs)[position]);
  }
}

/// The number of a node, which entries share where it is done by the same
/// kernels.
int64_t ProgramBuilder::getNode(NodeInfo node) {
  auto it = llvm::find_if(info.nodes, [&](const NodeInfo &other) {
    return !isMain && other.name == node.name && other.kernels == node.kernels;
  });
  if (it != info.nodes.end())
    return it - info.nodes.begin();
  info.nodes.push_back(std::move(node));
  return info.nodes.size() - 1;
}

LogicalResult ProgramBuilder::lowerView(memref::ViewOp op) {
  std::optional<int64_t> offset = getConstantIntValue(op.getByteShift());
  if (!offset || !addresses.contains(op.getSource()))
    return op.emitError("is no place in the arena");
  addresses[op] = LLVM::GEPOp::create(b, op.getLoc(), ptr, b.getI8Type(),
                                      addresses.lookup(op.getSource()),
                                      ArrayRef<LLVM::GEPArg>{int32_t(*offset)});
  return success();
}

LogicalResult ProgramBuilder::lowerCall(func::CallOp op) {
  std::optional<StepInfo> step = StepInfo::get(op);
  std::optional<int64_t> extent = getConstantIntValue(op.getOperand(1));
  if (!step || !extent)
    return op.emitError("is no step of a constant extent");
  for (auto [i, buffer] : llvm::enumerate(op.getOperands().drop_front(2))) {
    Value address = addresses.lookup(buffer);
    if (!address)
      return op.emitError("takes a buffer that has no address");
    LLVM::StoreOp::create(b, op.getLoc(), address, getElement(args, i));
  }
  NodeInfo node;
  node.name = step->name;
  node.op = step->op;
  node.precision = step->precision;
  node.macs = step->macs;
  node.bytesRead = step->bytesRead;
  node.bytesWritten = step->bytesWritten;
  node.moves = step->moves;
  node.isQuantizedOnly = !isMain;
  for (StringAttr kernel : step->kernels)
    node.kernels.push_back(kernel.str());
  if (node.kernels.empty())
    node.kernels.push_back(op.getCallee().str());
  LLVM::CallOp::create(
      b, op.getLoc(), launch,
      ValueRange{function.getArgument(0),
                 getConstant(b.getI32Type(), getNode(std::move(node))),
                 getConstant(b.getI64Type(), *extent), args});
  return success();
}

LogicalResult ProgramBuilder::lower(Operation &op) {
  if (matchPattern(&op, m_Constant()) || isa<func::ReturnOp>(op))
    return success();
  if (auto view = dyn_cast<memref::ViewOp>(op))
    return lowerView(view);
  if (auto call = dyn_cast<func::CallOp>(op))
    return lowerCall(call);
  if (auto global = dyn_cast<memref::GetGlobalOp>(op)) {
    addresses[global] =
        LLVM::AddressOfOp::create(b, op.getLoc(), ptr, global.getNameAttr());
    return success();
  }
  return op.emitError("has no place in a program of steps");
}

LogicalResult ProgramBuilder::run() {
  bindArguments();
  model.walk([&](func::CallOp call) {
    mostArgs = std::max<int64_t>(mostArgs, call.getNumOperands() - 2);
  });
  args = LLVM::AllocaOp::create(b, loc, ptr, ptr,
                                getConstant(b.getI64Type(), mostArgs));
  for (Operation &op : model.getBody().front())
    if (failed(lower(op)))
      return failure();
  LLVM::ReturnOp::create(b, loc, ValueRange());
  model.erase();
  return success();
}

LogicalResult mlir::octet::lowerProgram(func::FuncOp model, ModelInfo &info) {
  return ProgramBuilder(model, info).run();
}
