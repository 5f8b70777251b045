//===- BandPlan.h - Chains of stages in bands of rows ----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_BANDPLAN_H
#define OCTET_LIB_CODEGEN_BANDPLAN_H

#include "RowStages.h"
#include <vector>

namespace mlir::octet {

/// Stages of which each hands its rows to the next; links[i] is between stages
/// i and i + 1.
struct StageChain {
  SmallVector<RowStage> stages;
  SmallVector<RowLink> links;

  StageChain slice(size_t first, size_t count) const;
};

/// How a chain goes through its rows: `count` bands, each of `rows.back()` rows
/// of the last output. A last band that would be shorter begins earlier.
struct BandPlan {
  int64_t count = 1;
  /// What each stage writes in a band.
  SmallVector<int64_t> rows;
  /// What of each link's buffer the reader needs in a band, borders included.
  SmallVector<int64_t> windows;
  /// How many threads can share the bands: each has its own buffers.
  int64_t strands = 1;
  /// Cycles saved, as the cost model sees it.
  double gain = 0;

  BandPlan(const StageChain &chain, int64_t height);

  /// Rows on either side of the window that a stage writes, or a border fills,
  /// where the window reaches over the image's end.
  static int64_t getSlack(const RowLink &link) {
    return std::max(link.top, link.bottom);
  }
  /// Of a link's buffer that holds a band.
  MemRefType getBufferType(const StageChain &chain, size_t link) const;
};

/// The chains that gain by bands; `height` is that of all bands if it
/// is not 0.
std::vector<std::pair<StageChain, BandPlan>> planBands(Block &block,
                                                       int64_t height);

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_BANDPLAN_H
