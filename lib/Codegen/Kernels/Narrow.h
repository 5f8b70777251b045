//===- Narrow.h - From 32-bit results to bytes -----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Most epilogues end in bytes. Four vectors of 32 bits become one of bytes at a
// time, by packs that saturate where that is what the epilogue's clamp says,
// and tables are looked up in bytes.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_KERNELS_NARROW_H
#define OCTET_LIB_CODEGEN_KERNELS_NARROW_H

#include "KernelPlan.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace mlir::octet {

/// Which channel a lane of a tile's vectors holds.
enum class LaneOrder {
  /// Vector by vector.
  Natural,
  /// Of four vectors, in each 128 bits, four channels of each vector in turn:
  /// what interleaving bytes within 128 bits leaves.
  Interleaved
};

/// clamp(real, low, high) in f32, rounded, converted, moved by a zero point.
struct Requantization {
  arith::MaximumFOp max;
  arith::MinimumFOp min;
  arith::FPToSIOp convert;
  arith::AddIOp add;
  Value real;
  double low, high;
  int64_t zeroPoint = 0;
};

/// Matches what gives `value`, an i32.
std::optional<Requantization> matchRequantization(Value value);

/// How an epilogue goes from 32 bits to bytes at its end.
struct Narrowing {
  /// What vectors are computed of, before they are packed.
  Value source;
  /// What packing does: needs no code of its own.
  SmallVector<Operation *> replaced;
  /// Of the bytes, in order.
  SmallVector<octet_kernel::LookupOp> lookups;
  /// What is known of the value that is truncated.
  enum Range { Unsigned, Signed, Any } range = Any;
  /// To add between the packs.
  int64_t zeroPoint = 0;
  /// The conversion that must give the least integer for what is below it.
  arith::FPToSIOp saturating;
  /// Bounds that are narrower than those of the packs.
  std::optional<int64_t> low, high;
  /// Only the low 16 bits of what vectors are computed of count.
  bool areWords = false;
};

/// How `body` ends, where it ends in bytes made of i32.
std::optional<Narrowing> findNarrowing(Block &body, const IsaTraits &traits);

/// Four vectors of i32 as bytes in the order of channels.
Value packBytes(KernelBuilder &b, const IsaTraits &traits,
                ArrayRef<Value> vectors, const Narrowing &narrowing,
                LaneOrder order);
/// The conversion of floats, half to even, that gives the least integer for
/// what is below it.
Value convertSaturating(KernelBuilder &b, Value floats);

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_KERNELS_NARROW_H
