/*===- peak.c - The dot-product peak of an instruction set ---------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Independent dot products in registers, as fast as they go. PEAK names the
 * instruction and BYTES the vector's length; without them there is no peak.
 *
 *===----------------------------------------------------------------------===*/

#include <stdint.h>
#include <time.h>

#ifdef PEAK
typedef int32_t words __attribute__((vector_size(BYTES)));

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

double measure_peak(void) {
  words s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0}, s5 = {0}, s6 = {0},
        s7 = {0}, s8 = {0}, s9 = {0}, a = {0}, b = {0};
  double best = 0;
  for (int round = 0; round < 8; ++round) {
    const int turns = 40000;
    double start = now();
    for (int i = 0; i < turns; ++i)
      __asm__ volatile(
          PEAK " %10, %11, %0\n" PEAK " %10, %11, %1\n"
          PEAK " %10, %11, %2\n" PEAK " %10, %11, %3\n"
          PEAK " %10, %11, %4\n" PEAK " %10, %11, %5\n"
          PEAK " %10, %11, %6\n" PEAK " %10, %11, %7\n"
          PEAK " %10, %11, %8\n" PEAK " %10, %11, %9\n"
          : "+v"(s0), "+v"(s1), "+v"(s2), "+v"(s3), "+v"(s4), "+v"(s5),
            "+v"(s6), "+v"(s7), "+v"(s8), "+v"(s9)
          : "v"(a), "v"(b));
    double gops = 2e-9 * 10 * BYTES * turns / (now() - start);
    best = gops > best ? gops : best;
  }
  return best;
}
#else
double measure_peak(void) { return 1e9; }
#endif
