/*===- main.c - A program that holds the compiled digits model -----*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Reads a digit drawn in text with the int8 model linked in: the archive and
 * the header that octet-compile wrote are all that it needs besides libc.
 *
 *===----------------------------------------------------------------------===*/

#include "digits.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

/* All memory that a call works in; the heap is not used. */
static alignas(DIGITS_ARENA_ALIGNMENT) char arena[DIGITS_ARENA_BYTES];

/* A blank is a dot; ink goes from 1 to g (16). */
static const char *const picture[8] = {
    "..8gef..", "..dbfb..", ".4e1d5..", ".378g43.",
    "..eggd7.", "..5d2...", "..6a....", "..a6....",
};

static float ink(char c) {
  static const char levels[] = ".123456789abcdefg";
  return (float)(strchr(levels, c) - levels);
}

int main(void) {
  const octet_model *model = digits_model();
  float image[64], scores[10];
  for (int i = 0; i < 64; ++i)
    image[i] = ink(picture[i / 8][i % 8]);

  const void *inputs[] = {image};
  void *outputs[] = {scores};
  octet_call call = {0};
  call.size = sizeof call;
  call.inputs = inputs;
  call.outputs = outputs;
  call.arena = arena;
  if (model->run(&call) != OCTET_OK) {
    fputs("the model does not run\n", stderr);
    return 1;
  }

  int best = 0;
  for (int digit = 1; digit < 10; ++digit)
    if (scores[digit] > scores[best])
      best = digit;
  for (int row = 0; row < 8; ++row)
    puts(picture[row]);
  printf("is a %d\n", best);
  return 0;
}
