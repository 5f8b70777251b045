/*===- Cpu.h - Features of a CPU ------------------------------------*- C
 * -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===----------------------------------------------------------------------===*/

#ifndef OCTET_RUNTIME_CPU_H
#define OCTET_RUNTIME_CPU_H

#include <stdint.h>

enum {
  OCTET_CPU_AVX2 = 1 << 0, /* and FMA, F16C, BMI, LZCNT, MOVBE: x86-64-v3 */
  OCTET_CPU_AVXVNNI = 1 << 1,
  OCTET_CPU_AVXVNNIINT8 = 1 << 2,
  OCTET_CPU_AVX512 = 1 << 3, /* F, BW, CD, DQ, VL: x86-64-v4 */
  OCTET_CPU_AVX512VNNI = 1 << 4,
  OCTET_CPU_AMX = 1 << 5, /* TILE and INT8 */
  OCTET_CPU_DOTPROD = 1 << 6,
  OCTET_CPU_I8MM = 1 << 7,
  OCTET_CPU_SVE = 1 << 8,   /* and half-precision arithmetic */
  OCTET_CPU_SVE256 = 1 << 9 /* its vectors have 256 bits */
};

#if defined(__x86_64__)
/* The features that something in the process emulates. Only an emulator defines
   it, one that a test preloads (test/Support/emulator); otherwise it is null.
 */
extern uint32_t octet_emulated_cpu(void) __attribute__((weak));
#endif

#endif /* OCTET_RUNTIME_CPU_H */
