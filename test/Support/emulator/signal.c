/*===- signal.c - Where instructions that the CPU lacks arrive -----*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===----------------------------------------------------------------------===*/

#define _GNU_SOURCE
#include "../../../runtime/Cpu.h"
#include "emulator.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned long long count;

unsigned long long emulator_count(void) {
  return __atomic_load_n(&count, __ATOMIC_RELAXED);
}

_Noreturn void fault(const char *what, const char *reason) {
  fprintf(stderr, "emulator: %s would fault: %s\n", what, reason);
  abort();
}

static void handle(int signal_number, siginfo_t *info, void *data) {
  ucontext_t *context = data;
  instruction in;
  (void)info;
  if (!decode(context, &in) ||
      (!run_vector_dot(context, &in) && !run_tile(&in))) {
    /* Not ours: runs again, and ends the program. */
    signal(signal_number, SIG_DFL);
    return;
  }
  context->uc_mcontext.gregs[REG_RIP] += in.length;
  __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
}

__attribute__((constructor)) static void start(void) {
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  sigemptyset(&action.sa_mask);
  sigaction(SIGILL, &action, 0);
}

/* Tells compiled models (runtime/Cpu.c) that these may be chosen. */
uint32_t octet_emulated_cpu(void) {
  return OCTET_CPU_AVXVNNI | OCTET_CPU_AVXVNNIINT8 | OCTET_CPU_AMX;
}
