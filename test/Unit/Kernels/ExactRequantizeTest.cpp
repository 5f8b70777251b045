//===- ExactRequantizeTest.cpp - Requantization by a multiply-add -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../../../lib/Codegen/Kernels/ExactRequantize.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <random>

using namespace mlir::octet;

static int countDifferences(const ChannelRequantization &channel,
                            const MultiplyAdd &form) {
  int differences = 0;
  for (int64_t sum = channel.least; sum <= channel.most; ++sum) {
    float value = form.evaluate(sum, channel.scale);
    value = std::clamp(value, float(channel.low), float(channel.high));
    differences += value != channel.evaluate(sum);
  }
  return differences;
}

/// What is found is right for every sum, and is nearly always found.
TEST(ExactRequantize, isTheSameForAllSums) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> part(.5, 1.5);
  int found = 0, tried = 0;
  for (int64_t range : {300, 20000, 300000, 2000000})
    for (double results : {8., 256., 3000.})
      for (int low : {0, -128, -77}) {
        ChannelRequantization channel = {
            float(results / range * part(random)), low, low + 255,
            -int64_t(range * part(random) / 2), range / 2};
        ++tried;
        if (std::optional<MultiplyAdd> form = findMultiplyAdd(channel)) {
          ++found;
          EXPECT_EQ(countDifferences(channel, *form), 0) << channel.scale;
        }
      }
  EXPECT_GT(found, tried * 9 / 10);
}

/// Halves are exact here, and must go to the even neighbour as they do there.
TEST(ExactRequantize, roundsHalvesToEven) {
  for (float scale : {0.5f, 0.25f, 0.75f, 1.5f}) {
    ChannelRequantization channel = {scale, -128, 127, -1000, 1000};
    std::optional<MultiplyAdd> form = findMultiplyAdd(channel);
    ASSERT_TRUE(form);
    EXPECT_EQ(countDifferences(channel, *form), 0);
  }
}

/// Sums that are no 2^23 apart, and results that are no integers of 32 bits.
TEST(ExactRequantize, refusesWhatDoesNotFit) {
  EXPECT_FALSE(findMultiplyAdd({0.001f, 0, 255, -5000000, 5000000}));
  EXPECT_FALSE(findMultiplyAdd({0.001f, 0, 255, 9000000, 9000100}));
  EXPECT_FALSE(findMultiplyAdd({1000.0f, 0, 255, -10, 10}));
  EXPECT_FALSE(findMultiplyAdd({0.0f, 0, 255, -10, 10}));
  EXPECT_FALSE(findMultiplyAdd({-1.0f, 0, 255, -10, 10}));
}
