//===- ArenaPlannerTest.cpp - Places in one arena --------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Buffers that live at once never overlap, and the arena stays close to the
// largest live set, on live ranges of all kinds.
//
//===----------------------------------------------------------------------===//

#include "octet/Codegen/ArenaPlanner.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir::octet;

static constexpr int64_t kAlignment = 64;

/// `count` buffers that live a few steps each.
static llvm::SmallVector<ArenaBuffer> makeRandom(unsigned seed, int count,
                                                 int longest) {
  std::mt19937 random(seed);
  llvm::SmallVector<ArenaBuffer> buffers;
  for (int i = 0; i < count; ++i) {
    int64_t first = random() % count;
    buffers.push_back({1 + int64_t(random() % 100000), first,
                       first + int64_t(random() % longest)});
  }
  return buffers;
}

TEST(ArenaPlanner, randomRangesDoNotOverlap) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    auto buffers = makeRandom(seed, 1 + seed * 3, 1 + seed % 20);
    ArenaPlan plan = planArena(buffers, kAlignment);
    EXPECT_TRUE(isValidPlan(buffers, plan)) << "seed " << seed;
    EXPECT_GE(plan.bytes, getLargestLiveSet(buffers, kAlignment));
    for (int64_t offset : plan.offsets)
      EXPECT_EQ(offset % kAlignment, 0);
  }
}

TEST(ArenaPlanner, chainTakesTwoNeighbours) {
  // Each buffer is written by one step and read by the next.
  llvm::SmallVector<ArenaBuffer> buffers;
  int64_t sizes[] = {4096, 1024, 8192, 512, 512, 16384, 64, 2048};
  for (int64_t i = 0; i < 8; ++i)
    buffers.push_back({sizes[i], i, i + 1});
  ArenaPlan plan = planArena(buffers, kAlignment);
  EXPECT_TRUE(isValidPlan(buffers, plan));
  EXPECT_EQ(plan.bytes, getLargestLiveSet(buffers, kAlignment));
}

TEST(ArenaPlanner, residualNetworkStaysNearTheBound) {
  // Blocks of three steps whose input lives to their end.
  llvm::SmallVector<ArenaBuffer> buffers;
  for (int64_t block = 0; block < 16; ++block) {
    int64_t size = 100000 >> (block / 4), step = 3 * block;
    buffers.push_back({size, step, step + 3});
    buffers.push_back({size / 4, step + 1, step + 2});
    buffers.push_back({size / 4 + 1000, step + 2, step + 3});
  }
  ArenaPlan plan = planArena(buffers, kAlignment);
  EXPECT_TRUE(isValidPlan(buffers, plan));
  EXPECT_LE(plan.bytes, getLargestLiveSet(buffers, kAlignment) * 21 / 20);
}

TEST(ArenaPlanner, overlapIsFound) {
  llvm::SmallVector<ArenaBuffer> buffers = {{100, 0, 2}, {100, 2, 3}};
  EXPECT_FALSE(isValidPlan(buffers, ArenaPlan{{0, 64}, 164}));
  EXPECT_TRUE(isValidPlan(buffers, ArenaPlan{{0, 128}, 228}));
  EXPECT_FALSE(isValidPlan(buffers, ArenaPlan{{0, 128}, 200}));
}

TEST(ArenaPlanner, nothingNeedsNothing) {
  EXPECT_EQ(planArena({}, kAlignment).bytes, 0);
}
