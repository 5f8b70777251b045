//===- ExactRequantize.cpp - Requantization by one multiply-add *- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExactRequantize.h"
#include <algorithm>
#include <cmath>
#include <cstring>

using namespace mlir::octet;

/// 2^23, from which on to 2^24 neighbouring floats are 1 apart, and its bits.
static constexpr int64_t kUnit = int64_t(1) << 23;
static constexpr int64_t kUnitBits = 0x4b000000;

int32_t ChannelRequantization::evaluate(int32_t sum) const {
  float value = float(sum) * scale;
  value = std::clamp(value, float(low), float(high));
  return int32_t(std::nearbyint(value));
}

float MultiplyAdd::evaluate(int32_t sum, float scale) const {
  uint32_t bits = uint32_t(sum) + uint32_t(start);
  float shifted;
  std::memcpy(&shifted, &bits, sizeof(shifted));
  return std::nearbyint(std::fma(shifted, scale, offset));
}

namespace {
/// Compares both forms on all sums. Both grow with the sum, so it suffices to
/// look at either side of each sum where the contract's result changes.
class Prover {
public:
  Prover(const ChannelRequantization &channel, const MultiplyAdd &form)
      : channel(channel), form(form) {}

  bool areEqual() const {
    if (!agreeAt(channel.least) || !agreeAt(channel.most))
      return false;
    int32_t last = channel.evaluate(channel.most);
    for (int64_t sum = channel.least; channel.evaluate(sum) < last;) {
      sum = findChange(sum);
      if (!agreeAt(sum - 1) || !agreeAt(sum))
        return false;
    }
    return true;
  }

private:
  bool agreeAt(int64_t sum) const {
    float value = form.evaluate(sum, channel.scale);
    return std::clamp(value, float(channel.low), float(channel.high)) ==
           channel.evaluate(sum);
  }

  /// The least sum above `sum` whose result is not that of `sum`.
  int64_t findChange(int64_t sum) const {
    int32_t result = channel.evaluate(sum);
    double border = (result + 0.5) / channel.scale;
    int64_t guess =
        std::clamp(std::ceil(border), double(sum + 1), double(channel.most));
    while (guess > sum + 1 && channel.evaluate(guess - 1) > result)
      --guess;
    while (channel.evaluate(guess) <= result)
      ++guess;
    return guess;
  }

  const ChannelRequantization &channel;
  const MultiplyAdd &form;
};
} // namespace

/// The inverse of an odd number modulo 2^32, by Newton's iteration.
static uint32_t invert(uint32_t odd) {
  uint32_t inverse = odd;
  for (int i = 0; i < 4; ++i)
    inverse *= 2 - odd * inverse;
  return inverse;
}

std::optional<MultiplyAdd>
mlir::octet::findMultiplyAdd(const ChannelRequantization &channel) {
  // Far from where f32 becomes an integer of 32 bits.
  constexpr float kMostResult = 1 << 30;
  int64_t room = kUnit - 1 - (channel.most - channel.least);
  if (!(channel.scale > 0) || room < 0 || std::abs(channel.least) >= kUnit ||
      std::abs(channel.most) >= kUnit || channel.scale * kUnit > kMostResult)
    return std::nullopt;
  // A float is sum + shift, with shift from here to `room` further. The offset
  // is -shift * scale, of up to 48 bits, and loses what does not fit 24. Of the
  // shifts, take those whose product ends in almost only zeros: those that are
  // a small number times the inverse of the scale's odd part.
  constexpr int64_t kTries = 4096;
  int64_t first = kUnit - channel.least;
  int exponent;
  uint32_t odd = std::frexp(channel.scale, &exponent) * 0x1p24f;
  while (odd % 2 == 0)
    odd /= 2;
  int64_t modulus = 1;
  while (modulus < odd)
    modulus *= 2;
  for (int64_t i = 0; i < kTries; ++i) {
    int64_t lost = i % 2 ? -(i / 2) - 1 : i / 2;
    int64_t congruent = uint32_t(lost) * invert(odd) & (modulus - 1);
    int64_t shift = first + ((congruent - first) & (modulus - 1));
    if (shift > first + room)
      continue;
    MultiplyAdd form = {int32_t(kUnitBits - kUnit + shift),
                        float(-double(shift) * channel.scale)};
    if (Prover(channel, form).areEqual())
      return form;
  }
  return std::nullopt;
}
