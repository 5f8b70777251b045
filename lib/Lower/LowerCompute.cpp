//===- LowerCompute.cpp - Operators that compute, to linalg ---*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two passes with the same patterns: first whatever touches a quantized type,
// then the rest. After each, one kind of type is gone.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "Tensors.h"
#include "octet/IR/Hints.h"
#include "octet/Lower/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Diagnostics.h"

namespace mlir::octet {
#define GEN_PASS_DEF_LOWERFLOAT
#define GEN_PASS_DEF_LOWERQUANTIZED
#include "octet/Lower/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// The signless integer of a quantized type.
static std::optional<Type> toStorage(Type element) {
  if (auto quantized = dyn_cast<quant::QuantizedType>(element))
    return getStorageInteger(quantized);
  return std::nullopt;
}

/// The signless integer of one with a sign.
static std::optional<Type> toSignless(Type element) {
  auto integer = dyn_cast<IntegerType>(element);
  if (integer && !integer.isSignless())
    return IntegerType::get(element.getContext(), integer.getWidth());
  return std::nullopt;
}

/// Converts elements, alone and in tensors; leaves other types as they are.
static void addElementConversion(TypeConverter &converter,
                                 std::optional<Type> (*convert)(Type)) {
  converter.addConversion([](Type type) { return type; });
  converter.addConversion([=](Type type) { return convert(type); });
  converter.addConversion([=](RankedTensorType type) -> std::optional<Type> {
    std::optional<Type> element = convert(type.getElementType());
    if (!element)
      return std::nullopt;
    return type.clone(*element);
  });
  auto bridge = [](OpBuilder &b, Type type, ValueRange inputs, Location loc) {
    return UnrealizedConversionCastOp::create(b, loc, type, inputs)
        .getResult(0);
  };
  converter.addSourceMaterialization(bridge);
  converter.addTargetMaterialization(bridge);
}

/// Notes the element types of arguments and results that are about to change.
static void recordTypes(func::FuncOp func, const TypeConverter &converter) {
  auto changes = [&](Type type) { return !converter.isLegal(type); };
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes()))
    if (changes(type) && !func.getArgAttr(i, kOriginalTypeAttr))
      func.setArgAttr(i, kOriginalTypeAttr,
                      TypeAttr::get(getElementTypeOrSelf(type)));
  for (auto [i, type] : llvm::enumerate(func.getResultTypes()))
    if (changes(type) && !func.getResultAttr(i, kOriginalTypeAttr))
      func.setResultAttr(i, kOriginalTypeAttr,
                         TypeAttr::get(getElementTypeOrSelf(type)));
}

//===----------------------------------------------------------------------===//
// Passes
//===----------------------------------------------------------------------===//

/// What both passes agree on: functions, and operations of other dialects.
static void addLegality(ConversionTarget &target,
                        const TypeConverter &converter) {
  target.markUnknownOpDynamicallyLegal(
      [&](Operation *op) { return converter.isLegal(op); });
  target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp op) {
    return converter.isSignatureLegal(op.getFunctionType());
  });
}

static void populatePatterns(const TypeConverter &converter,
                             RewritePatternSet &patterns) {
  populateConvolutionPatterns(converter, patterns);
  populateMatMulPatterns(converter, patterns);
  populateQuantizationPatterns(converter, patterns);
  populateBinaryPatterns(converter, patterns);
  populateElementwisePatterns(converter, patterns);
  populatePoolPatterns(converter, patterns);
  populateReducePatterns(converter, patterns);
  populateNormalizationPatterns(converter, patterns);
  populateResizePatterns(converter, patterns);
  populateRetypePatterns(converter, patterns);
}

/// Converts, with one error that a user understands: a pattern's own, or the
/// types that no pattern takes.
static LogicalResult convert(ModuleOp module, const TypeConverter &converter,
                             ConversionTarget &target) {
  for (auto func : module.getOps<func::FuncOp>())
    recordTypes(func, converter);
  RewritePatternSet patterns(module.getContext());
  populatePatterns(converter, patterns);
  bool hasReason = false;
  std::optional<std::pair<Location, std::string>> refused;
  LogicalResult result = success();
  {
    ScopedDiagnosticHandler handler(
        module.getContext(), [&](Diagnostic &diagnostic) -> LogicalResult {
          std::string text = diagnostic.str();
          bool isRefusal =
              StringRef(text).starts_with("failed to legalize operation");
          if (isRefusal)
            refused.emplace(
                diagnostic.getLocation(),
                StringRef(text).split('\'').second.split('\'').first);
          else
            hasReason |= diagnostic.getSeverity() == DiagnosticSeverity::Error;
          return success(isRefusal);
        });
    result = applyPartialConversion(module, target, std::move(patterns));
  }
  if (refused && !hasReason)
    emitError(refused->first)
        << "'" << refused->second
        << "' has no lowering on its operand types; leave the node float or "
           "convert its operands first";
  return result;
}

/// Whether any value of the module has a type that `converter` changes.
static bool hasTypesOf(ModuleOp module, const TypeConverter &converter) {
  return module
      .walk([&](Operation *op) {
        return converter.isLegal(op) ? WalkResult::advance()
                                     : WalkResult::interrupt();
      })
      .wasInterrupted();
}

namespace {
struct LowerQuantizedPass
    : octet::impl::LowerQuantizedBase<LowerQuantizedPass> {
  void runOnOperation() override {
    TypeConverter converter;
    addElementConversion(converter, toStorage);
    if (!hasTypesOf(getOperation(), converter))
      getOperation()->setAttr(kFreeFloatsAttrName,
                              UnitAttr::get(&getContext()));
    ConversionTarget target(getContext());
    addLegality(target, converter);
    if (failed(convert(getOperation(), converter, target)))
      signalPassFailure();
  }
};

struct LowerFloatPass : octet::impl::LowerFloatBase<LowerFloatPass> {
  void runOnOperation() override {
    TypeConverter converter;
    addElementConversion(converter, toSignless);
    ConversionTarget target(getContext());
    addLegality(target, converter);
    target.addDynamicallyLegalDialect<OctetDialect>([&](Operation *op) {
      bool isMovement = isa<SameScaleOpInterface>(op) && !isa<MaxPoolOp>(op);
      return (isMovement || isa<ConstantOp>(op)) && converter.isLegal(op);
    });
    if (failed(convert(getOperation(), converter, target)))
      signalPassFailure();
  }
};
} // namespace
