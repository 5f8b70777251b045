//===- Statistics.h - Streaming statistics of a tensor, and scales from them -*-
// C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_QUANTIZE_STATISTICS_H
#define OCTET_QUANTIZE_STATISTICS_H

#include "octet/IR/Octet.h"

#include <array>

namespace mlir::octet {

/// Collects extremes and a histogram from any number of samples in constant
/// memory. The histogram covers [-R, R) with R a power of two; a value beyond
/// doubles R and merges bins in pairs, so nothing must be known in advance.
class StatisticsCollector {
public:
  /// At least a quarter of the bins cover the range that was seen.
  static constexpr int64_t kBins = 8192;
  /// Bins of the histogram that `finish` gives.
  static constexpr int64_t kFinalBins = 2048;

  /// Adds one sample. False if it holds a NaN or an infinity.
  bool add(ArrayRef<float> sample);
  /// Adds one sample to the means of the channels along an axis of its shape.
  void addMeans(ArrayRef<float> sample, ArrayRef<int64_t> shape, int64_t axis);
  /// Adds what another collector saw.
  void merge(const StatisticsCollector &other);
  /// Null if nothing was added.
  StatisticsAttr finish(MLIRContext *context) const;

private:
  void grow();
  std::vector<int64_t> resample() const;

  double reach = 0; ///< R; 0 before the first non-zero value
  std::vector<int64_t> bins = std::vector<int64_t>(kBins);
  double min = 0, max = 0, sum = 0, sampleMin = 0, sampleMax = 0;
  int64_t count = 0, samples = 0;
  std::vector<double> channelSums;
};

/// A range of real values to be represented.
struct RealRange {
  double low, high;
};

/// The range that a scheme draws from statistics: the extremes, the percentile,
/// or the one with the least squared error or Kullback-Leibler divergence
/// (Migacz, 8-bit inference with TensorRT, GTC 2017) among shrunk ranges.
RealRange chooseRange(SchemeAttr scheme, StatisticsAttr statistics);

/// The 8-bit type that represents a range, zero included, exactly as ONNX
/// Runtime computes it: the scale in f64 rounded to f32, a zero point rounded
/// half to even. A range below the smallest normal f32 gets scale 1.
quant::UniformQuantizedType makeActivationType(MLIRContext *context,
                                               RealRange range, bool isSigned,
                                               bool symmetric);

} // namespace mlir::octet

#endif // OCTET_QUANTIZE_STATISTICS_H
