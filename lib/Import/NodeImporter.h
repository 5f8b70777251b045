//===- NodeImporter.h - What importers of operators stand on ----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An importer is a function from a node to the values of its outputs. It is
// listed, with the versions it holds for, in the table at the end of the file
// of its family; nothing else has to know it.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_IMPORT_NODEIMPORTER_H
#define OCTET_LIB_IMPORT_NODEIMPORTER_H

#include "octet/IR/Constants.h"
#include "octet/IR/Octet.h"
#include "octet/Import/Import.h"

#include "mlir/IR/TypeUtilities.h"

namespace mlir::octet {

using Integers = SmallVector<int64_t>;

/// What an importer returns: one value an output, or a failure that has been
/// reported. A null value is a failure too, so that a chain of `create` needs
/// no checks in between.
class Imported {
public:
  Imported(Value value) {
    if (value)
      values.push_back(value);
    ok = bool(value);
  }
  Imported(SmallVector<Value> values) : values(std::move(values)) {
    ok = llvm::all_of(this->values, [](Value v) { return bool(v); });
  }
  Imported(InFlightDiagnostic &&) {}
  Imported(LogicalResult result) {
    assert(failed(result) && "success needs values");
  }

  bool isOk() const { return ok; }
  ArrayRef<Value> getValues() const { return values; }

private:
  SmallVector<Value> values;
  bool ok = false;
};

/// A node that is being imported: its operands, attributes and version, and the
/// operators that are created in its place.
class NodeContext {
public:
  NodeContext(NodeOp node, OpBuilder &builder)
      : b(builder), node(node), attributes(node.getNodeAttributes()) {}

  //===--- The node ---===//
  Location getLoc() { return node.getLoc(); }
  int64_t getOpset() { return node.getOpset(); }
  StringRef getOpType() { return node.getOpType(); }
  unsigned getNumOutputs() { return node.getNumResults(); }
  /// True if something uses output `i`.
  bool isUsed(unsigned i) {
    return i < node.getNumResults() && !node.getResult(i).use_empty();
  }
  MutableArrayRef<Region> getSubgraphs() { return node.getSubgraphs(); }

  //===--- Operands ---===//
  unsigned getNumInputs() { return node.getInputs().size(); }
  bool has(unsigned i);
  /// An error if the node has an operand that the importer never asked for.
  void checkAllRead();
  /// Operand `i` as it is, perhaps quantized; null if it is absent. Importers
  /// run only with the operands that their table row asks for.
  Value getRaw(unsigned i);
  /// Operand `i`, integers instead of a quantized type.
  Value in(unsigned i);
  SmallVector<Value> getInputs();
  Type getElement(unsigned i) { return getElementTypeOrSelf(in(i).getType()); }
  ArrayRef<int64_t> getShapeOf(unsigned i) { return getShape(getRaw(i)); }
  int64_t getRank(unsigned i) { return getShapeOf(i).size(); }

  /// The elements of constant operand `i`; an error that calls it `what` if it
  /// is computed at run time.
  FailureOr<Integers> readIntegersAt(unsigned i, StringRef what);
  FailureOr<SmallVector<double>> readFloatsAt(unsigned i, StringRef what);

  //===--- Attributes ---===//
  bool hasAttr(StringRef name) { return attributes.contains(name); }
  Attribute getAttr(StringRef name) { return attributes.get(name); }
  int64_t getInt(StringRef name, int64_t missing);
  double getFloat(StringRef name, double missing);
  StringRef getString(StringRef name, StringRef missing);
  std::optional<Integers> getInts(StringRef name);
  /// The list, or `missing` `count` times.
  Integers getInts(StringRef name, size_t count, int64_t missing);
  /// An axis made positive, or an error.
  FailureOr<int64_t> getAxis(int64_t axis, int64_t rank);
  FailureOr<int64_t> getAxisAttr(int64_t missing, int64_t rank);

  //===--- Building ---===//
  /// An error that names the node.
  InFlightDiagnostic error();
  /// Creates an operator and folds it if its operands are constant. Null after
  /// an error, and where an operand is null already.
  template <typename OpT, typename... Args>
  Value create(Type element, Args... args) {
    if ((isNull(args) || ...))
      return {};
    auto op = createInferred<OpT>(b, getLoc(), element, args...);
    return op ? fold(op) : Value();
  }
  /// As above for operators with optional operands, where null means absent.
  template <typename OpT, typename... Args>
  Value createOptional(Type element, Value first, Args... args) {
    if (!first)
      return {};
    auto op = createInferred<OpT>(b, getLoc(), element, first, args...);
    return op ? fold(op) : Value();
  }
  /// Folds what has just been created; the value to use instead.
  Value fold(Operation *op);

  //===--- Often built ---===//
  Value cast(Value value, Type element);
  Value reshape(Value value, ArrayRef<int64_t> shape);
  Value transpose(Value value, ArrayRef<int64_t> permutation);
  Value slice(Value value, int64_t axis, int64_t start, int64_t size);
  Value storageCast(Value value, Type element);
  /// Plain integers for a quantized value, else the value.
  Value toIntegers(Value value);
  /// A constant of float or integer elements, all the same.
  Value splat(Type element, double value, ArrayRef<int64_t> shape = {});
  Value integers(ArrayRef<int64_t> values);

  OpBuilder &b;

private:
  static bool isNull(Value value) { return !value; }
  template <typename T> static bool isNull(const T &) { return false; }

  /// The attribute as AttrT, or null if it is absent. Another kind of attribute
  /// is an error.
  template <typename AttrT> AttrT getAs(StringRef name) {
    Attribute attr = attributes.get(name);
    auto typed = dyn_cast_or_null<AttrT>(attr);
    if (attr && !typed)
      error() << "attribute '" << name << "' is of the wrong kind";
    return typed;
  }

  NodeOp node;
  DictionaryAttr attributes;
  SmallVector<bool> asked;
};

using ImportFunction = Imported (*)(NodeContext &);

/// A row of a family's table. `minInputs` operands must be there.
struct Importer {
  StringRef opType;
  int since, until;
  unsigned minInputs;
  ImportFunction import;
  StringRef limits = "";
  StringRef domain = "";
};

inline constexpr StringLiteral kMicrosoft = "com.microsoft";

// One table a family; a new family is listed here and in Registry.cpp.
ArrayRef<Importer> getActivationOps();
ArrayRef<Importer> getConstantOps();
ArrayRef<Importer> getControlFlowOps();
ArrayRef<Importer> getConvolutionOps();
ArrayRef<Importer> getElementwiseOps();
ArrayRef<Importer> getIntegerOps();
ArrayRef<Importer> getMatMulOps();
ArrayRef<Importer> getNormalizationOps();
ArrayRef<Importer> getPoolOps();
ArrayRef<Importer> getQuantizationOps();
ArrayRef<Importer> getQuantizedOps();
ArrayRef<Importer> getRecurrentOps();
ArrayRef<Importer> getReduceOps();
ArrayRef<Importer> getResizeOps();
ArrayRef<Importer> getScatterOps();
ArrayRef<Importer> getShapeOps();
ArrayRef<Importer> getSliceOps();
ArrayRef<Importer> getTabularOps();

/// Replaces a node, and what its subgraphs hold, by operators; its operands
/// have been replaced before. An error names the node.
LogicalResult importNode(NodeOp node);

/// The importer for a node, or null. `known` tells whether any version of the
/// operator is there.
const Importer *findImporter(StringRef domain, StringRef opType, int64_t opset,
                             bool &known);

} // namespace mlir::octet

#endif // OCTET_LIB_IMPORT_NODEIMPORTER_H
