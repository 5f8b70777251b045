//===- octet/Support/ExactRequantize.h - By a multiply-add -----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Requantization converts a sum to f32, multiplies, rounds. A sum that starts
// at the bits of 2^23 as a float is, read as a float, 2^23 plus what was added:
// the conversion costs nothing, and one fused multiply-add takes the 2^23 away
// again. Its rounding differs, so it may serve only where every possible sum of
// a channel is proved to give the same integer.
//
// Where the multiply-add leaves a float between 2^23 and 2^24, it has rounded
// to an integer itself, and the low 16 bits of the float are that integer:
// neither a conversion nor a zero point is left to be added. This rounds once
// what the numeric contract rounds twice, to f32 and then to an integer. No sum
// may be so near a half that it matters, which some scales grant and others do
// not.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_SUPPORT_EXACTREQUANTIZE_H
#define OCTET_SUPPORT_EXACTREQUANTIZE_H

#include <cstdint>
#include <optional>

namespace mlir::octet {

/// round(clamp(f32(sum) * scale, low, high)), for the sums of one channel, from
/// `least` to `most`.
struct ChannelRequantization {
  float scale;
  int32_t low, high;
  int64_t least, most;

  /// Widens the range of the sums by a weight times any byte from `low` to
  /// `low` + 255.
  void addProduct(int64_t weight, int64_t low);
  /// As the numeric contract says.
  int32_t evaluate(int32_t sum) const;
};

/// clamp(round(fma(asFloat(sum + start), scale, offset)), low, high) is the
/// same.
struct MultiplyAdd {
  int32_t start;
  float offset;

  /// Before the clamp.
  float evaluate(int32_t sum, float scale) const;
};

/// clamp(low16(fma(asFloat(sum + start), scale, offset)), low + zeroPoint, high
/// + zeroPoint) is the same plus a zero point.
struct RoundingAdd {
  int32_t start;
  float offset;

  /// The integer before the clamp, all bits of it.
  int64_t evaluate(int32_t sum, float scale) const;
};

/// Nothing where no such form was found or could be proved right.
std::optional<MultiplyAdd>
findMultiplyAdd(const ChannelRequantization &channel);
std::optional<RoundingAdd> findRoundingAdd(const ChannelRequantization &channel,
                                           int32_t zeroPoint);

} // namespace mlir::octet

#endif // OCTET_SUPPORT_EXACTREQUANTIZE_H
