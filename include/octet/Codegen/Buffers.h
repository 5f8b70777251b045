//===- octet/Codegen/Buffers.h - Whole buffers and their uses --*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// After bufferization the model is one block: allocations, views of them, and
// computations. What passes ask of it.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_CODEGEN_BUFFERS_H
#define OCTET_CODEGEN_BUFFERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/DenseMap.h"

namespace mlir::octet {

/// On an argument of the model that is a result of it.
inline constexpr llvm::StringLiteral kResultAttrName = "octet.result";
/// On the argument that is the arena, and what it is aligned to.
inline constexpr llvm::StringLiteral kArenaAttrName = "octet.arena";
inline constexpr int64_t kArenaAlignment = 64;
/// On the module: bytes of the largest set of buffers alive at once.
inline constexpr llvm::StringLiteral kLiveBytesAttrName =
    "octet.largest_live_bytes";

/// The functions that run the model: @main, which must be there and of one
/// block, and @main_quantized if there is one. An error is emitted otherwise.
FailureOr<SmallVector<func::FuncOp>> getEntries(ModuleOp module);
inline constexpr llvm::StringLiteral kQuantizedMainName = "main_quantized";

/// Whether `op` only names a part of a buffer, or a buffer in another shape.
bool isView(Operation *op);
/// Whether `op` is part of the computation of another op: constants, views.
bool isPartOfUser(Operation *op);
/// Whether `op`, directly in the model, computes something.
bool isComputation(Operation *op);

/// Bytes of a buffer of static shape.
int64_t getBufferBytes(MemRefType type);
/// The allocation, argument or global that `buffer` is (a part of).
Value getRoot(Value buffer);
/// Whether `buffer` is (a part of) a global.
bool isConstantBuffer(Value buffer);
/// The buffers, seen through views, that `op` or an op in it reads or writes.
void getAccessedRoots(Operation *op, llvm::SetVector<Value> &reads,
                      llvm::SetVector<Value> &writes);

/// A `linalg.generic` that copies.
void createCopy(OpBuilder &b, Location loc, Value from, Value to);

/// The first and the last computation of a block, by its number, that uses a
/// buffer.
struct LiveRange {
  int64_t first = INT64_MAX, last = -1;
  void add(int64_t step) {
    first = std::min(first, step);
    last = std::max(last, step);
  }
};

/// Numbers the computations of a block, and finds where each root is used.
class BufferLiveness {
public:
  explicit BufferLiveness(Block &block);
  int64_t getNumber(Operation *op) const { return numbers.lookup(op); }
  LiveRange get(Value root) const { return ranges.lookup(root); }
  int64_t size() const { return numbers.size(); }
  /// After `from` was replaced by `to`.
  void merge(Value from, Value to);

private:
  DenseMap<Operation *, int64_t> numbers;
  DenseMap<Value, LiveRange> ranges;
};

} // namespace mlir::octet

#endif // OCTET_CODEGEN_BUFFERS_H
