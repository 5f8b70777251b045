/*===- harness.c - Checks and times generated kernels --------------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Linked with the kernels and the table of cases that kernels.py writes.
 * Without an argument, compares each kernel, bit by bit, with the plain loops
 * below; `time` prints how fast each is, beside the machine's dot-product peak.
 *
 *===----------------------------------------------------------------------===*/

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SLACK = 64, GUARD = 64 };

/* A convolution; `in_` and `out_` are the extents of the buffers. */
typedef struct {
  const char *name;
  void (*kernel)(int64_t, int64_t, void *, const int32_t *, const float *,
                 const void *, void *);
  const void *weights;
  const int32_t *bias;
  const float *scale;
  int64_t units;
  int is_float, input_unsigned, output_unsigned, zero_point, residual, lookup;
  int n, h, w, c, oc, oh, ow, kh, kw, sh, sw, dh, dw, groups;
} test_case;

extern const test_case cases[];
extern const int num_cases;
extern const uint8_t lookup_table[256];
double measure_peak(void);

/* Of test/Support/emulator, where it is linked. */
extern unsigned long long emulator_count(void) __attribute__((weak));
extern int emulator_holds_tiles(void) __attribute__((weak));

static uint32_t state = 1;
static uint32_t next_random(void) {
  state = state * 1664525u + 1013904223u;
  return state >> 8;
}

typedef struct {
  void *in, *residual, *out, *expected;
  size_t in_count, out_count, element;
} buffers;

static void *allocate(size_t bytes) {
  void *memory = NULL;
  if (posix_memalign(&memory, 64, bytes + SLACK + GUARD))
    exit(2);
  memset(memory, 0x5a, bytes + SLACK + GUARD);
  return memory;
}

/* Bytes with many extremes: products that would saturate 16-bit pairs. */
static void fill_bytes(uint8_t *to, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    uint32_t r = next_random();
    to[i] = r % 4 == 0 ? (r & 16 ? 255 : 128) : r >> 3;
  }
}

static void fill_floats(float *to, size_t count) {
  for (size_t i = 0; i < count; ++i)
    to[i] = (int)(next_random() % 2001 - 1000) / 1000.0f;
}

static buffers make_buffers(const test_case *t) {
  buffers b;
  b.element = t->is_float ? 4 : 1;
  b.in_count = (size_t)t->n * t->h * t->w * t->c;
  b.out_count = (size_t)t->n * t->oh * t->ow * t->oc;
  b.in = allocate(b.in_count * b.element);
  b.residual = allocate(b.out_count * b.element);
  b.out = allocate(b.out_count * b.element);
  b.expected = allocate(b.out_count * b.element);
  if (t->is_float) {
    fill_floats(b.in, b.in_count);
    fill_floats(b.residual, b.out_count);
  } else {
    fill_bytes(b.in, b.in_count);
    fill_bytes(b.residual, b.out_count);
  }
  return b;
}

static void free_buffers(buffers *b) {
  free(b->in), free(b->residual), free(b->out), free(b->expected);
}

/*===----------------------------------------------------------------------===*
 * Reference
 *===----------------------------------------------------------------------===*/

static int read_byte(const void *from, size_t at, int is_unsigned) {
  return is_unsigned ? ((const uint8_t *)from)[at] : ((const int8_t *)from)[at];
}

/* Index of the input element that tap (kh, kw, c) of output (n, y, x) meets. */
static size_t input_index(const test_case *t, int n, int y, int x, int kh,
                          int kw, int c) {
  size_t row = (size_t)n * t->h + y * t->sh + kh * t->dh;
  return (row * t->w + x * t->sw + kw * t->dw) * t->c + c;
}

static int32_t sum_bytes(const test_case *t, const buffers *b, int n, int y,
                         int x, int oc) {
  int per_group = t->c / t->groups, group = oc / (t->oc / t->groups);
  const int8_t *w =
      (const int8_t *)t->weights + (size_t)oc * t->kh * t->kw * per_group;
  uint32_t sum = 0;
  for (int kh = 0; kh < t->kh; ++kh)
    for (int kw = 0; kw < t->kw; ++kw)
      for (int c = 0; c < per_group; ++c)
        sum += read_byte(b->in,
                         input_index(t, n, y, x, kh, kw, group * per_group + c),
                         t->input_unsigned) *
               *w++;
  return (int32_t)sum;
}

static double sum_floats(const test_case *t, const buffers *b, int n, int y,
                         int x, int oc) {
  int per_group = t->c / t->groups, group = oc / (t->oc / t->groups);
  const float *w =
      (const float *)t->weights + (size_t)oc * t->kh * t->kw * per_group;
  double sum = 0;
  for (int kh = 0; kh < t->kh; ++kh)
    for (int kw = 0; kw < t->kw; ++kw)
      for (int c = 0; c < per_group; ++c)
        sum += (double)((const float *)b->in)[input_index(
                   t, n, y, x, kh, kw, group * per_group + c)] *
               *w++;
  return sum;
}

/* Bias, multiplier, residual, clamp, round half to even, zero point, table. */
static uint8_t requantize(const test_case *t, const buffers *b, size_t at,
                          int oc, int32_t sum) {
  float value = (float)(int32_t)((uint32_t)sum + (uint32_t)t->bias[oc]);
  value *= t->scale[oc];
  if (t->residual)
    value += (float)(read_byte(b->residual, at, t->output_unsigned) - 3) * 0.5f;
  float low = (float)((t->output_unsigned ? 0 : -128) - t->zero_point);
  value = value < low ? low : value > low + 255 ? low + 255 : value;
  uint8_t result = (uint8_t)((int32_t)nearbyintf(value) + t->zero_point);
  return t->lookup ? lookup_table[result] : result;
}

static void compute_expected(const test_case *t, buffers *b) {
  size_t at = 0;
  for (int n = 0; n < t->n; ++n)
    for (int y = 0; y < t->oh; ++y)
      for (int x = 0; x < t->ow; ++x)
        for (int oc = 0; oc < t->oc; ++oc, ++at)
          if (t->is_float)
            ((float *)b->expected)[at] =
                (float)(sum_floats(t, b, n, y, x, oc) + t->scale[oc]);
          else
            ((uint8_t *)b->expected)[at] =
                requantize(t, b, at, oc, sum_bytes(t, b, n, y, x, oc));
}

/*===----------------------------------------------------------------------===*
 * Check
 *===----------------------------------------------------------------------===*/

static void run(const test_case *t, buffers *b, int64_t lo, int64_t hi) {
  t->kernel(lo, hi, b->in, t->bias, t->scale, b->residual, b->out);
}

static size_t count_wrong(const test_case *t, const buffers *b) {
  size_t wrong = 0, bytes = b->out_count * b->element;
  for (size_t i = 0; i < b->out_count; ++i)
    if (t->is_float)
      wrong +=
          !(fabsf(((float *)b->out)[i] - ((float *)b->expected)[i]) <= 1e-4f);
    else
      wrong += ((uint8_t *)b->out)[i] != ((uint8_t *)b->expected)[i];
  for (size_t i = bytes; i < bytes + SLACK + GUARD; ++i)
    wrong += ((uint8_t *)b->out)[i] != 0x5a; /* written past the end */
  return wrong;
}

static int check(const test_case *t) {
  buffers b = make_buffers(t);
  compute_expected(t, &b);
  run(t, &b, 0, t->units);
  size_t wrong = count_wrong(t, &b);
  /* Any split of the units, in any order, gives the same. */
  memset(b.out, 0x5a, b.out_count * b.element);
  int64_t part = t->units / 3 + 1;
  for (int64_t lo = (t->units - 1) / part * part; lo >= 0; lo -= part)
    run(t, &b, lo, lo + part < t->units ? lo + part : t->units);
  wrong += count_wrong(t, &b);
  if (wrong)
    printf("FAIL %s: %zu of %zu elements\n", t->name, wrong, b.out_count);
  free_buffers(&b);
  if (emulator_holds_tiles && emulator_holds_tiles())
    printf("FAIL %s: keeps its tiles\n", t->name), ++wrong;
  return wrong != 0;
}

/*===----------------------------------------------------------------------===*
 * Time
 *===----------------------------------------------------------------------===*/

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static double best_seconds(const test_case *t, buffers *b) {
  double best = 1e9, begin = now();
  run(t, b, 0, t->units);
  /* Short rounds, and many: some will not be interrupted. */
  while (now() - begin < 0.5) {
    int repeat = 0;
    double start = now(), seconds;
    do {
      run(t, b, 0, t->units);
      ++repeat;
      seconds = now() - start;
    } while (seconds < 0.0002);
    if (seconds / repeat < best)
      best = seconds / repeat;
  }
  return best;
}

static void time_case(const test_case *t) {
  buffers b = make_buffers(t);
  double peak = measure_peak();
  double macs = (double)b.out_count * t->kh * t->kw * t->c / t->groups;
  double gops = 2e-9 * macs / best_seconds(t, &b);
  double peak_after = measure_peak();
  if (peak_after > peak)
    peak = peak_after;
  if (t->is_float)
    peak /= 4;
  printf("%-34s %8.1f GOPS %6.1f %% of %.0f\n", t->name, gops,
         100 * gops / peak, peak);
  fflush(stdout);
  free_buffers(&b);
}

int main(int argc, char **argv) {
  int failed = 0, timing = argc > 1 && !strcmp(argv[1], "time");
  for (int i = 0; i < num_cases; ++i)
    if (timing)
      time_case(&cases[i]);
    else
      failed += check(&cases[i]);
  if (!timing)
    printf("%d of %d cases passed", num_cases - failed, num_cases);
  if (!timing && emulator_count)
    printf(", %llu instructions emulated", emulator_count());
  if (!timing)
    putchar('\n');
  return failed != 0;
}
