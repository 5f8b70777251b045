/*===- vectors.c - Dot products of AVX-VNNI and AVX-VNNI-INT8 ------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Vector registers of interrupted code are in the XSAVE area of its signal
 * frame: the low 16 bytes of each in the legacy region, the next 16 and the
 * upper 32 in regions of their own, whose places CPUID tells. A region whose
 * bit in the header is clear was not saved, because its registers are zero.
 *
 *===----------------------------------------------------------------------===*/

#include "emulator.h"
#include <cpuid.h>
#include <string.h>

enum { STATE_SSE = 1, STATE_AVX = 2, STATE_ZMM = 6 };
enum { LEGACY_XMM = 160, SOFTWARE_BYTES = 464, HEADER = 512 };
enum { NUM_REGISTERS = 16 };

static uint8_t *get_area(ucontext_t *context) {
  const uint32_t kMagic = 0x46505853;
  uint8_t *area = (uint8_t *)context->uc_mcontext.fpregs;
  uint32_t magic;
  memcpy(&magic, area + SOFTWARE_BYTES, 4);
  if (magic != kMagic)
    fault("vector instruction", "the signal frame has no XSAVE area");
  return area;
}

/* Where the state that CPUID describes is in the area, 0 if it is not saved. */
static uint8_t *get_state(uint8_t *area, unsigned state, size_t *bytes) {
  uint64_t saved;
  memcpy(&saved, area + SOFTWARE_BYTES + 8, 8);
  if (!(saved >> state & 1))
    return 0;
  if (state == STATE_SSE) {
    *bytes = 16 * NUM_REGISTERS;
    return area + LEGACY_XMM;
  }
  unsigned size, offset, c, d;
  __cpuid_count(13, state, size, offset, c, d);
  *bytes = size;
  return area + offset;
}

/* As `get_state`, and with the registers' values in memory whatever they are.
 */
static uint8_t *use_state(uint8_t *area, unsigned state, size_t *bytes) {
  uint8_t *place = get_state(area, state, bytes);
  uint64_t present;
  memcpy(&present, area + HEADER, 8);
  if (place && !(present >> state & 1)) {
    memset(place, 0, *bytes);
    present |= 1ull << state;
    memcpy(area + HEADER, &present, 8);
  }
  return place;
}

typedef union vector {
  uint8_t bytes[32];
  int8_t signed_bytes[32];
  int16_t words[16];
  uint32_t lanes[8];
} vector;

static vector read_vector(uint8_t *area, unsigned number) {
  size_t bytes;
  vector value;
  uint8_t *low = use_state(area, STATE_SSE, &bytes);
  uint8_t *high = use_state(area, STATE_AVX, &bytes);
  if (!low || !high)
    fault("vector instruction", "the system does not save YMM registers");
  memcpy(value.bytes, low + 16 * number, 16);
  memcpy(value.bytes + 16, high + 16 * number, 16);
  return value;
}

/* Whatever is above the vector's length becomes zero. */
static void write_vector(uint8_t *area, unsigned number, const vector *value,
                         int is256) {
  size_t bytes;
  memcpy(use_state(area, STATE_SSE, &bytes) + 16 * number, value->bytes, 16);
  uint8_t *high = use_state(area, STATE_AVX, &bytes) + 16 * number;
  if (is256)
    memcpy(high, value->bytes + 16, 16);
  else
    memset(high, 0, 16);
  uint8_t *upper = use_state(area, STATE_ZMM, &bytes);
  if (upper)
    memset(upper + 32 * number, 0, 32);
}

/* What differs among the dot products. */
typedef struct dot {
  int words, a_signed, b_signed, saturates;
} dot;

static int64_t sum_products(const dot *d, const vector *a, const vector *b,
                            int lane) {
  int64_t sum = 0;
  if (d->words) {
    for (int i = 2 * lane; i < 2 * lane + 2; ++i)
      sum += (int64_t)a->words[i] * b->words[i];
    return sum;
  }
  for (int i = 4 * lane; i < 4 * lane + 4; ++i)
    sum += (int64_t)(d->a_signed ? a->signed_bytes[i] : a->bytes[i]) *
           (d->b_signed ? b->signed_bytes[i] : b->bytes[i]);
  return sum;
}

static uint32_t add_to_lane(const dot *d, uint32_t lane, int64_t sum) {
  if (!d->saturates)
    return lane + (uint32_t)sum;
  int is_unsigned = !d->a_signed && !d->b_signed;
  int64_t low = is_unsigned ? 0 : INT32_MIN,
          high = is_unsigned ? (int64_t)UINT32_MAX : INT32_MAX;
  sum += is_unsigned ? (int64_t)lane : (int32_t)lane;
  return (uint32_t)(sum < low ? low : sum > high ? high : sum);
}

/* 50 and 51 multiply bytes, whose signs the prefix tells; 52 and 53 words. */
static int find_dot(const instruction *in, dot *d) {
  if (in->map != 2 || in->wide || in->opcode < 0x50 || in->opcode > 0x53)
    return 0;
  d->words = in->opcode >= 0x52;
  d->saturates = in->opcode & 1;
  d->a_signed = d->words || in->prefix == PREFIX_F3 || in->prefix == PREFIX_F2;
  d->b_signed = d->words || in->prefix == PREFIX_66 || in->prefix == PREFIX_F2;
  return !d->words || in->prefix == PREFIX_66;
}

int run_vector_dot(ucontext_t *context, const instruction *in) {
  dot d;
  if (!find_dot(in, &d))
    return 0;
  uint8_t *area = get_area(context);
  vector sums = read_vector(area, in->reg), a = read_vector(area, in->vvvv), b;
  int lanes = in->is256 ? 8 : 4;
  if (in->is_register)
    b = read_vector(area, in->rm);
  else
    memcpy(b.bytes, (const void *)(uintptr_t)(in->base + in->index),
           4 * (size_t)lanes);
  for (int lane = 0; lane < lanes; ++lane)
    sums.lanes[lane] =
        add_to_lane(&d, sums.lanes[lane], sum_products(&d, &a, &b, lane));
  write_vector(area, in->reg, &sums, in->is256);
  return 1;
}
