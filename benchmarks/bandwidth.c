/*===- bandwidth.c - Reads from each level of memory ---------------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===----------------------------------------------------------------------===*/

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef uint64_t words __attribute__((vector_size(64)));

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

/* Four sums, so that no addition waits for the one before. */
static words read_once(const words *block, int64_t count) {
  words s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  for (int64_t i = 0; i + 4 <= count; i += 4) {
    s0 |= block[i];
    s1 |= block[i + 1];
    s2 |= block[i + 2];
    s3 |= block[i + 3];
  }
  return s0 | s1 | s2 | s3;
}

/* Gigabytes a second, the best of several rounds, or 0 without memory. */
double measure_reads(int64_t bytes) {
  words *block = aligned_alloc(64, bytes / 64 * 64);
  if (!block)
    return 0;
  memset(block, 1, bytes / 64 * 64);
  int64_t turns = (64 << 20) / bytes + 1;
  double best = 0;
  for (int round = 0; round < 6; ++round) {
    double start = now();
    for (int64_t turn = 0; turn < turns; ++turn) {
      words sum = read_once(block, bytes / 64);
      __asm__ volatile("" : : "r"(&sum) : "memory");
    }
    double rate = 1e-9 * turns * bytes / (now() - start);
    best = rate > best ? rate : best;
  }
  free(block);
  return best;
}
