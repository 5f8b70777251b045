//===- Octet.h - The octet dialect ------------------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dialect, its attributes, interfaces and operators.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_OCTET_H
#define OCTET_IR_OCTET_H

#include "octet/IR/AxisIndex.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <optional>
#include <string>
#include <utility>

#include "octet/IR/OctetDialect.h.inc"
#include "octet/IR/OctetEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "octet/IR/OctetAttrs.h.inc"

namespace mlir::octet::detail {
LogicalResult verifyResultShapes(Operation *op);
} // namespace mlir::octet::detail

#include "octet/IR/OctetInterfaces.h.inc"

#define GET_OP_CLASSES
#include "octet/IR/OctetOps.h.inc"

namespace mlir::octet {

/// Creates an operator whose result shapes follow from its operands and
/// attributes. `elementTypes` has one entry a result. Returns null, after an
/// error at `loc`, if they do not fit together.
Operation *createInferred(OpBuilder &builder, Location loc, StringRef name,
                          ValueRange operands, ArrayRef<Type> elementTypes,
                          ArrayRef<NamedAttribute> attributes);

/// As above for an operator with one result and a builder of its own:
/// `createInferred<ConvOp>(builder, loc, elementType, operands of build...)`.
template <typename OpT, typename... Args>
OpT createInferred(OpBuilder &builder, Location loc, Type elementType,
                   Args &&...args) {
  auto op = OpT::create(builder, loc, UnrankedTensorType::get(elementType),
                        std::forward<Args>(args)...);
  SmallVector<SmallVector<int64_t>> shapes;
  if (failed(op.inferResultShapes(shapes))) {
    op.erase();
    return {};
  }
  op->getResult(0).setType(RankedTensorType::get(shapes[0], elementType));
  return op;
}

/// The quantized element type of a value or shaped type; null if it has none.
quant::QuantizedType getQuantizedType(Type type);
inline quant::QuantizedType getQuantizedType(Value value) {
  return getQuantizedType(value.getType());
}

/// The type of elements that are bytes with one scale for all; null if the
/// elements are others.
quant::UniformQuantizedType getByteType(Type type);

/// The type with the same shape and another element type.
inline RankedTensorType withElement(Type type, Type element) {
  return cast<RankedTensorType>(type).clone(element);
}

/// The integer type that stores a quantized element: signless, of its width.
IntegerType getStorageInteger(quant::QuantizedType type);

/// The integer type that a graph spells the same storage with: `ui8` for u8,
/// `i8` for s8.
IntegerType getGraphInteger(quant::QuantizedType type);

/// Elements of a ranked, static tensor type; operands of a graph have no other.
inline ArrayRef<int64_t> getShape(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// The name of the ONNX node that an operation stands for: the names in its
/// location joined by '+'; empty if it has none.
std::string getNodeName(Operation *op);
std::string getNodeName(Location loc);

} // namespace mlir::octet

#endif // OCTET_IR_OCTET_H
