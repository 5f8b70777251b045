//===- KernelBuilder.cpp - Writes loops and 1-D vectors --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace mlir::octet;

/// Bytes after a buffer's last element that may be read (see ConvOp).
static constexpr int64_t kSlackBytes = 64;

static std::optional<int64_t> getConstant(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Index arithmetic
//===----------------------------------------------------------------------===//

Value KernelBuilder::index(int64_t value) {
  return arith::ConstantIndexOp::create(*this, value);
}

Value KernelBuilder::add(Value a, Value b) {
  if (std::optional<int64_t> constant = getConstant(b))
    return add(a, *constant);
  if (getConstant(a) == 0)
    return b;
  return arith::AddIOp::create(*this, a, b);
}

Value KernelBuilder::add(Value a, int64_t b) {
  if (b == 0)
    return a;
  if (std::optional<int64_t> constant = getConstant(a))
    return index(*constant + b);
  return arith::AddIOp::create(*this, a, index(b));
}

Value KernelBuilder::mul(Value a, int64_t b) {
  if (b == 1)
    return a;
  if (std::optional<int64_t> constant = getConstant(a))
    return index(*constant * b);
  return b == 0 ? index(0)
                : arith::MulIOp::create(*this, a, index(b)).getResult();
}

Value KernelBuilder::div(Value a, int64_t b) {
  if (std::optional<int64_t> constant = getConstant(a))
    return index(*constant / b);
  return b == 1 ? a : arith::DivUIOp::create(*this, a, index(b)).getResult();
}

Value KernelBuilder::rem(Value a, int64_t b) {
  if (std::optional<int64_t> constant = getConstant(a))
    return index(*constant % b);
  return b == 1 ? index(0)
                : arith::RemUIOp::create(*this, a, index(b)).getResult();
}

//===----------------------------------------------------------------------===//
// Vectors
//===----------------------------------------------------------------------===//

Value KernelBuilder::splat(int64_t lanes, Type element, int64_t value) {
  return arith::ConstantOp::create(
      *this, DenseElementsAttr::get(vec(lanes, element),
                                    getIntegerAttr(element, value)));
}

Value KernelBuilder::zero(VectorType type) {
  return arith::ConstantOp::create(*this, getZeroAttr(type));
}

Value KernelBuilder::broadcast(Value scalar, int64_t lanes) {
  return vector::BroadcastOp::create(*this, vec(lanes, scalar.getType()),
                                     scalar);
}

Value KernelBuilder::bitcast(Value vector, int64_t lanes, Type element) {
  VectorType type = vec(lanes, element);
  if (vector.getType() == type)
    return vector;
  return vector::BitCastOp::create(*this, type, vector);
}

Value KernelBuilder::shuffle(Value a, Value b, ArrayRef<int64_t> mask) {
  return vector::ShuffleOp::create(*this, a, b, mask);
}

Value KernelBuilder::slice(Value vector, int64_t first, int64_t count) {
  return shuffle(vector, vector,
                 llvm::to_vector(llvm::seq(first, first + count)));
}

Value KernelBuilder::concat(Value a, Value b) {
  int64_t lanes = cast<VectorType>(a.getType()).getNumElements();
  return shuffle(a, b, llvm::to_vector(llvm::seq<int64_t>(0, 2 * lanes)));
}

Value KernelBuilder::multiplyAdd(Value a, Value b, Value c, bool fused) {
  if (fused)
    return vector::FMAOp::create(*this, a, b, c);
  return arith::AddFOp::create(*this, c, arith::MulFOp::create(*this, a, b));
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value KernelBuilder::flatten(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  auto [strides, offset] = type.getStridesAndOffset();
  int64_t span = 1;
  for (auto [size, stride] : llvm::zip(type.getShape(), strides))
    span += (size - 1) * stride;
  span += kSlackBytes * 8 / type.getElementTypeBitWidth();
  OpFoldResult start = getIndexAttr(offset);
  if (ShapedType::isDynamic(offset))
    start = memref::ExtractStridedMetadataOp::create(*this, buffer).getOffset();
  auto flat = MemRefType::get({span}, type.getElementType(),
                              StridedLayoutAttr::get(getContext(), offset, {1}),
                              type.getMemorySpace());
  return memref::ReinterpretCastOp::create(
      *this, flat, buffer, start, ArrayRef<OpFoldResult>{getIndexAttr(span)},
      ArrayRef<OpFoldResult>{getIndexAttr(1)});
}

static Type getElementType(Value view) {
  return cast<MemRefType>(view.getType()).getElementType();
}

Value KernelBuilder::allocate(int64_t count, Type element) {
  InsertionGuard guard(*this);
  auto function = getInsertionBlock()
                      ->getParentOp()
                      ->getParentOfType<FunctionOpInterface>();
  if (!function)
    function = cast<FunctionOpInterface>(getInsertionBlock()->getParentOp());
  setInsertionPointToStart(&function.front());
  return memref::AllocaOp::create(*this, MemRefType::get({count}, element),
                                  getI64IntegerAttr(64));
}

Value KernelBuilder::load(Value view, Value at, int64_t lanes) {
  return vector::LoadOp::create(*this, vec(lanes, getElementType(view)), view,
                                ValueRange{at});
}

Value KernelBuilder::loadPart(Value view, Value at, int64_t lanes,
                              int64_t valid) {
  if (valid >= lanes)
    return load(view, at, lanes);
  VectorType type = vec(lanes, getElementType(view));
  Value mask = vector::ConstantMaskOp::create(*this, vec(lanes, getI1Type()),
                                              ArrayRef<int64_t>{valid});
  return vector::MaskedLoadOp::create(*this, type, view, ValueRange{at}, mask,
                                      zero(type));
}

Value KernelBuilder::loadScalar(Value view, Value at) {
  return memref::LoadOp::create(*this, view, ValueRange{at});
}

void KernelBuilder::store(Value vector, Value view, Value at) {
  vector::StoreOp::create(*this, vector, view, ValueRange{at});
}

void KernelBuilder::prefetch(Value view, Value at) {
  memref::PrefetchOp::create(*this, view, ValueRange{at}, /*isWrite=*/false,
                             /*localityHint=*/3, /*isDataCache=*/true);
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

KernelBuilder::Values
KernelBuilder::loop(Value lo, Value hi, int64_t step, ValueRange carried,
                    function_ref<Values(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(*this, lo, hi, index(step), carried);
  InsertionGuard guard(*this);
  if (carried.empty()) {
    setInsertionPoint(loop.getBody()->getTerminator());
    body(loop.getInductionVar(), {});
    return {};
  }
  setInsertionPointToStart(loop.getBody());
  Values next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(*this, next);
  return loop.getResults();
}

void KernelBuilder::loop(Value lo, Value hi, function_ref<void(Value)> body) {
  loop(lo, hi, 1, {}, [&](Value i, ValueRange) {
    body(i);
    return Values();
  });
}

void KernelBuilder::repeat(int64_t count, function_ref<void(Value)> body) {
  if (count == 1)
    return body(index(0));
  if (count > 1)
    loop(index(0), index(count), body);
}

void KernelBuilder::branch(Value condition, function_ref<void()> whenTrue,
                           function_ref<void()> whenFalse) {
  auto branch = scf::IfOp::create(*this, condition, /*withElse=*/true);
  InsertionGuard guard(*this);
  setInsertionPoint(branch.thenBlock()->getTerminator());
  whenTrue();
  setInsertionPoint(branch.elseBlock()->getTerminator());
  whenFalse();
}

Value KernelBuilder::isEqual(Value a, int64_t b) {
  return arith::CmpIOp::create(*this, arith::CmpIPredicate::eq, a, index(b));
}

Value KernelBuilder::callIntrinsic(StringRef name, Type result,
                                   ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(*this, result, getStringAttr(name),
                                       operands)
      .getResult(0);
}
