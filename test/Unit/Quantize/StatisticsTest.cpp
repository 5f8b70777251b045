//===- StatisticsTest.cpp - Streaming statistics and scales ----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Quantize/Statistics.h"

#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <limits>
#include <numeric>
#include <random>

using namespace mlir;
using namespace mlir::octet;

namespace {

struct StatisticsTest : testing::Test {
  StatisticsTest() { context.loadDialect<OctetDialect>(); }

  static int64_t total(StatisticsAttr statistics) {
    ArrayRef<int64_t> bins = statistics.getHistogram().asArrayRef();
    return std::accumulate(bins.begin(), bins.end(), int64_t(0));
  }
  SchemeAttr scheme(ObserverKind kind, int64_t ppm = 999990) {
    return SchemeAttr::get(&context, false, false, true, 8, true, kind, ppm);
  }

  MLIRContext context;
};

TEST_F(StatisticsTest, CountsEveryValueWhileTheRangeGrows) {
  StatisticsCollector collector;
  for (float scale : {1e-6f, 1.0f, 1e-3f, 1e6f, 3.0f})
    EXPECT_TRUE(collector.add({-scale, 0.0f, scale / 2, scale}));
  StatisticsAttr statistics = collector.finish(&context);
  EXPECT_EQ(statistics.getCount(), 20);
  EXPECT_EQ(total(statistics), 20);
  EXPECT_EQ(statistics.getMin().convertToDouble(), -1e6);
  EXPECT_EQ(statistics.getMax().convertToDouble(), 1e6);
  EXPECT_EQ(int64_t(statistics.getHistogram().size()),
            StatisticsCollector::kFinalBins);
}

TEST_F(StatisticsTest, MergingIsAddingInAnyOrder) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(1, 3);
  StatisticsCollector all, left, right;
  for (int i = 0; i < 20; ++i) {
    std::vector<float> sample(100);
    for (float &x : sample)
      x = normal(random) * (i < 10 ? 1 : 100);
    all.add(sample);
    (i < 10 ? left : right).add(sample);
  }
  right.merge(left);
  StatisticsAttr one = all.finish(&context), other = right.finish(&context);
  EXPECT_EQ(one.getHistogram(), other.getHistogram());
  EXPECT_EQ(one.getMin(), other.getMin());
  EXPECT_EQ(one.getMax(), other.getMax());
  EXPECT_EQ(one.getCount(), other.getCount());
}

TEST_F(StatisticsTest, RefusesNaNAndInfinity) {
  StatisticsCollector collector;
  EXPECT_FALSE(collector.add({1.0f, std::numeric_limits<float>::quiet_NaN()}));
  EXPECT_FALSE(collector.add({std::numeric_limits<float>::infinity()}));
  EXPECT_FALSE(collector.finish(&context));
}

TEST_F(StatisticsTest, MeansAreThoseOfChannels) {
  StatisticsCollector collector, other;
  collector.add({1, 3, 10, 30});
  collector.addMeans({1, 3, 10, 30}, {1, 2, 2}, 1);
  other.add({5, 7, 50, 70});
  other.addMeans({5, 7, 50, 70}, {1, 2, 2}, 1);
  collector.merge(other);
  ArrayRef<double> means = collector.finish(&context).getMeans().asArrayRef();
  ASSERT_EQ(means.size(), 2u);
  EXPECT_EQ(means[0], 4);
  EXPECT_EQ(means[1], 40);
}

TEST_F(StatisticsTest, OnlyZerosHaveAnEmptyRange) {
  StatisticsCollector collector;
  EXPECT_TRUE(collector.add({0.0f, 0.0f}));
  StatisticsAttr statistics = collector.finish(&context);
  EXPECT_EQ(total(statistics), 2);
  RealRange range = chooseRange(scheme(ObserverKind::MSE), statistics);
  EXPECT_EQ(range.low, 0);
  EXPECT_EQ(range.high, 0);
}

TEST_F(StatisticsTest, ObserversCutAnOutlier) {
  std::mt19937 random(2);
  std::normal_distribution<float> normal;
  std::vector<float> sample(100000);
  for (float &x : sample)
    x = normal(random);
  sample[7] = 1000;
  StatisticsCollector collector;
  collector.add(sample);
  StatisticsAttr statistics = collector.finish(&context);
  EXPECT_EQ(chooseRange(scheme(ObserverKind::MinMax), statistics).high, 1000);
  // n t^2 / (12 * 255^2) + (1000 - t)^2 is least at t = 886.
  EXPECT_NEAR(chooseRange(scheme(ObserverKind::MSE), statistics).high, 886, 60);
  EXPECT_LT(chooseRange(scheme(ObserverKind::Entropy), statistics).high, 500);
  EXPECT_LT(
      chooseRange(scheme(ObserverKind::Percentile, 999000), statistics).high,
      10);
}

TEST_F(StatisticsTest, ActivationTypesHoldZeroExactly) {
  auto type = makeActivationType(&context, {2.0, 6.0}, false, false);
  EXPECT_EQ(type.getZeroPoint(), 0);
  EXPECT_EQ(type.getScale(), float(6.0 / 255));
  type = makeActivationType(&context, {-6.0, -2.0}, true, false);
  EXPECT_EQ(type.getZeroPoint(), 127);
  type = makeActivationType(&context, {-1.0, 0.5}, false, true);
  EXPECT_EQ(type.getZeroPoint(), 128);
  EXPECT_EQ(type.getScale(), float(1.0 / 127));
  type = makeActivationType(&context, {0.0, 1e-42}, false, false);
  EXPECT_EQ(type.getScale(), 1.0);
}

} // namespace
