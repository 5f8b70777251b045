//===- Dots.cpp - Dot products and tables on x86 ---------------*- C++ -*-===//
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

static bool hasVnni(Isa isa) { return isa >= Isa::AVXVNNI && isa <= Isa::AMX; }

/// AVX2: `vpmaddubsw` adds pairs in 16 bits and saturates, so it serves only
/// weights that prove that it will not. Otherwise even and odd bytes are taken
/// apart and multiplied in 16 bits, with sums in 32.
static Value lowerDotAvx2(KernelBuilder &b, const DotOperands &dot) {
  int64_t lanes = dot.lanes();
  VectorType words = b.vec(2 * lanes, b.getI16Type());
  StringRef madd =
      lanes == 8 ? "llvm.x86.avx2.pmadd.wd" : "llvm.x86.sse2.pmadd.wd";
  auto multiply = [&](Value x, Value y) {
    return b.callIntrinsic(madd, dot.acc.getType(), {x, y});
  };
  if (dot.aUnsigned && dot.safePairs) {
    Value pairs = b.callIntrinsic(lanes == 8 ? "llvm.x86.avx2.pmadd.ub.sw"
                                             : "llvm.x86.ssse3.pmadd.ub.sw.128",
                                  words, {dot.a, dot.b});
    Value ones = b.splat(2 * lanes, b.getI16Type(), 1);
    return arith::AddIOp::create(b, dot.acc, multiply(pairs, ones));
  }
  BytePairs x = dot.split(dot.a, dot.aUnsigned), y = dot.split(dot.b, false);
  Value sum = arith::AddIOp::create(b, dot.acc, multiply(x.even, y.even));
  return arith::AddIOp::create(b, sum, multiply(x.odd, y.odd));
}

Value octet::lowerDotX86(KernelBuilder &b, Isa isa, const DotOperands &dot) {
  int64_t lanes = dot.lanes();
  if (lanes != 4 && lanes != 8 && lanes != 16)
    return nullptr;
  std::string bits = std::to_string(32 * lanes);
  SmallVector<Value> operands = {dot.acc, dot.a, dot.b};
  if (hasVnni(isa) && dot.aUnsigned)
    return b.callIntrinsic("llvm.x86.avx512.vpdpbusd." + bits,
                           dot.acc.getType(), operands);
  if (isa == Isa::AVXVNNIINT8)
    return b.callIntrinsic("llvm.x86.avx2.vpdpbssd." + bits, dot.acc.getType(),
                           operands);
  return isa == Isa::Generic || lanes == 16 ? nullptr : lowerDotAvx2(b, dot);
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

/// Sixteen look-ups by the low half of the index, then a choice among them by
/// each bit of the high half.
Value octet::lowerLookupX86(KernelBuilder &b, Isa isa, Value index,
                            ArrayRef<int8_t> table) {
  if (isa == Isa::Generic)
    return nullptr;
  auto type = cast<VectorType>(index.getType());
  int64_t bytes = type.getNumElements();
  StringRef shuffle = bytes == 64   ? "llvm.x86.avx512.pshuf.b.512"
                      : bytes == 32 ? "llvm.x86.avx2.pshuf.b"
                                    : "llvm.x86.ssse3.pshuf.b.128";
  Value low =
      arith::AndIOp::create(b, index, b.splat(bytes, b.getI8Type(), 0x0f));
  SmallVector<Value> choices;
  for (int64_t row = 0; row < 16; ++row) {
    SmallVector<int8_t> entries;
    for (int64_t block = 0; block < bytes; block += 16)
      llvm::append_range(entries, table.slice(16 * row, 16));
    Value part = arith::ConstantOp::create(
        b, DenseElementsAttr::get(type, ArrayRef<int8_t>(entries)));
    choices.push_back(b.callIntrinsic(shuffle, type, {part, low}));
  }
  Value zero = b.zero(type);
  for (int64_t bit = 16; choices.size() > 1; bit *= 2) {
    Value isSet = arith::CmpIOp::create(
        b, arith::CmpIPredicate::ne,
        arith::AndIOp::create(b, index,
                              b.splat(bytes, b.getI8Type(), int8_t(bit))),
        zero);
    SmallVector<Value> chosen;
    for (size_t i = 0; i < choices.size(); i += 2)
      chosen.push_back(
          arith::SelectOp::create(b, isSet, choices[i + 1], choices[i]));
    choices = chosen;
  }
  return choices.front();
}
