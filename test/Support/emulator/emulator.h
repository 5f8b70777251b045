/*===- emulator.h - x86 instructions that this CPU lacks -----------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Lets tests run AVX-VNNI, AVX-VNNI-INT8 and AMX code bit by bit on an x86-64
 * CPU without them: such an instruction raises SIGILL, and the handler does
 * what the architecture's manual says that it does. Slow, some microseconds
 * each, and strict: what would fault on a CPU that has the instruction ends the
 * program with a message. Linked into a program, or preloaded as a shared
 * library.
 *
 *===----------------------------------------------------------------------===*/

#ifndef OCTET_TEST_EMULATOR_H
#define OCTET_TEST_EMULATOR_H

#include <stdint.h>
#include <ucontext.h>

/*===----------------------------------------------------------------------===*
 * For programs that are linked with it
 *===----------------------------------------------------------------------===*/

/* How many instructions were emulated, in all threads. */
unsigned long long emulator_count(void);
/* Whether the calling thread has its tiles configured. */
int emulator_holds_tiles(void);

/*===----------------------------------------------------------------------===*
 * Inside the emulator
 *===----------------------------------------------------------------------===*/

/* The mandatory prefix of a VEX instruction, as its `pp` field says it. */
enum { PREFIX_NONE, PREFIX_66, PREFIX_F3, PREFIX_F2 };

/* A VEX instruction with a ModRM byte and without an immediate. */
typedef struct instruction {
  unsigned length;
  unsigned map, prefix, wide, is256, opcode;
  unsigned reg, vvvv, rm; /* register numbers, 0 to 15 */
  int is_register;        /* whether `rm` is an operand, or else memory is */
  int has_sib;
  uint64_t base;  /* of the memory operand, displacement included */
  uint64_t index; /* scaled; 0 where there is none */
} instruction;

/* Decodes what `context` is about to run; 0 if that has another form. */
int decode(const ucontext_t *context, instruction *in);

/* Each does an instruction if it is one of its own, or else gives 0. */
int run_vector_dot(ucontext_t *context, const instruction *in);
int run_tile(const instruction *in);

/* Ends the program: `what` would fault, for that reason. */
_Noreturn void fault(const char *what, const char *reason);

#endif /* OCTET_TEST_EMULATOR_H */
