//===- Dots.cpp - Dot products and tables on Arm ---------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Kernels/Dots.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::octet;
using octet_kernel::Isa;

/// Without dot products: widening multiplies, and pairs added twice.
static Value lowerDotNeon(KernelBuilder &b, const DotOperands &dot) {
  VectorType words = b.vec(8, b.getI16Type());
  Type sums = dot.acc.getType();
  auto multiply = [&](int64_t first) {
    Value product =
        b.callIntrinsic("llvm.aarch64.neon.smull.v8i16", words,
                        {b.slice(dot.a, first, 8), b.slice(dot.b, first, 8)});
    return b.callIntrinsic("llvm.aarch64.neon.saddlp.v4i32.v8i16", sums,
                           {product});
  };
  Value sum = b.callIntrinsic("llvm.aarch64.neon.addp.v4i32", sums,
                              {multiply(0), multiply(8)});
  return arith::AddIOp::create(b, dot.acc, sum);
}

/// The operand that is one word in all lanes goes last: LLVM then takes it by
/// lane, without spreading it first.
static Value callSdot(KernelBuilder &b, Value acc, Value x, Value splat) {
  return b.callIntrinsic("llvm.aarch64.neon.sdot.v4i32.v16i8", acc.getType(),
                         {acc, x, splat});
}

Value octet::lowerDotArm(KernelBuilder &b, Isa isa, const DotOperands &dot) {
  if (dot.lanes() != 4)
    return nullptr;
  if (isa == Isa::Neon)
    return dot.aUnsigned ? nullptr : lowerDotNeon(b, dot);
  if (!dot.aUnsigned)
    return callSdot(b, dot.acc, dot.b, dot.a);
  if (isa != Isa::DotProd)
    return b.callIntrinsic("llvm.aarch64.neon.usdot.v4i32.v16i8",
                           dot.acc.getType(), {dot.acc, dot.a, dot.b});
  // No mixed signs: a = (a - 128) + 2 * 64.
  Value flipped =
      arith::XOrIOp::create(b, dot.a, b.splat(16, b.getI8Type(), -128));
  Value half = b.splat(16, b.getI8Type(), 64);
  Value acc = callSdot(b, callSdot(b, dot.acc, dot.b, half), dot.b, half);
  return callSdot(b, acc, dot.b, flipped);
}

Value octet::lowerMmlaArm(KernelBuilder &b, Isa isa, const DotOperands &dot) {
  if ((isa != Isa::I8MM && isa != Isa::SVE && isa != Isa::SVE256) ||
      dot.lanes() != 4)
    return nullptr;
  if (cast<VectorType>(dot.acc.getType()).isScalable())
    return b.callIntrinsic(dot.aUnsigned ? "llvm.aarch64.sve.usmmla.nxv4i32"
                                         : "llvm.aarch64.sve.smmla.nxv4i32",
                           dot.acc.getType(), {dot.acc, dot.a, dot.b});
  return b.callIntrinsic(dot.aUnsigned ? "llvm.aarch64.neon.usmmla.v4i32.v16i8"
                                       : "llvm.aarch64.neon.smmla.v4i32.v16i8",
                         dot.acc.getType(), {dot.acc, dot.a, dot.b});
}

/// Four look-ups of 64 entries; an index out of reach keeps what is there.
Value octet::lowerLookupArm(KernelBuilder &b, Value index,
                            ArrayRef<int8_t> table) {
  auto type = cast<VectorType>(index.getType());
  if (type.getNumElements() != 16)
    return nullptr;
  Value result = b.zero(type);
  for (int64_t first = 0; first < 256; first += 64) {
    SmallVector<Value> operands = {result};
    for (int64_t part = first; part < first + 64; part += 16)
      operands.push_back(arith::ConstantOp::create(
          b, DenseElementsAttr::get(type, table.slice(part, 16))));
    operands.push_back(arith::SubIOp::create(
        b, index, b.splat(16, b.getI8Type(), int8_t(first))));
    result = b.callIntrinsic("llvm.aarch64.neon.tbx4.v16i8", type, operands);
  }
  return result;
}
