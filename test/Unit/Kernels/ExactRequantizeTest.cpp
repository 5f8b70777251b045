//===- ExactRequantizeTest.cpp - Requantization by a multiply-add -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Support/ExactRequantize.h"

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

static int countRoundingDifferences(const ChannelRequantization &channel,
                                    const RoundingAdd &form, int zeroPoint) {
  int differences = 0;
  for (int64_t sum = channel.least; sum <= channel.most; ++sum) {
    // As kernels do: the low word, clamped.
    int word = int16_t(form.evaluate(sum, channel.scale));
    word = std::clamp(word, channel.low + zeroPoint, channel.high + zeroPoint);
    differences += word != channel.evaluate(sum) + zeroPoint;
  }
  return differences;
}

/// Where a form that rounds once is found, it is right for every sum; and among
/// neighbouring scales there is one that has it.
TEST(ExactRequantize, roundsOnceWhereTheScaleGrantsIt) {
  std::mt19937 random(2);
  std::uniform_real_distribution<double> part(.5, 1.5);
  int found = 0, tried = 0;
  for (int64_t range : {300, 5000, 60000, 400000, 1500000})
    for (int zeroPoint : {0, 7, 128, -128, -5})
      for (int tight : {0, 55}) {
        int storage = zeroPoint < 0 ? -128 : 0, low = storage - zeroPoint;
        float scale = float(300. / range * part(random));
        std::optional<RoundingAdd> form;
        ChannelRequantization channel;
        for (int step = 0; step < 48 && !form; ++step) {
          channel = {scale, low + tight / 2, low + 255 - tight,
                     -int64_t(range * part(random) / 2), range / 2};
          form = findRoundingAdd(channel, zeroPoint);
          scale = std::nextafter(scale, 1.f);
        }
        ++tried;
        if (!form)
          continue;
        ++found;
        EXPECT_EQ(countRoundingDifferences(channel, *form, zeroPoint), 0)
            << channel.scale << " " << zeroPoint;
      }
  EXPECT_GT(found, tried * 9 / 10);
}

/// Exact halves go to the even result of the contract, which an odd zero point
/// makes odd: then there is no such form.
TEST(ExactRequantize, roundsHalvesOnceToEven) {
  for (float scale : {0.5f, 0.25f, 0.75f, 1.5f})
    for (int zeroPoint : {0, 2, -128, 3, -7}) {
      ChannelRequantization channel = {scale, -128 - zeroPoint, 127 - zeroPoint,
                                       -1000, 1000};
      std::optional<RoundingAdd> form = findRoundingAdd(channel, zeroPoint);
      EXPECT_EQ(form.has_value(), zeroPoint % 2 == 0) << scale << zeroPoint;
      if (form)
        EXPECT_EQ(countRoundingDifferences(channel, *form, zeroPoint), 0);
    }
}

/// Results that are no words.
TEST(ExactRequantize, roundsToWords) {
  EXPECT_TRUE(findRoundingAdd({0.75f, 0, 255, -30000, 30000}, 0));
  EXPECT_FALSE(findRoundingAdd({0.75f, 0, 255, -30000, 44000}, 0));
  EXPECT_FALSE(findRoundingAdd({0.001f, 0, 255, -5000000, 5000000}, 0));
  EXPECT_FALSE(findRoundingAdd({-1.0f, 0, 255, -10, 10}, 0));
}

/// Sums that are no 2^23 apart, and results that are no integers of 32 bits.
TEST(ExactRequantize, refusesWhatDoesNotFit) {
  EXPECT_FALSE(findMultiplyAdd({0.001f, 0, 255, -5000000, 5000000}));
  EXPECT_FALSE(findMultiplyAdd({0.001f, 0, 255, 9000000, 9000100}));
  EXPECT_FALSE(findMultiplyAdd({1000.0f, 0, 255, -10, 10}));
  EXPECT_FALSE(findMultiplyAdd({0.0f, 0, 255, -10, 10}));
  EXPECT_FALSE(findMultiplyAdd({-1.0f, 0, 255, -10, 10}));
}
