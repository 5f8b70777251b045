//===- RetypeStorage.cpp - Signedness of stored activations -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Fold/Passes.h"

#include "octet/IR/Constants.h"
#include "octet/IR/OutputForms.h"

namespace mlir::octet {
#define GEN_PASS_DEF_RETYPESTORAGE
#include "octet/Fold/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// The same real values with the other signedness; null if the type is already
/// right or no per-tensor byte.
static quant::UniformQuantizedType retype(Type type, bool toSigned) {
  quant::UniformQuantizedType uniform = getByteType(type);
  if (!uniform || uniform.isSigned() == toSigned)
    return {};
  int64_t shift = toSigned ? -128 : 128;
  return quant::UniformQuantizedType::get(
      toSigned ? quant::QuantizationFlags::Signed : 0, uniform.getStorageType(),
      uniform.getExpressedType(), uniform.getScale(),
      uniform.getZeroPoint() + shift, uniform.getStorageTypeMin() + shift,
      uniform.getStorageTypeMax() + shift);
}

/// Values whose bits others see: the model's inputs and outputs, storage casts,
/// and weights, which are always signed.
static bool isPinned(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isa<OctetDialect>(op->getDialect()) || isa<StorageCastOp>(op))
    return true;
  return llvm::any_of(value.getUses(), [](OpOperand &use) {
    Operation *user = use.getOwner();
    auto weighted = dyn_cast<WeightedOpInterface>(user);
    return user->hasTrait<OpTrait::IsTerminator>() ||
           isa<StorageCastOp>(user) ||
           (weighted && &weighted.getWeightOperand() == &use);
  });
}

/// Flips the top bit of every byte: q and q - 128 in two's complement.
static SmallVector<char> flip(ArrayRef<char> bytes) {
  return llvm::map_to_vector(bytes,
                             [](char byte) { return char(byte ^ 0x80); });
}

namespace {
struct RetypeStoragePass : octet::impl::RetypeStorageBase<RetypeStoragePass> {
  using RetypeStorageBase::RetypeStorageBase;

  void runOnOperation() override {
    SmallVector<Value> values;
    getOperation().walk([&](Operation *op) {
      for (Value result : op->getResults())
        if (retype(result.getType(), toSigned) && !isPinned(result))
          values.push_back(result);
    });
    llvm::SmallDenseSet<Value> chosen(values.begin(), values.end());
    pinJoined(chosen);
    for (Value value : values)
      if (chosen.contains(value))
        change(value, chosen);
    getOperation().walk([&](func::FuncOp function) { changeForms(function); });
  }

private:
  /// The quantized forms that outputs have beside their real ones.
  void changeForms(func::FuncOp function) {
    for (unsigned i = 0, e = function.getNumResults(); i != e; ++i)
      if (auto form = getOutputForm(function, i))
        if (auto type = retype(form, toSigned))
          setOutputForm(function, i, type);
  }

  /// A movement's operands and result keep one type: where one of them cannot
  /// change, none does.
  void pinJoined(llvm::SmallDenseSet<Value> &chosen) {
    bool changed = true;
    while (changed) {
      changed = false;
      getOperation().walk([&](SameScaleOpInterface op) {
        SmallVector<Value> group{op->getResult(0)};
        for (OpOperand *operand : op.getDataOperands())
          group.push_back(operand->get());
        bool all = llvm::all_of(
            group, [&](Value value) { return chosen.contains(value); });
        for (Value value : group)
          changed |= !all && chosen.erase(value);
      });
    }
  }

  void change(Value value, const llvm::SmallDenseSet<Value> &chosen) {
    quant::UniformQuantizedType type = retype(value.getType(), toSigned);
    value.setType(withElement(value.getType(), type));
    ++numRetyped;
    Operation *op = value.getDefiningOp();
    if (auto constant = dyn_cast<ConstantOp>(op)) {
      auto data = readElements(constant.getValue());
      constant.setValueAttr(makeElements(data->type, flip(data->bytes)));
    }
    if (auto lookup = dyn_cast<LookupOp>(op))
      changeEntries(lookup);
    for (Operation *user : value.getUsers())
      if (auto lookup = dyn_cast<LookupOp>(user))
        rotateTable(lookup);
  }

  /// The result's bytes change.
  static void changeEntries(LookupOp op) {
    SmallVector<int8_t> table(op.getTable());
    for (int8_t &entry : table)
      entry = int8_t(entry ^ 0x80);
    op.setTable(table);
  }

  /// The index, the input's byte, changes.
  static void rotateTable(LookupOp op) {
    SmallVector<int8_t> table(256);
    for (int i = 0; i < 256; ++i)
      table[i ^ 0x80] = op.getTable()[i];
    op.setTable(table);
  }
};
} // namespace
