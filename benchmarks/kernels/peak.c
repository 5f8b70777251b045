/*===- peak.c - The dot-product peak of an instruction set ---------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Independent dot products in registers, as fast as they go, in time of this
 * thread: what else runs on the machine does not count. PEAK names the
 * instruction, BYTES the vector's length and MACS its products; without them
 * there is no peak. With PEAK_ADD, which names an addition, the instruction
 * does not add to sums itself: the two are timed together.
 *
 *===----------------------------------------------------------------------===*/

#include <stdint.h>
#include <time.h>

#ifdef PEAK
#ifdef PEAK_ADD
#define DOT(sum)                                                               \
  PEAK " %12, %13, %%ymm15\n" PEAK_ADD " %%ymm15, %" sum ", %" sum "\n"
#define CLOBBERED "ymm15"
#else
#define DOT(sum) PEAK " %12, %13, %" sum "\n"
#define CLOBBERED "cc"
#endif
typedef int32_t words __attribute__((vector_size(BYTES)));

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

double measure_peak(void) {
  words s[12] = {{0}}, a = {0}, b = {0};
  double best = 0;
  for (int round = 0; round < 8; ++round) {
    const int turns = 20000;
    double start = now();
    for (int i = 0; i < turns; ++i)
      __asm__ volatile(
          DOT("0") DOT("1") DOT("2") DOT("3") DOT("4") DOT("5") DOT("6")
              DOT("7") DOT("8") DOT("9") DOT("10") DOT("11")
          : "+v"(s[0]), "+v"(s[1]), "+v"(s[2]), "+v"(s[3]), "+v"(s[4]),
            "+v"(s[5]), "+v"(s[6]), "+v"(s[7]), "+v"(s[8]), "+v"(s[9]),
            "+v"(s[10]), "+v"(s[11])
          : "v"(a), "v"(b)
          : CLOBBERED);
    double gops = 2e-9 * 12 * MACS * turns / (now() - start);
    best = gops > best ? gops : best;
  }
  return best;
}
#else
double measure_peak(void) { return 1e9; }
#endif
