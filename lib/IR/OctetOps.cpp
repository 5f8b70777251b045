//===- OctetOps.cpp - Verifiers and helpers of the operators -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Octet.h"

#include "octet/IR/Constants.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::octet;

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

Operation *mlir::octet::createInferred(OpBuilder &builder, Location loc,
                                       StringRef name, ValueRange operands,
                                       ArrayRef<Type> elementTypes,
                                       ArrayRef<NamedAttribute> attributes) {
  SmallVector<Type> types;
  for (Type element : elementTypes)
    types.push_back(UnrankedTensorType::get(element));
  OperationState state(loc, name, operands, types, attributes);
  Operation *op = builder.create(state);
  SmallVector<SmallVector<int64_t>> shapes;
  if (failed(cast<ShapeInferenceOpInterface>(op).inferResultShapes(shapes))) {
    op->erase();
    return nullptr;
  }
  for (auto [result, shape, element] :
       llvm::zip_equal(op->getResults(), shapes, elementTypes))
    result.setType(RankedTensorType::get(shape, element));
  return op;
}

quant::QuantizedType mlir::octet::getQuantizedType(Type type) {
  return dyn_cast<quant::QuantizedType>(getElementTypeOrSelf(type));
}

quant::UniformQuantizedType mlir::octet::getByteType(Type type) {
  auto uniform =
      dyn_cast<quant::UniformQuantizedType>(getElementTypeOrSelf(type));
  return uniform && uniform.getStorageTypeIntegralWidth() == 8 ? uniform
                                                               : nullptr;
}

IntegerType mlir::octet::getStorageInteger(quant::QuantizedType type) {
  return IntegerType::get(type.getContext(),
                          type.getStorageTypeIntegralWidth());
}

IntegerType mlir::octet::getGraphInteger(quant::QuantizedType type) {
  return IntegerType::get(type.getContext(), type.getStorageTypeIntegralWidth(),
                          type.isSigned() ? IntegerType::Signless
                                          : IntegerType::Unsigned);
}

std::string mlir::octet::getNodeName(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName().str();
  std::string joined;
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (std::string name = getNodeName(part); !name.empty())
        joined += (joined.empty() ? "" : "+") + name;
  return joined;
}

std::string mlir::octet::getNodeName(Operation *op) {
  return getNodeName(op->getLoc());
}

//===----------------------------------------------------------------------===//
// Constants and quantization
//===----------------------------------------------------------------------===//

LogicalResult ConstantOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getType());
  auto value = dyn_cast<RankedTensorType>(getValue().getType());
  if (!type || !value)
    return emitOpError("needs a ranked value and result");
  Type element = type.getElementType();
  if (auto quantized = getQuantizedType(type))
    element = getStorageInteger(quantized);
  if (value.getShape() != type.getShape() || value.getElementType() != element)
    return emitOpError() << "value of type " << value
                         << " does not hold a result of type " << type;
  return success();
}

/// The float element must be the one the quantized type expresses.
static LogicalResult verifyExpressed(Operation *op, Value real,
                                     Value quantized) {
  quant::QuantizedType type = getQuantizedType(quantized);
  Type element = getElementTypeOrSelf(real.getType());
  if (type.getExpressedType() != element)
    return op->emitOpError()
           << "quantized type expresses " << type.getExpressedType()
           << ", but the float is " << element;
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  if (!perAxis)
    return success();
  auto shaped = cast<RankedTensorType>(quantized.getType());
  int64_t axis = perAxis.getQuantizedDimension();
  int64_t scales = perAxis.getScales().size();
  if (axis >= shaped.getRank() || shaped.getDimSize(axis) != scales)
    return op->emitOpError() << scales << " scales do not match axis " << axis
                             << " of [" << shaped.getShape() << "]";
  return success();
}

LogicalResult QuantizeOp::verify() {
  return verifyExpressed(*this, getInput(), getResult());
}
LogicalResult DequantizeOp::verify() {
  return verifyExpressed(*this, getResult(), getInput());
}

LogicalResult StorageCastOp::verify() {
  auto getInteger = [](Type type) {
    quant::QuantizedType quantized = getQuantizedType(type);
    return quantized ? getGraphInteger(quantized)
                     : dyn_cast<IntegerType>(getElementTypeOrSelf(type));
  };
  IntegerType from = getInteger(getInput().getType());
  IntegerType to = getInteger(getType());
  if (!from || from != to)
    return emitOpError() << getElementTypeOrSelf(getInput().getType())
                         << " and " << getElementTypeOrSelf(getType())
                         << " are not stored as the same integer";
  return success();
}

//===----------------------------------------------------------------------===//
// Convolutions and products
//===----------------------------------------------------------------------===//

/// The rules on element types that both convolutions and products share.
static LogicalResult verifyWeighted(Operation *op, Value input, Value weight,
                                    Value bias) {
  quant::QuantizedType in = getQuantizedType(input);
  quant::QuantizedType w = getQuantizedType(weight);
  if (bool(in) != bool(w))
    return op->emitOpError(
        "input and weight must both be quantized or neither");
  if (!in)
    return success();
  if (isa<quant::UniformQuantizedPerAxisType>(in))
    return op->emitOpError("input must be quantized per tensor");
  if (bias && !getQuantizedType(bias))
    return op->emitOpError(
        "bias must be quantized, at the scale of input times weight");
  return success();
}

LogicalResult ConvOp::verify() {
  return verifyWeighted(*this, getInput(), getWeight(), getBias());
}
LogicalResult ConvTransposeOp::verify() {
  return verifyWeighted(*this, getInput(), getWeight(), getBias());
}
LogicalResult MatMulOp::verify() {
  return verifyWeighted(*this, getLhs(), getRhs(), getBias());
}

//===----------------------------------------------------------------------===//
// Others: rules beyond shapes
//===----------------------------------------------------------------------===//

LogicalResult LookupOp::verify() {
  auto isByte = [](Value value) {
    return getQuantizedType(value).getStorageTypeIntegralWidth() == 8;
  };
  if (!isByte(getInput()) || !isByte(getResult()))
    return emitOpError("needs 8-bit input and result");
  if (getTable().size() != 256)
    return emitOpError() << "table has " << getTable().size()
                         << " entries, expected 256";
  return success();
}

/// Movements keep the element type, and with it scale and zero point.
static LogicalResult verifySameElement(Operation *op) {
  Type expected = getElementTypeOrSelf(op->getResult(0).getType());
  for (OpOperand *operand : cast<SameScaleOpInterface>(op).getDataOperands()) {
    Type element = getElementTypeOrSelf(operand->get().getType());
    bool perAxis = isa<quant::UniformQuantizedPerAxisType>(element);
    if (element != expected && !perAxis)
      return op->emitOpError()
             << "element types " << element << " and " << expected << " differ";
  }
  return success();
}

LogicalResult MaxPoolOp::verify() { return verifySameElement(*this); }
LogicalResult TransposeOp::verify() { return verifySameElement(*this); }
LogicalResult ConcatOp::verify() { return verifySameElement(*this); }
LogicalResult SliceOp::verify() { return verifySameElement(*this); }
LogicalResult PadOp::verify() { return verifySameElement(*this); }
LogicalResult GatherOp::verify() { return verifySameElement(*this); }

LogicalResult AveragePoolOp::verify() {
  if (auto counted = getCountedPads())
    for (auto [ours, onnx] : llvm::zip(getPads(), *counted))
      if (onnx > ours)
        return emitOpError()
               << "counted pad " << onnx << " is larger than the pad " << ours;
  return success();
}

LogicalResult ReduceOp::verify() {
  ArrayRef<int64_t> axes = getAxes();
  for (size_t i = 1; i < axes.size(); ++i)
    if (axes[i - 1] >= axes[i])
      return emitOpError() << "axes [" << axes << "] are not sorted and unique";
  return success();
}

LogicalResult ResizeOp::verify() {
  for (double scale : getScales())
    if (!(scale > 0))
      return emitOpError() << "scale " << scale << " is not positive";
  return success();
}

//===----------------------------------------------------------------------===//
// Assembly
//===----------------------------------------------------------------------===//

using ParsedOperand = std::optional<OpAsmParser::UnresolvedOperand>;

/// (`, bias` operand)? (`, residual` operand)?, which begin alike.
static ParseResult parseAddends(OpAsmParser &parser, ParsedOperand &bias,
                                ParsedOperand &residual) {
  while (!residual && succeeded(parser.parseOptionalComma())) {
    bool isBias = !bias && succeeded(parser.parseOptionalKeyword("bias"));
    if (!isBias && parser.parseKeyword("residual"))
      return failure();
    OpAsmParser::UnresolvedOperand operand;
    if (parser.parseOperand(operand))
      return failure();
    (isBias ? bias : residual) = operand;
  }
  return success();
}

static void printAddends(OpAsmPrinter &printer, Operation *, Value bias,
                         Value residual) {
  if (bias)
    printer << ", bias " << bias;
  if (residual)
    printer << ", residual " << residual;
}

#define GET_OP_CLASSES
#include "octet/IR/OctetOps.cpp.inc"
