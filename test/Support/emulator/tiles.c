/*===- tiles.c - The tile registers and products of AMX ------------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Palette 1: eight tiles of up to 16 rows of up to 64 bytes, each as large as
 * the configuration says. A start row other than 0, which only interrupted
 * loads leave, is refused.
 *
 *===----------------------------------------------------------------------===*/

#include "emulator.h"
#include <string.h>

enum { NUM_TILES = 8, MAX_ROWS = 16, MAX_BYTES = 64 };
enum { CONFIG_BYTES = 64, CONFIG_COLUMNS = 16, CONFIG_ROWS = 48 };

typedef struct tile {
  unsigned rows, bytes; /* as configured */
  uint8_t data[MAX_ROWS][MAX_BYTES];
} tile;

static __thread struct {
  int is_configured;
  uint8_t config[CONFIG_BYTES];
  tile tiles[NUM_TILES];
} state;

int emulator_holds_tiles(void) { return state.is_configured; }

/*===----------------------------------------------------------------------===*
 * Configuration
 *===----------------------------------------------------------------------===*/

static void release_tiles(void) { memset(&state, 0, sizeof state); }

static void check_reserved(const uint8_t *config, int from, int to) {
  for (int i = from; i < to; ++i)
    if (config[i])
      fault("ldtilecfg", "a reserved byte is not zero");
}

static void configure_tile(tile *t, const uint8_t *config, int number) {
  t->rows = config[CONFIG_ROWS + number];
  t->bytes = config[CONFIG_COLUMNS + 2 * number] |
             (unsigned)config[CONFIG_COLUMNS + 2 * number + 1] << 8;
  if (t->rows > MAX_ROWS)
    fault("ldtilecfg", "a tile has more than 16 rows");
  if (t->bytes > MAX_BYTES)
    fault("ldtilecfg", "a tile has more than 64 bytes in a row");
  if (!t->rows != !t->bytes)
    fault("ldtilecfg", "a tile has rows or columns, but not both");
}

static void load_config(const uint8_t *config) {
  release_tiles();
  if (config[0] == 0)
    return;
  if (config[0] != 1)
    fault("ldtilecfg", "there is no such palette");
  if (config[1])
    fault("ldtilecfg", "a start row is not emulated");
  check_reserved(config, 2, CONFIG_COLUMNS);
  check_reserved(config, CONFIG_COLUMNS + 2 * NUM_TILES, CONFIG_ROWS);
  check_reserved(config, CONFIG_ROWS + NUM_TILES, CONFIG_BYTES);
  for (int i = 0; i < NUM_TILES; ++i)
    configure_tile(&state.tiles[i], config, i);
  memcpy(state.config, config, CONFIG_BYTES);
  state.is_configured = 1;
}

static tile *get_tile(unsigned number, const char *what) {
  if (!state.is_configured)
    fault(what, "tiles are not configured");
  if (number >= NUM_TILES)
    fault(what, "there is no such tile");
  if (state.tiles[number].rows == 0)
    fault(what, "the tile is not configured");
  return &state.tiles[number];
}

/*===----------------------------------------------------------------------===*
 * Memory
 *===----------------------------------------------------------------------===*/

static void load_tile(const instruction *in) {
  tile *t = get_tile(in->reg, "tileloadd");
  memset(t->data, 0, sizeof t->data);
  for (unsigned row = 0; row < t->rows; ++row)
    memcpy(t->data[row], (const void *)(uintptr_t)(in->base + row * in->index),
           t->bytes);
}

static void store_tile(const instruction *in) {
  const tile *t = get_tile(in->reg, "tilestored");
  for (unsigned row = 0; row < t->rows; ++row)
    memcpy((void *)(uintptr_t)(in->base + row * in->index), t->data[row],
           t->bytes);
}

/* The instructions of opcode 4b. */
static int run_transfer(const instruction *in) {
  if (in->is_register)
    return 0;
  if (!in->has_sib || in->vvvv || in->is256)
    fault("tileloadd or tilestored", "its form is not valid");
  if (in->prefix == PREFIX_F3)
    store_tile(in);
  else if (in->prefix == PREFIX_F2 || in->prefix == PREFIX_66)
    load_tile(in);
  else
    return 0;
  return 1;
}

/* The instructions of opcode 49. */
static int run_setup(const instruction *in) {
  if (in->vvvv || in->is256)
    return 0;
  void *memory = (void *)(uintptr_t)(in->base + in->index);
  if (in->is_register && in->prefix == PREFIX_F2 && in->rm == 0) {
    tile *t = get_tile(in->reg, "tilezero");
    memset(t->data, 0, sizeof t->data);
    return 1;
  }
  if (in->reg != 0 || (in->is_register && in->rm != 0))
    return 0;
  if (in->prefix == PREFIX_NONE && in->is_register)
    release_tiles();
  else if (in->prefix == PREFIX_NONE)
    load_config(memory);
  else if (in->prefix == PREFIX_66 && !in->is_register)
    memcpy(memory, state.config, CONFIG_BYTES);
  else
    return 0;
  return 1;
}

/*===----------------------------------------------------------------------===*
 * Products
 *===----------------------------------------------------------------------===*/

static void check_shapes(const tile *sums, const tile *a, const tile *b,
                         const char *what) {
  if (sums == a || sums == b || a == b)
    fault(what, "a tile is two of the operands");
  if (sums->bytes % 4 || a->bytes % 4 || b->bytes % 4)
    fault(what, "a tile's row is not a multiple of 4 bytes");
  if (sums->rows != a->rows)
    fault(what, "the rows of the sums are not those of the first factor");
  if (sums->bytes != b->bytes)
    fault(what, "the columns of the sums are not those of the second factor");
  if (a->bytes / 4 != b->rows)
    fault(what, "the factors' inner extents differ");
}

static uint32_t add_bytes(uint32_t sum, const uint8_t *a, const uint8_t *b,
                          int a_signed, int b_signed) {
  for (int i = 0; i < 4; ++i)
    sum += (uint32_t)((a_signed ? (int8_t)a[i] : a[i]) *
                      (b_signed ? (int8_t)b[i] : b[i]));
  return sum;
}

/* The instructions of opcode 5e: the prefix tells whose bytes are signed. */
static int run_product(const instruction *in) {
  static const char *const names[] = {"tdpbuud", "tdpbusd", "tdpbsud",
                                      "tdpbssd"};
  if (!in->is_register || in->is256)
    return 0;
  const char *what = names[in->prefix];
  tile *sums = get_tile(in->reg, what), *a = get_tile(in->rm, what),
       *b = get_tile(in->vvvv, what);
  check_shapes(sums, a, b, what);
  int a_signed = in->prefix == PREFIX_F3 || in->prefix == PREFIX_F2;
  int b_signed = in->prefix == PREFIX_66 || in->prefix == PREFIX_F2;
  for (unsigned m = 0; m < sums->rows; ++m)
    for (unsigned k = 0; k < b->rows; ++k)
      for (unsigned n = 0; n < sums->bytes; n += 4) {
        uint32_t sum;
        memcpy(&sum, &sums->data[m][n], 4);
        sum = add_bytes(sum, &a->data[m][4 * k], &b->data[k][n], a_signed,
                        b_signed);
        memcpy(&sums->data[m][n], &sum, 4);
      }
  return 1;
}

int run_tile(const instruction *in) {
  if (in->map != 2 || in->wide)
    return 0;
  switch (in->opcode) {
  case 0x49:
    return run_setup(in);
  case 0x4b:
    return run_transfer(in);
  case 0x5e:
    return run_product(in);
  default:
    return 0;
  }
}
