//===- Epilogue.h - From sums to stored vectors ----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Clones a kernel's epilogue region to vectors and stores what it yields.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_KERNELS_EPILOGUE_H
#define OCTET_LIB_CODEGEN_KERNELS_EPILOGUE_H

#include "KernelPlan.h"
#include "Narrow.h"
#include "mlir/IR/IRMapping.h"

namespace mlir::octet {

/// The epilogue of a tile: consecutive vectors of channels, from position
/// `origin`, of which `channels` channels exist.
class Epilogue {
public:
  Epilogue(const KernelPlan &plan, KernelBuilder &b, const Position &origin,
           int64_t channels, int64_t lanes,
           LaneOrder order = LaneOrder::Natural);

  /// What a sum of vector `v` may start from: zero, or the per-channel operands
  /// that the region would add first. Use it for all sums or, with
  /// `startAtZero`, for none.
  Value getStart(int64_t v);
  void startAtZero() { startsAtOperands = false; }
  /// Writes what all pixels share here, rather than where it is first used.
  void preload();
  /// Goes to another pixel; channels stay.
  void moveTo(const Position &origin);
  /// The vectors hold several pixels, of so many channels each, which follow
  /// each other in every buffer.
  void repeatChannels(int64_t count) { period = count; }
  /// From here on, only so many channels exist.
  void limitTo(int64_t count) { channels = count; }

  /// A pixel of the tile, from the origin.
  struct Pixel {
    int64_t row, pixel;
  };
  /// Finishes and stores the sums of some pixels, pixel by pixel.
  void finish(ArrayRef<Pixel> pixels, ArrayRef<Value> sums);

private:
  /// A region argument: its view, where the origin is, and, where it does not
  /// depend on the pixel, its vectors.
  struct Argument {
    const View *view;
    Value origin;
    SmallVector<Value> cached;
  };

  int64_t countVectors() const { return llvm::divideCeil(channels, lanes); }
  Value loadArgument(Argument &argument, int64_t v, int64_t pixelOffset);
  SmallVector<Value> loadVectors(const View &view, Value at);
  SmallVector<Value> interleave(ArrayRef<Value> natural);
  /// A vector of sums: which of its pixel's.
  struct Sum {
    Value value;
    int64_t vector;
    Pixel pixel;
  };
  IRMapping mapArguments(const Sum &sum);
  /// What `result` is for each of some sums, computed op by op.
  SmallVector<Value> cloneBody(ArrayRef<Sum> sums, Value result);
  bool isReplaced(Operation &op) const;
  Value cloneOp(Operation &op, IRMapping &map);
  Value cloneConstant(Operation &op);
  int64_t getValidLanes(int64_t v) const {
    return std::clamp<int64_t>(channels - v * lanes, 0, lanes);
  }
  void finishBytes(ArrayRef<Pixel> pixels, ArrayRef<Value> sums);
  void storeRuns(Value bytes, ArrayRef<Pixel> pixels, int64_t first,
                 int64_t count);
  void storeNatural(ArrayRef<Value> vectors, Value at);
  void storeInterleaved(ArrayRef<Value> vectors, Value at);
  void storePart(Value vector, Value at, int64_t valid);
  int64_t offsetOf(const View &view, Pixel pixel) const {
    return pixel.row * view.strides[1] + pixel.pixel * view.strides[2];
  }

  const KernelPlan &plan;
  KernelBuilder &b;
  int64_t channels, lanes;
  /// After how many lanes the channels of a pixel begin again.
  int64_t period;
  LaneOrder order;
  Block &body;
  Value outOrigin;
  SmallVector<Argument> arguments;
  DenseMap<Operation *, Value> constants;
  /// The additions at the head of the region that sums start with.
  SmallVector<Operation *> headAdds;
  bool startsAtOperands = true;
  std::optional<Narrowing> narrowing;
};

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_KERNELS_EPILOGUE_H
