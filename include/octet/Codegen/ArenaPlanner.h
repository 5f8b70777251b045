//===- octet/Codegen/ArenaPlanner.h - Places in one arena ------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Offsets for buffers of known size and lifetime, such that no two that live at
// once overlap. Knows nothing of IR.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_CODEGEN_ARENAPLANNER_H
#define OCTET_CODEGEN_ARENAPLANNER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace mlir::octet {

/// Alive in the steps first..last, both included.
struct ArenaBuffer {
  int64_t bytes;
  int64_t first, last;
  bool livesWith(const ArenaBuffer &other) const {
    return first <= other.last && other.first <= last;
  }
};

struct ArenaPlan {
  /// For each buffer, aligned.
  llvm::SmallVector<int64_t> offsets;
  /// Where the last buffer ends.
  int64_t bytes = 0;
};

/// The bytes of the buffers alive in the step that has most, each rounded up to
/// the alignment: no plan is smaller.
int64_t getLargestLiveSet(llvm::ArrayRef<ArenaBuffer> buffers,
                          int64_t alignment);

/// Places large buffers first, each in the smallest gap that holds it; where
/// that is not the smallest possible, tries other orders.
ArenaPlan planArena(llvm::ArrayRef<ArenaBuffer> buffers, int64_t alignment);

/// Whether no two buffers that live at once overlap.
bool isValidPlan(llvm::ArrayRef<ArenaBuffer> buffers, const ArenaPlan &plan);

} // namespace mlir::octet

#endif // OCTET_CODEGEN_ARENAPLANNER_H
