/*===- check.c - Known results of the emulated instructions --------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * check           runs each instruction, in several encodings, against plain C
 * check CASE      does what CASE says and must be ended by the emulator
 *
 *===----------------------------------------------------------------------===*/

#include "../../Support/emulator/emulator.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static int failures;

static void expect(int holds, const char *what) {
  if (!holds)
    ++failures, printf("FAIL %s\n", what);
}

static uint32_t next_random(void) {
  static uint32_t seed = 7;
  seed = seed * 1664525u + 1013904223u;
  return seed >> 8;
}

static void fill(void *to, size_t count) {
  for (size_t i = 0; i < count; ++i)
    ((uint8_t *)to)[i] = next_random() % 4
                             ? (uint8_t)next_random()
                             : (uint8_t)(next_random() % 2 ? 255 : 128);
}

/*===----------------------------------------------------------------------===*
 * Vectors
 *===----------------------------------------------------------------------===*/

typedef struct operands {
  uint32_t sums[16];
  uint8_t a[64], b[64];
} operands;

/* Sums in ymm1 and the factors in ymm2 and ymm12, or the last in memory at
   several kinds of address; what is above a result becomes zero. */
#define VECTOR_BODY(name, text)                                                \
  static void name(operands *o) {                                              \
    uint64_t one = 1;                                                          \
    __asm__ volatile("vmovdqu64 (%0), %%zmm1\n\tvmovdqu 64(%0), %%ymm2\n\t"    \
                     "vmovdqu 128(%0), %%ymm12\n\t" text                       \
                     "\n\tvmovdqu64 %%zmm1, (%0)"                              \
                     :                                                         \
                     : "r"(o), "r"(one)                                        \
                     : "memory", "xmm1", "xmm2", "xmm12");                     \
  }
VECTOR_BODY(usd, "%{vex%} vpdpbusd %%ymm12, %%ymm2, %%ymm1")
VECTOR_BODY(usd_short, "%{vex%} vpdpbusd %%xmm12, %%xmm2, %%xmm1")
VECTOR_BODY(usd_memory, "%{vex%} vpdpbusd 120(%0,%1,8), %%ymm2, %%ymm1")
VECTOR_BODY(usds, "%{vex%} vpdpbusds 128(%0), %%ymm2, %%ymm1")
VECTOR_BODY(wssd, "%{vex%} vpdpwssd %%ymm12, %%ymm2, %%ymm1")
VECTOR_BODY(wssds, "%{vex%} vpdpwssds %%ymm12, %%ymm2, %%ymm1")
VECTOR_BODY(ssd, "vpdpbssd %%ymm12, %%ymm2, %%ymm1")
VECTOR_BODY(ssds, "vpdpbssds %%ymm12, %%ymm2, %%ymm1")
VECTOR_BODY(sud, "vpdpbsud %%ymm12, %%ymm2, %%ymm1")
VECTOR_BODY(suds, "vpdpbsuds %%ymm12, %%ymm2, %%ymm1")
VECTOR_BODY(uud, "vpdpbuud 128(%0), %%ymm2, %%ymm1")
VECTOR_BODY(uuds, "vpdpbuuds %%ymm12, %%ymm2, %%ymm1")

typedef struct vector_case {
  const char *name;
  void (*run)(operands *o);
  int lanes, words, a_signed, b_signed, saturates;
} vector_case;

static int64_t multiply(const vector_case *c, const operands *o, int lane) {
  int64_t sum = 0;
  if (c->words) {
    int16_t a[2], b[2];
    memcpy(a, o->a + 4 * lane, 4), memcpy(b, o->b + 4 * lane, 4);
    return (int64_t)a[0] * b[0] + (int64_t)a[1] * b[1];
  }
  for (int i = 4 * lane; i < 4 * lane + 4; ++i) {
    int a = c->a_signed ? (int8_t)o->a[i] : o->a[i];
    int b = c->b_signed ? (int8_t)o->b[i] : o->b[i];
    sum += a * b;
  }
  return sum;
}

static uint32_t expected_lane(const vector_case *c, const operands *o,
                              int lane) {
  if (lane >= c->lanes)
    return 0;
  int64_t sum = multiply(c, o, lane);
  if (!c->saturates)
    return o->sums[lane] + (uint32_t)sum;
  if (!c->a_signed && !c->b_signed) {
    sum += o->sums[lane];
    return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
  }
  sum += (int32_t)o->sums[lane];
  return sum > INT32_MAX   ? (uint32_t)INT32_MAX
         : sum < INT32_MIN ? (uint32_t)INT32_MIN
                           : (uint32_t)sum;
}

static void check_vectors(void) {
  static const vector_case all[] = {
      {"vpdpbusd", usd, 8, 0, 0, 1, 0},
      {"vpdpbusd xmm", usd_short, 4, 0, 0, 1, 0},
      {"vpdpbusd memory", usd_memory, 8, 0, 0, 1, 0},
      {"vpdpbusds", usds, 8, 0, 0, 1, 1},
      {"vpdpwssd", wssd, 8, 1, 1, 1, 0},
      {"vpdpwssds", wssds, 8, 1, 1, 1, 1},
      {"vpdpbssd", ssd, 8, 0, 1, 1, 0},
      {"vpdpbssds", ssds, 8, 0, 1, 1, 1},
      {"vpdpbsud", sud, 8, 0, 1, 0, 0},
      {"vpdpbsuds", suds, 8, 0, 1, 0, 1},
      {"vpdpbuud", uud, 8, 0, 0, 0, 0},
      {"vpdpbuuds", uuds, 8, 0, 0, 0, 1}};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
    for (int round = 0; round < 20; ++round) {
      operands o, before;
      fill(&o, sizeof o);
      for (int lane = 0; lane < 16; lane += 3) /* near where sums saturate */
        o.sums[lane] = round % 2 ? 0x7ffffff0u : 0xfffffff0u;
      before = o;
      all[i].run(&o);
      for (int lane = 0; lane < 16; ++lane)
        expect(o.sums[lane] == expected_lane(&all[i], &before, lane),
               all[i].name);
    }
}

/* Values that the manual's definition gives by hand. */
static void check_by_hand(void) {
  operands o = {{0}, {255, 255, 255, 255}, {128, 128, 128, 128}};
  usd(&o);
  expect((int32_t)o.sums[0] == 4 * 255 * -128, "vpdpbusd by hand");
  o.sums[0] = 0;
  ssd(&o);
  expect((int32_t)o.sums[0] == 4 * -1 * -128, "vpdpbssd by hand");
  o.sums[0] = 0x80000000u;
  usds(&o);
  expect(o.sums[0] == 0x80000000u, "vpdpbusds by hand");
}

/*===----------------------------------------------------------------------===*
 * Tiles
 *===----------------------------------------------------------------------===*/

typedef struct __attribute__((packed)) tile_config {
  uint8_t palette, start_row, reserved0[14];
  uint16_t bytes[8], reserved1[8];
  uint8_t rows[8], reserved2[8];
} tile_config;

static void configure(const tile_config *config) {
  __asm__ volatile("ldtilecfg %0" : : "m"(*config) : "memory");
}
static void release(void) { __asm__ volatile("tilerelease"); }

/* Tile 0: 5 x 7 sums; tile 1: 5 x 12 bytes; tile 2: 3 rows of 7 x 4 bytes. */
static tile_config small_tiles(void) {
  tile_config config = {.palette = 1};
  config.rows[0] = config.rows[1] = 5, config.rows[2] = 3;
  config.bytes[0] = config.bytes[2] = 28, config.bytes[1] = 12;
  return config;
}

enum { PITCH = 96 };
typedef struct tile_data {
  uint8_t a[16 * PITCH], b[16 * PITCH], sums[16 * PITCH];
} tile_data;

#define TILE_BODY(name, load)                                                  \
  static void tile_##name(tile_data *d) {                                      \
    __asm__ volatile(load " (%2,%3,1), %%tmm0\n\t" load " (%0,%3), %%tmm1\n\t" \
                          "tileloadd -8(%1,%4,2), %%tmm2\n\t" #name            \
                          " %%tmm2, %%tmm1, %%tmm0\n\t"                        \
                          "tilestored %%tmm0, (%2,%3)"                         \
                     :                                                         \
                     : "r"(d->a), "r"(d->b + 8), "r"(d->sums),                 \
                       "r"((long)PITCH), "r"((long)PITCH / 2)                  \
                     : "memory");                                              \
  }
TILE_BODY(tdpbusd, "tileloadd")
TILE_BODY(tdpbssd, "tileloaddt1")
TILE_BODY(tdpbsud, "tileloadd")
TILE_BODY(tdpbuud, "tileloaddt1")

static int read_byte(uint8_t byte, int is_signed) {
  return is_signed ? (int8_t)byte : byte;
}

static void compute_tile(tile_data *d, int a_signed, int b_signed) {
  for (int m = 0; m < 5; ++m)
    for (int n = 0; n < 7; ++n) {
      uint32_t sum;
      memcpy(&sum, d->sums + m * PITCH + 4 * n, 4);
      for (int k = 0; k < 12; ++k)
        sum += (uint32_t)(read_byte(d->a[m * PITCH + k], a_signed) *
                          read_byte(d->b[k / 4 * PITCH + 4 * n + k % 4],
                                    b_signed));
      memcpy(d->sums + m * PITCH + 4 * n, &sum, 4);
    }
}

static void check_tile(void (*run)(tile_data *), int a_signed, int b_signed,
                       const char *name) {
  tile_config config = small_tiles();
  configure(&config);
  tile_data d, expected;
  fill(&d, sizeof d);
  expected = d;
  run(&d);
  compute_tile(&expected, a_signed, b_signed);
  expect(!memcmp(&d, &expected, sizeof d), name);
  release();
}

/* What a load does not fill, and what is zeroed, reads as zero. */
static void check_zeros(void) {
  tile_config config = small_tiles(), read;
  config.rows[3] = 16, config.bytes[3] = 64;
  configure(&config);
  __asm__ volatile("sttilecfg %0" : "=m"(read));
  expect(!memcmp(&config, &read, 64), "sttilecfg");
  uint8_t data[16][64];
  memset(data, 1, sizeof data);
  __asm__ volatile("tileloadd (%0,%1), %%tmm3\n\ttilezero %%tmm3\n\t"
                   "tilestored %%tmm3, (%0,%1)"
                   :
                   : "r"(data), "r"(64l)
                   : "memory");
  for (int i = 0; i < 16 * 64; ++i)
    expect(data[i / 64][i % 64] == 0, "tilezero");
  release();
  __asm__ volatile("sttilecfg %0" : "=m"(read));
  for (int i = 0; i < 64; ++i)
    expect(((uint8_t *)&read)[i] == 0, "sttilecfg after tilerelease");
}

/* Tiles belong to a thread. */
static void *look_at_tiles(void *unused) {
  tile_config read;
  __asm__ volatile("sttilecfg %0" : "=m"(read));
  expect(read.palette == 0, "another thread's tiles");
  return unused;
}

static void check_threads(void) {
  tile_config config = small_tiles();
  configure(&config);
  pthread_t thread;
  pthread_create(&thread, 0, look_at_tiles, 0);
  pthread_join(thread, 0);
  release();
}

/*===----------------------------------------------------------------------===*
 * What must not pass
 *===----------------------------------------------------------------------===*/

static void provoke(const char *what) {
  tile_config config = small_tiles();
  tile_data d;
  fill(&d, sizeof d);
  if (!strcmp(what, "palette"))
    config.palette = 2;
  if (!strcmp(what, "rows"))
    config.rows[0] = 17;
  if (!strcmp(what, "bytes"))
    config.bytes[0] = 65;
  if (!strcmp(what, "half"))
    config.rows[5] = 1;
  if (!strcmp(what, "reserved"))
    config.reserved1[0] = 1;
  if (!strcmp(what, "inner"))
    config.bytes[1] = 16;
  if (!strcmp(what, "sum-rows"))
    config.rows[0] = 4;
  if (!strcmp(what, "sum-columns"))
    config.bytes[0] = 32;
  if (!strcmp(what, "part-of-4"))
    config.bytes[1] = 11;
  if (!strcmp(what, "missing"))
    config.rows[2] = 0, config.bytes[2] = 0;
  if (strcmp(what, "unconfigured"))
    configure(&config);
  if (!strcmp(what, "foreign"))
    __asm__ volatile("ud2");
  if (!strcmp(what, "twice"))
    /* tdpbusd %tmm1, %tmm1, %tmm0, which no assembler takes. */
    __asm__ volatile(".byte 0xc4, 0xe2, 0x71, 0x5e, 0xc1");
  tile_tdpbusd(&d);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    provoke(argv[1]);
    return 0;
  }
  check_vectors();
  check_by_hand();
  check_tile(tile_tdpbusd, 0, 1, "tdpbusd");
  check_tile(tile_tdpbssd, 1, 1, "tdpbssd");
  check_tile(tile_tdpbsud, 1, 0, "tdpbsud");
  check_tile(tile_tdpbuud, 0, 0, "tdpbuud");
  check_zeros();
  check_threads();
  printf(failures ? "failed\n" : "all passed, %llu emulated\n",
         emulator_count());
  return failures != 0;
}
