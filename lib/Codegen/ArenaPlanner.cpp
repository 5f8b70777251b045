//===- ArenaPlanner.cpp - Places in one arena ------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Codegen/ArenaPlanner.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <map>
#include <numeric>
#include <random>

using namespace mlir::octet;
using llvm::ArrayRef;
using llvm::SmallVector;

int64_t mlir::octet::getLargestLiveSet(ArrayRef<ArenaBuffer> buffers,
                                       int64_t alignment) {
  std::map<int64_t, int64_t> changes;
  for (const ArenaBuffer &buffer : buffers) {
    int64_t bytes = llvm::alignTo(buffer.bytes, alignment);
    changes[buffer.first] += bytes;
    changes[buffer.last + 1] -= bytes;
  }
  int64_t live = 0, most = 0;
  for (auto [step, change] : changes)
    most = std::max(most, live += change);
  return most;
}

/// The offset of the smallest gap that holds `bytes` between `taken`, which is
/// sorted by begin; the end where none does.
static int64_t findBestGap(ArrayRef<std::pair<int64_t, int64_t>> taken,
                           int64_t bytes) {
  int64_t best = -1, bestGap = INT64_MAX, end = 0;
  for (auto [begin, stop] : taken) {
    int64_t gap = begin - end;
    if (gap >= bytes && gap < bestGap)
      best = end, bestGap = gap;
    end = std::max(end, stop);
  }
  return best < 0 ? end : best;
}

/// Places the buffers in the given order.
static ArenaPlan placeInOrder(ArrayRef<ArenaBuffer> buffers,
                              ArrayRef<unsigned> order, int64_t alignment) {
  ArenaPlan plan;
  plan.offsets.assign(buffers.size(), 0);
  SmallVector<unsigned> placed;
  SmallVector<std::pair<int64_t, int64_t>> taken;
  for (unsigned index : order) {
    taken.clear();
    for (unsigned other : placed)
      if (buffers[other].livesWith(buffers[index]))
        taken.emplace_back(
            plan.offsets[other],
            llvm::alignTo(plan.offsets[other] + buffers[other].bytes,
                          alignment));
    llvm::sort(taken);
    int64_t bytes = llvm::alignTo(buffers[index].bytes, alignment);
    plan.offsets[index] = findBestGap(taken, bytes);
    plan.bytes = std::max(plan.bytes, plan.offsets[index] + bytes);
    placed.push_back(index);
  }
  return plan;
}

/// Larger first; then longer.
static SmallVector<unsigned> orderBySize(ArrayRef<ArenaBuffer> buffers) {
  SmallVector<unsigned> order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](unsigned a, unsigned b) {
    const ArenaBuffer &x = buffers[a], &y = buffers[b];
    return std::make_tuple(-x.bytes, x.first - x.last, a) <
           std::make_tuple(-y.bytes, y.first - y.last, b);
  });
  return order;
}

static SmallVector<unsigned> orderByStart(ArrayRef<ArenaBuffer> buffers) {
  SmallVector<unsigned> order = orderBySize(buffers);
  llvm::sort(order, [&](unsigned a, unsigned b) {
    const ArenaBuffer &x = buffers[a], &y = buffers[b];
    return std::make_tuple(x.first, -x.bytes, a) <
           std::make_tuple(y.first, -y.bytes, b);
  });
  return order;
}

/// Swaps pairs of the order at random and keeps what is no worse. The work is
/// bounded, and the same in every run.
static void improve(ArrayRef<ArenaBuffer> buffers, SmallVector<unsigned> order,
                    int64_t alignment, int64_t bound, ArenaPlan &best) {
  constexpr int64_t kWork = 1 << 24;
  int64_t size = buffers.size();
  int64_t tries =
      std::min<int64_t>(2000, kWork / std::max<int64_t>(size * size, 1));
  // NOLINTNEXTLINE(bugprone-random-generator-seed): the same in every run
  std::mt19937 random(1);
  for (int64_t i = 0; i < tries && best.bytes > bound; ++i) {
    unsigned a = random() % size, b = random() % size;
    std::swap(order[a], order[b]);
    ArenaPlan plan = placeInOrder(buffers, order, alignment);
    if (plan.bytes <= best.bytes)
      best = std::move(plan);
    else
      std::swap(order[a], order[b]);
  }
}

ArenaPlan mlir::octet::planArena(ArrayRef<ArenaBuffer> buffers,
                                 int64_t alignment) {
  int64_t bound = getLargestLiveSet(buffers, alignment);
  SmallVector<unsigned> order = orderBySize(buffers);
  ArenaPlan best = placeInOrder(buffers, order, alignment);
  if (best.bytes > bound) {
    SmallVector<unsigned> other = orderByStart(buffers);
    ArenaPlan plan = placeInOrder(buffers, other, alignment);
    if (plan.bytes < best.bytes)
      best = std::move(plan), order = std::move(other);
  }
  improve(buffers, std::move(order), alignment, bound, best);
  return best;
}

bool mlir::octet::isValidPlan(ArrayRef<ArenaBuffer> buffers,
                              const ArenaPlan &plan) {
  for (size_t i = 0; i < buffers.size(); ++i) {
    int64_t end = plan.offsets[i] + buffers[i].bytes;
    if (plan.offsets[i] < 0 || end > plan.bytes)
      return false;
    for (size_t j = 0; j < i; ++j)
      if (buffers[i].livesWith(buffers[j]) && plan.offsets[j] < end &&
          plan.offsets[i] < plan.offsets[j] + buffers[j].bytes)
        return false;
  }
  return true;
}
