//===- BandPlan.cpp - Which chains gain by bands ---------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BandPlan.h"
#include "octet/Codegen/Buffers.h"
#include "octet/Codegen/StepGroups.h"
#include "octet/IR/Kernel/OctetKernel.h"
#include "octet/Support/Caches.h"

using namespace mlir;
using namespace mlir::octet;

StageChain StageChain::slice(size_t first, size_t count) const {
  StageChain part;
  part.stages.append(stages.begin() + first, stages.begin() + first + count);
  part.links.append(links.begin() + first, links.begin() + first + count - 1);
  return part;
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

MemRefType BandPlan::getBufferType(const StageChain &chain, size_t i) const {
  RowLink link = chain.links[i];
  SmallVector<int64_t> shape(link.getType().getShape());
  shape[kRowAxis] = windows[i] + 2 * getSlack(link);
  return MemRefType::get(shape, link.getType().getElementType());
}

BandPlan::BandPlan(const StageChain &chain, int64_t height) {
  size_t numStages = chain.stages.size();
  rows.assign(numStages, height);
  windows.assign(numStages - 1, 0);
  for (size_t i = numStages - 1; i-- > 0;) {
    windows[i] = chain.links[i].reader.getRows(rows[i + 1]);
    rows[i] = std::min(windows[i], chain.stages[i].rows);
  }
  count = llvm::divideCeil(chain.stages.back().rows, height);
}

//===----------------------------------------------------------------------===//
// Cost
//===----------------------------------------------------------------------===//

/// Cycles that a byte takes more, written and read, where L2 does not keep it.
static constexpr double kMemoryCycles = 0.1;

/// Multiply-accumulates in a cycle, also channel by channel; cycles of an
/// element of output; and of entering a stage.
static constexpr double kMacs = 40, kDepthwiseMacs = 12, kElementCycles = 0.2,
                        kStageCycles = 400;

/// So many threads can share a chain; each strand has buffers of its own.
static constexpr int64_t kStrands = 4;

static double estimateCycles(RowStage stage) {
  auto type = cast<MemRefType>(stage.getOut()->get().getType());
  double cycles = type.getNumElements() * kElementCycles;
  if (auto conv = dyn_cast<octet_kernel::ConvOp>(stage.op.getOperation())) {
    double rate = conv.isDepthwise() ? kDepthwiseMacs : kMacs;
    cycles += conv.getMacs() / rate * (conv.isFloat() ? 4 : 1);
  }
  return cycles;
}

static int64_t countRowBytes(Value image) {
  auto type = cast<MemRefType>(image.getType());
  return getBufferBytes(type) / type.getDimSize(kRowAxis);
}

/// Bytes of the links' buffers for one band.
static int64_t countBufferBytes(const StageChain &chain, const BandPlan &plan) {
  int64_t bytes = 0;
  for (size_t i = 0; i < chain.links.size(); ++i)
    bytes += getBufferBytes(plan.getBufferType(chain, i));
  return bytes;
}

/// Bytes that a band touches: the buffers, and rows of what the first stage
/// reads and the last one writes.
static int64_t countBandBytes(const StageChain &chain, const BandPlan &plan) {
  int64_t bytes = countBufferBytes(chain, plan);
  for (const RowAccess &access : chain.stages.front().inputs)
    bytes += access.getRows(plan.rows.front()) *
             countRowBytes(access.operand->get());
  RowStage last = chain.stages.back();
  return bytes + plan.rows.back() * countRowBytes(last.getOut()->get());
}

static double estimateGain(const StageChain &chain, const BandPlan &plan) {
  double gain = -kStageCycles * plan.count * chain.stages.size();
  for (auto [stage, rows] : llvm::zip(chain.stages, plan.rows)) {
    double again = double(rows * plan.count) / stage.rows - 1;
    gain -= again * estimateCycles(stage);
  }
  for (RowLink link : chain.links)
    if (int64_t bytes = getBufferBytes(link.getType());
        bytes > kLargeImageBytes)
      gain += bytes * kMemoryCycles;
  return gain;
}

namespace {
/// What is alive of the model's memory, and how much that ever is.
class Memory {
public:
  explicit Memory(Block &block);
  /// Whether the bands' buffers fit beside what is alive while the chain runs.
  bool hasRoom(const StageChain &chain, int64_t bytes) const;

private:
  BufferLiveness liveness;
  SmallVector<memref::AllocOp> buffers;
  int64_t most = 0;
};
} // namespace

Memory::Memory(Block &block)
    : liveness(block), buffers(block.getOps<memref::AllocOp>()) {
  SmallVector<int64_t> alive(liveness.size(), 0);
  for (memref::AllocOp buffer : buffers) {
    LiveRange range = liveness.get(buffer);
    for (int64_t i = range.first; i <= range.last; ++i)
      most = std::max(most, alive[i] += getBufferBytes(buffer.getType()));
  }
}

bool Memory::hasRoom(const StageChain &chain, int64_t bytes) const {
  int64_t first = liveness.getNumber(chain.stages.front().op),
          last = liveness.getNumber(chain.stages.back().op);
  for (memref::AllocOp buffer : buffers) {
    LiveRange range = liveness.get(buffer);
    bool isReplaced = llvm::any_of(chain.links, [&](const RowLink &link) {
      return link.buffer == buffer;
    });
    if (range.first <= last && range.last >= first && !isReplaced)
      bytes += getBufferBytes(buffer.getType());
  }
  return bytes <= most;
}

/// The best bands of a chain.
static BandPlan choosePlan(const StageChain &chain, int64_t height,
                           const Memory &memory) {
  int64_t rows = chain.stages.back().rows;
  BandPlan best(chain, rows);
  if (height != 0) {
    best = BandPlan(chain, std::min(height, rows));
    best.strands = std::min(best.count, kStrands);
    best.gain = height < rows ? chain.links.size() : 0;
    return best;
  }
  for (int64_t tried = 1; tried <= rows / kStrands; ++tried) {
    BandPlan plan(chain, tried);
    plan.strands = kStrands;
    if (countBandBytes(chain, plan) > kResidentL2Bytes ||
        !memory.hasRoom(chain, kStrands * countBufferBytes(chain, plan)))
      break;
    plan.gain = estimateGain(chain, plan);
    if (plan.gain > best.gain)
      best = plan;
  }
  return best;
}

//===----------------------------------------------------------------------===//
// Chains
//===----------------------------------------------------------------------===//

/// Whether a stage reads a buffer that the last one writes.
static bool isInPlace(StageChain chain) {
  Value written = getRoot(chain.stages.back().getOut()->get());
  llvm::SetVector<Value> reads, writes;
  for (const RowStage &stage : chain.stages)
    getAccessedRoots(stage.op, reads, writes);
  return reads.contains(written);
}

/// The longest chains of neighbours in the block.
static std::vector<StageChain> findChains(Block &block) {
  std::vector<StageChain> chains(1);
  for (Operation &op : block) {
    if (!isComputation(&op) || op.hasAttr(kBorderAttrName))
      continue;
    std::optional<RowStage> stage = getRowStage(&op);
    if (!chains.back().stages.empty()) {
      std::optional<RowLink> link;
      if (stage)
        link = getRowLink(chains.back().stages.back(), *stage);
      if (link)
        chains.back().links.push_back(*link);
      else
        chains.emplace_back();
    }
    if (stage)
      chains.back().stages.push_back(*stage);
  }
  return chains;
}

std::vector<std::pair<StageChain, BandPlan>>
mlir::octet::planBands(Block &block, int64_t height) {
  std::vector<std::pair<StageChain, BandPlan>> plans;
  Memory memory(block);
  for (const StageChain &chain : findChains(block)) {
    // Of the first so many stages: the best gain, and its last part.
    struct Choice {
      double gain = 0;
      std::optional<std::pair<StageChain, BandPlan>> last;
      size_t before = 0;
    };
    std::vector<Choice> best(1);
    for (size_t end = 1; end <= chain.stages.size(); ++end) {
      Choice choice{best.back().gain, std::nullopt, end - 1};
      for (size_t first = 0; first + 1 < end; ++first) {
        StageChain part = chain.slice(first, end - first);
        if (isInPlace(part))
          continue;
        BandPlan plan = choosePlan(part, height, memory);
        double gain = best[first].gain + plan.gain;
        if (plan.gain > 0 && gain > choice.gain)
          choice = {gain, std::pair(part, plan), first};
      }
      best.push_back(std::move(choice));
    }
    for (size_t end = chain.stages.size(); end > 0; end = best[end].before)
      if (best[end].last)
        plans.push_back(*best[end].last);
  }
  return plans;
}
