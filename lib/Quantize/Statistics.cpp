//===- Statistics.cpp - Streaming statistics of a tensor, and scales -----===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Quantize/Statistics.h"

#include "octet/IR/AxisIndex.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace mlir::octet;

//===----------------------------------------------------------------------===//
// StatisticsCollector
//===----------------------------------------------------------------------===//

/// Doubles the reach: two bins become one, and the middle stays the middle.
void StatisticsCollector::grow() {
  std::vector<int64_t> merged(kBins);
  for (int64_t i = 0; i < kBins / 2; ++i)
    merged[kBins / 4 + i] = bins[2 * i] + bins[2 * i + 1];
  bins = std::move(merged);
  reach *= 2;
}

bool StatisticsCollector::add(ArrayRef<float> sample) {
  if (sample.empty())
    return true;
  float low = FLT_MAX, high = -FLT_MAX;
  double total = 0;
  for (float x : sample) {
    low = std::min(low, x);
    high = std::max(high, x);
    total += x; // a NaN or an infinity ends here
  }
  if (!std::isfinite(total) || !std::isfinite(low) || !std::isfinite(high))
    return false;
  double extent = std::max(std::abs(low), std::abs(high));
  if (extent > 0 && reach == 0)
    reach = std::exp2(std::ceil(std::log2(extent)) + 1);
  while (extent >= reach && extent > 0)
    grow();
  if (reach == 0) {
    bins[kBins / 2] += sample.size(); // all are zero
  } else {
    float toBin = kBins / 2 / reach;
    for (float x : sample)
      ++bins[std::min<int64_t>(int64_t((x + float(reach)) * toBin), kBins - 1)];
  }
  min = count ? std::min<double>(min, low) : low;
  max = count ? std::max<double>(max, high) : high;
  sampleMin += low;
  sampleMax += high;
  sum += total;
  count += sample.size();
  ++samples;
  return true;
}

void StatisticsCollector::addMeans(ArrayRef<float> sample,
                                   ArrayRef<int64_t> shape, int64_t axis) {
  channelSums.resize(shape[axis]);
  AxisIndex(shape, axis)
      .forEach(sample.size(), [&](int64_t i, int64_t channel) {
        channelSums[channel] += sample[i];
      });
}

void StatisticsCollector::merge(const StatisticsCollector &other) {
  if (!other.count)
    return;
  StatisticsCollector theirs = other;
  if (reach == 0)
    reach = theirs.reach;
  if (theirs.reach == 0)
    theirs.reach = reach;
  while (reach < theirs.reach)
    grow();
  while (theirs.reach < reach)
    theirs.grow();
  for (int64_t i = 0; i < kBins; ++i)
    bins[i] += theirs.bins[i];
  min = count ? std::min(min, theirs.min) : theirs.min;
  max = count ? std::max(max, theirs.max) : theirs.max;
  sampleMin += theirs.sampleMin;
  sampleMax += theirs.sampleMax;
  sum += theirs.sum;
  channelSums.resize(std::max(channelSums.size(), theirs.channelSums.size()));
  for (auto [i, channel] : llvm::enumerate(theirs.channelSums))
    channelSums[i] += channel;
  count += theirs.count;
  samples += theirs.samples;
}

/// Spreads the counts over kFinalBins equal intervals of [min, max].
std::vector<int64_t> StatisticsCollector::resample() const {
  std::vector<int64_t> result(kFinalBins);
  double width = 2 * reach / kBins, step = (max - min) / kFinalBins;
  if (step <= 0) {
    result[0] = count;
    return result;
  }
  for (int64_t i = 0; i < kBins; ++i) {
    if (!bins[i])
      continue;
    double low = std::max(min, -reach + i * width);
    double high = std::min(max, -reach + (i + 1) * width);
    auto clampBin = [](double bin) {
      return std::clamp<int64_t>(int64_t(bin), 0, kFinalBins - 1);
    };
    int64_t first = clampBin((low - min) / step);
    int64_t last = clampBin((high - min) / step - 1e-9);
    int64_t left = bins[i];
    for (int64_t bin = first; bin <= last; ++bin) {
      int64_t part = left / (last - bin + 1);
      result[bin] += part;
      left -= part;
    }
  }
  return result;
}

StatisticsAttr StatisticsCollector::finish(MLIRContext *context) const {
  if (!count)
    return {};
  SmallVector<double> means;
  for (double channel : channelSums)
    means.push_back(channel * channelSums.size() / count);
  return StatisticsAttr::get(context, APFloat(min), APFloat(max),
                             APFloat(sampleMin / samples),
                             APFloat(sampleMax / samples), APFloat(sum), count,
                             DenseI64ArrayAttr::get(context, resample()),
                             DenseF64ArrayAttr::get(context, means));
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

namespace {
/// A histogram with the real value of each bin's middle.
struct Histogram {
  double low, step;
  ArrayRef<int64_t> bins;

  explicit Histogram(StatisticsAttr statistics)
      : low(statistics.getMin().convertToDouble()),
        step((statistics.getMax().convertToDouble() - low) /
             std::max<size_t>(statistics.getHistogram().size(), 1)),
        bins(statistics.getHistogram().asArrayRef()) {}
  double middle(size_t bin) const { return low + (bin + 0.5) * step; }
};
} // namespace

/// Cuts equal shares of all values off both ends.
static RealRange cutPercentile(const Histogram &histogram, RealRange full,
                               double percentile) {
  int64_t total =
      std::accumulate(histogram.bins.begin(), histogram.bins.end(), int64_t(0));
  double tail = total * (1 - percentile) / 2;
  auto cut = [&](bool fromEnd) {
    double seen = 0;
    size_t size = histogram.bins.size();
    for (size_t i = 0; i < size; ++i) {
      size_t bin = fromEnd ? size - 1 - i : i;
      seen += histogram.bins[bin];
      if (seen > tail)
        return fromEnd ? histogram.low + (bin + 1) * histogram.step
                       : histogram.low + bin * histogram.step;
    }
    return fromEnd ? full.high : full.low;
  };
  return {std::max(full.low, cut(false)), std::min(full.high, cut(true))};
}

/// Mean squared error of 8 bits over a range that contains zero.
static double computeSquaredError(const Histogram &histogram, RealRange range) {
  double scale = (range.high - range.low) / 255;
  if (scale <= 0)
    return DBL_MAX;
  double error = 0;
  for (size_t i = 0; i < histogram.bins.size(); ++i) {
    if (!histogram.bins[i])
      continue;
    double x = histogram.middle(i);
    double q = std::nearbyint((x - range.low) / scale);
    double back = range.low + std::clamp(q, 0.0, 255.0) * scale;
    error += histogram.bins[i] * (x - back) * (x - back);
  }
  return error;
}

/// Kullback-Leibler divergence of 256 levels over a range from the clipped
/// distribution.
static double computeDivergence(const Histogram &histogram, RealRange range) {
  constexpr int64_t kLevels = 256;
  double scale = (range.high - range.low) / (kLevels - 1);
  if (scale <= 0)
    return DBL_MAX;
  std::vector<double> clipped(histogram.bins.size());
  std::vector<double> levels(kLevels);
  std::vector<int64_t> members(kLevels), level(histogram.bins.size(), -1);
  double total = 0, inside = 0, low = 0, high = 0;
  int64_t first = -1, last = -1;
  for (size_t i = 0; i < histogram.bins.size(); ++i) {
    double x = histogram.middle(i), n = histogram.bins[i];
    total += n;
    if (x < range.low) {
      low += n;
      continue;
    }
    if (x > range.high) {
      high += n;
      continue;
    }
    first = first < 0 ? i : first;
    last = i;
    inside += n;
    clipped[i] = n;
    level[i] = std::clamp<int64_t>(std::llround((x - range.low) / scale), 0,
                                   kLevels - 1);
    levels[level[i]] += n;
    members[level[i]] += n > 0;
  }
  if (first < 0 || inside == 0)
    return DBL_MAX;
  clipped[first] += low;
  clipped[last] += high;
  double divergence = 0;
  for (int64_t i = first; i <= last; ++i) {
    if (clipped[i] == 0)
      continue;
    double p = clipped[i] / total;
    double q = members[level[i]] ? levels[level[i]] / members[level[i]] / inside
                                 : 1e-12;
    divergence += p * std::log(p / q);
  }
  return divergence;
}

/// The range with the least cost: both ends shrink together, then each alone.
static RealRange search(const Histogram &histogram, RealRange full,
                        double (*cost)(const Histogram &, RealRange)) {
  constexpr int kSteps = 64;
  RealRange best = full;
  double least = cost(histogram, full);
  auto consider = [&](RealRange range) {
    double c = cost(histogram, range);
    if (c < least) {
      least = c;
      best = range;
    }
  };
  auto at = [](double end, int step) {
    return end * (1 - 0.9 * step / kSteps);
  };
  for (int step = 1; step < kSteps; ++step)
    consider({at(full.low, step), at(full.high, step)});
  RealRange both = best;
  for (int step = 0; step < kSteps && full.low < 0; ++step)
    consider({at(full.low, step), both.high});
  both = best;
  for (int step = 0; step < kSteps && full.high > 0; ++step)
    consider({both.low, at(full.high, step)});
  return best;
}

RealRange mlir::octet::chooseRange(SchemeAttr scheme,
                                   StatisticsAttr statistics) {
  Histogram histogram(statistics);
  RealRange full = {std::min(0.0, statistics.getMin().convertToDouble()),
                    std::max(0.0, statistics.getMax().convertToDouble())};
  if (histogram.bins.empty() || full.low == full.high)
    return full;
  switch (scheme.getObserver()) {
  case ObserverKind::MinMax:
    return full;
  case ObserverKind::Percentile: {
    RealRange range =
        cutPercentile(histogram, full, scheme.getPercentilePpm() / 1e6);
    return {std::min(0.0, range.low), std::max(0.0, range.high)};
  }
  case ObserverKind::Entropy:
    return search(histogram, full, computeDivergence);
  case ObserverKind::MSE:
    return search(histogram, full, computeSquaredError);
  }
  return full;
}

quant::UniformQuantizedType
mlir::octet::makeActivationType(MLIRContext *context, RealRange range,
                                bool isSigned, bool symmetric) {
  int64_t qmin = isSigned ? -128 : 0, qmax = isSigned ? 127 : 255;
  double low = std::min(range.low, 0.0), high = std::max(range.high, 0.0);
  int64_t zeroPoint = 0;
  double scale;
  if (symmetric) {
    scale = std::max(-low, high) / 127;
    zeroPoint = isSigned ? 0 : 128;
  } else {
    scale = (high - low) / (qmax - qmin);
  }
  if (float(scale) < FLT_MIN)
    scale = 1, zeroPoint = isSigned ? 0 : (symmetric ? 128 : 0);
  else if (!symmetric)
    zeroPoint =
        std::clamp<int64_t>(std::nearbyint(qmin - low / scale), qmin, qmax);
  unsigned flags = isSigned ? quant::QuantizationFlags::Signed : 0;
  return quant::UniformQuantizedType::get(flags, IntegerType::get(context, 8),
                                          Float32Type::get(context),
                                          float(scale), zeroPoint, qmin, qmax);
}
