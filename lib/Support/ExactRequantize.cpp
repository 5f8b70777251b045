//===- ExactRequantize.cpp - Requantization by one multiply-add *- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Support/ExactRequantize.h"
#include "llvm/ADT/bit.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

using namespace mlir::octet;

/// 2^23, from which on to 2^24 neighbouring floats are 1 apart, and its bits.
static constexpr int64_t kUnit = int64_t(1) << 23;
static constexpr int64_t kUnitBits = 0x4b000000;
/// A float between them whose low 16 bits are zero.
static constexpr int64_t kMiddle = kUnit + kUnit / 2;

void ChannelRequantization::addProduct(int64_t weight, int64_t low) {
  least += weight * (weight > 0 ? low : low + 255);
  most += weight * (weight > 0 ? low + 255 : low);
}

int32_t ChannelRequantization::evaluate(int32_t sum) const {
  float value = float(sum) * scale;
  value = std::clamp(value, float(low), float(high));
  return int32_t(std::nearbyint(value));
}

/// A sum read as a float, times `scale`, plus `offset`.
static float multiplyAdd(int32_t sum, int32_t start, float scale,
                         float offset) {
  uint32_t bits = uint32_t(sum) + uint32_t(start);
  float shifted;
  std::memcpy(&shifted, &bits, sizeof(shifted));
  return std::fma(shifted, scale, offset);
}

float MultiplyAdd::evaluate(int32_t sum, float scale) const {
  return std::nearbyint(multiplyAdd(sum, start, scale, offset));
}

int64_t RoundingAdd::evaluate(int32_t sum, float scale) const {
  return int64_t(multiplyAdd(sum, start, scale, offset)) - kMiddle;
}

namespace {
/// Where the result of a channel changes, and to what. Whatever grows with the
/// sum is equal to the contract if it is so at either side of each such sum,
/// and at both ends.
class Steps {
public:
  explicit Steps(const ChannelRequantization &channel) : channel(channel) {
    int32_t last = channel.evaluate(channel.most);
    for (int64_t sum = channel.least; channel.evaluate(sum) < last;) {
      sum = findChange(sum);
      changes.push_back(sum);
    }
  }

  /// Whether `evaluate`, of a sum, gives the contract's result once clamped.
  template <typename Function> bool areEqual(const Function &evaluate) const {
    auto agree = [&](int64_t sum) {
      auto value = evaluate(sum);
      using T = decltype(value);
      return std::clamp(value, T(channel.low), T(channel.high)) ==
             T(channel.evaluate(sum));
    };
    if (!agree(channel.least) || !agree(channel.most))
      return false;
    return std::all_of(changes.begin(), changes.end(), [&](int64_t sum) {
      return agree(sum) && agree(sum - 1);
    });
  }

  /// What may be added to the product of sum and scale, exact, so that rounding
  /// it once gives the same result.
  struct Interval {
    double low = -.5, high = .5;
  };
  Interval getShifts() const {
    Interval shifts;
    for (int64_t sum : changes) {
      double border = channel.evaluate(sum) - .5;
      shifts.low = std::max(shifts.low, border - sum * double(channel.scale));
      shifts.high =
          std::min(shifts.high, border - (sum - 1) * double(channel.scale));
    }
    return shifts;
  }

private:
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
  std::vector<int64_t> changes;
};

/// What is added to sums to make them floats from 2^23 on. A shift times the
/// scale is of up to 48 bits; those whose product ends in a number near zero
/// are small numbers times the inverse of the scale's odd part.
class Shifts {
public:
  explicit Shifts(const ChannelRequantization &channel)
      : first(kUnit - channel.least),
        room(kUnit - 1 - (channel.most - channel.least)) {
    odd = std::frexp(channel.scale, &exponent) * 0x1p24f;
    exponent -= 24;
    while (odd % 2 == 0)
      odd /= 2, ++exponent;
    inverse = odd;
    for (int i = 0; i < 5; ++i)
      inverse *= 2 - odd * inverse;
  }

  /// Whether all sums have a place between 2^23 and 2^24.
  static bool fit(const ChannelRequantization &channel) {
    // Far from where f32 becomes an integer of 32 bits.
    constexpr float kMostResult = 1 << 30;
    return channel.scale > 0 && channel.most - channel.least < kUnit &&
           std::abs(channel.least) < kUnit && std::abs(channel.most) < kUnit &&
           channel.scale * kUnit <= kMostResult;
  }

  uint32_t getOdd() const { return odd; }
  /// Of the scale's last bit.
  int getExponent() const { return exponent; }

  /// The least that gives `lost` modulo 2^bits, in units of the scale's last
  /// bit.
  std::optional<int64_t> find(int64_t lost, int bits) const {
    int64_t mask = (int64_t(1) << bits) - 1;
    int64_t congruent = int64_t(uint64_t(lost) * inverse) & mask;
    int64_t shift = first + ((congruent - first) & mask);
    if (shift > first + room)
      return std::nullopt;
    return shift;
  }

  static int32_t getStart(int64_t shift) {
    return int32_t(kUnitBits - kUnit + shift);
  }

private:
  int64_t first, room;
  uint64_t odd, inverse;
  int exponent;
};
} // namespace

/// 0, -1, 1, -2, 2, ...
static int64_t alternate(int64_t i) { return i % 2 ? -(i / 2) - 1 : i / 2; }

std::optional<MultiplyAdd>
mlir::octet::findMultiplyAdd(const ChannelRequantization &channel) {
  if (!Shifts::fit(channel))
    return std::nullopt;
  // The offset is -shift * scale, and loses what does not fit 24 bits: that is
  // to be little.
  constexpr int64_t kTries = 4096;
  Shifts shifts(channel);
  Steps steps(channel);
  int bits = llvm::bit_width(shifts.getOdd() - 1);
  for (int64_t i = 0; i < kTries; ++i) {
    std::optional<int64_t> shift = shifts.find(alternate(i), bits);
    if (!shift)
      continue;
    MultiplyAdd form = {Shifts::getStart(*shift),
                        float(-double(*shift) * channel.scale)};
    if (steps.areEqual(
            [&](int64_t sum) { return form.evaluate(sum, channel.scale); }))
      return form;
  }
  return std::nullopt;
}

std::optional<RoundingAdd>
mlir::octet::findRoundingAdd(const ChannelRequantization &channel,
                             int32_t zeroPoint) {
  constexpr int64_t kTries = 1 << 19, kMostWord = (1 << 15) - 1;
  constexpr int kMostBits = 60;
  double scale = channel.scale;
  auto isWord = [&](int64_t sum) {
    return std::abs(sum * scale + zeroPoint) < kMostWord - 1;
  };
  if (!Shifts::fit(channel) || !isWord(channel.least) || !isWord(channel.most))
    return std::nullopt;
  Steps steps(channel);
  Steps::Interval wanted = steps.getShifts();
  if (wanted.low > wanted.high)
    return std::nullopt;
  // A shift times the scale is to be an integer and a bit more: that integer is
  // taken away again, exactly.
  Shifts shifts(channel);
  int bits = std::max(-shifts.getExponent(), 0);
  if (bits > kMostBits)
    return std::nullopt;
  int64_t low = std::ceil(std::ldexp(wanted.low, bits)),
          high = std::floor(std::ldexp(wanted.high, bits)),
          middle = low + (high - low) / 2;
  for (int64_t i = 0; i < std::min(kTries, 2 * (high - low) + 2); ++i) {
    int64_t lost = middle + alternate(i);
    std::optional<int64_t> shift =
        lost < low || lost > high ? std::nullopt : shifts.find(lost, bits);
    if (!shift)
      continue;
    double offset =
        kMiddle + zeroPoint - (*shift * scale - std::ldexp(lost, -bits));
    RoundingAdd form = {Shifts::getStart(*shift), float(offset)};
    if (form.offset == offset && steps.areEqual([&](int64_t sum) {
          return form.evaluate(sum, channel.scale) - zeroPoint;
        }))
      return form;
  }
  return std::nullopt;
}
