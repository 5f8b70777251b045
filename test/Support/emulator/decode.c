/*===- decode.c - The form of VEX instructions ---------------------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===----------------------------------------------------------------------===*/

#define _GNU_SOURCE
#include "emulator.h"
#include <string.h>

static uint64_t read_register(const ucontext_t *context, unsigned number) {
  static const int places[16] = {
      REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
      REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  return (uint64_t)context->uc_mcontext.gregs[places[number]];
}

/* The extension bits of the prefix, as bit 3 of a register's number. */
typedef struct extensions {
  unsigned r, x, b;
} extensions;

/* Reads the prefix; gives where the opcode is, or null. */
static const uint8_t *decode_vex(const uint8_t *at, instruction *in,
                                 extensions *extend) {
  unsigned last;
  extend->r = at[1] & 0x80 ? 0 : 8;
  if (at[0] == 0xc5) {
    last = at[1];
    in->map = 1;
    extend->x = extend->b = 0;
    at += 2;
  } else if (at[0] == 0xc4) {
    last = at[2];
    in->map = at[1] & 31;
    in->wide = last >> 7;
    extend->x = at[1] & 0x40 ? 0 : 8;
    extend->b = at[1] & 0x20 ? 0 : 8;
    at += 3;
  } else {
    return 0;
  }
  in->vvvv = ~(last >> 3) & 15;
  in->is256 = last >> 2 & 1;
  in->prefix = last & 3;
  return at;
}

static int64_t read_displacement(const uint8_t *at, unsigned bytes) {
  int8_t small;
  int32_t large;
  if (bytes == 0)
    return 0;
  if (bytes == 1)
    return memcpy(&small, at, 1), small;
  return memcpy(&large, at, 4), large;
}

/* The memory operand of a ModRM byte at `at`; gives what follows it. */
static const uint8_t *decode_memory(const ucontext_t *context,
                                    const uint8_t *at, instruction *in,
                                    extensions extend) {
  unsigned mod = *at >> 6, low = *at & 7;
  unsigned bytes = mod == 1 ? 1 : mod == 2 ? 4 : 0;
  ++at;
  if (mod == 0 && low == 5) { /* relative to the next instruction */
    uint64_t next = (uint64_t)(uintptr_t)(at + 4);
    in->base = next + (uint64_t)read_displacement(at, 4);
    return at + 4;
  }
  unsigned base = low | extend.b;
  int has_base = 1;
  if (low == 4) {
    unsigned sib = *at++, index = (sib >> 3 & 7) | extend.x;
    in->has_sib = 1;
    if (index != 4)
      in->index = read_register(context, index) << (sib >> 6);
    base = (sib & 7) | extend.b;
    if (mod == 0 && (sib & 7) == 5) {
      has_base = 0;
      bytes = 4;
    }
  }
  in->base = (has_base ? read_register(context, base) : 0) +
             (uint64_t)read_displacement(at, bytes);
  return at + bytes;
}

int decode(const ucontext_t *context, instruction *in) {
  const uint8_t *start =
      (const uint8_t *)(uintptr_t)context->uc_mcontext.gregs[REG_RIP];
  memset(in, 0, sizeof *in);
  extensions extend;
  const uint8_t *at = decode_vex(start, in, &extend);
  if (!at)
    return 0;
  in->opcode = *at++;
  in->reg = (*at >> 3 & 7) | extend.r;
  in->is_register = *at >> 6 == 3;
  if (in->is_register)
    in->rm = (*at++ & 7) | extend.b;
  else
    at = decode_memory(context, at, in, extend);
  in->length = (unsigned)(at - start);
  return 1;
}
