/*===- two-steps.c - A model written by hand -----------------------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What the compiler would emit for: y = x + bias, top = index of the largest in
 * each row of y. The batch is 2. Linked with runtime/ it tests all that needs a
 * compiled model, without the compiler.
 *
 *===----------------------------------------------------------------------===*/

#include "Runtime.h"

enum { ROWS = 2, COLUMNS = 4, SIZE = ROWS * COLUMNS };

/* args: x, bias, sums. */
static void add(int64_t lo, int64_t hi, void *const *args) {
  const float *x = args[0], *bias = args[1];
  float *sums = args[2];
  for (int64_t i = lo; i < hi; ++i)
    sums[i] = x[i] + bias[i % COLUMNS];
}

/* args: sums, y, top. */
static void top(int64_t lo, int64_t hi, void *const *args) {
  const float *sums = args[0];
  float *y = args[1];
  int64_t *best = args[2];
  for (int64_t row = lo; row < hi; ++row) {
    best[row] = 0;
    for (int64_t i = 0; i < COLUMNS; ++i) {
      y[row * COLUMNS + i] = sums[row * COLUMNS + i];
      if (sums[row * COLUMNS + i] > sums[row * COLUMNS + best[row]])
        best[row] = i;
    }
  }
}

static void run_steps(octet_rt_context *context, const float *x,
                      const float *bias, float *y, int64_t *best, float *sums) {
  void *add_args[] = {(void *)x, (void *)bias, sums};
  octet_rt_launch(context, 0, SIZE, add_args);
  void *top_args[] = {sums, y, best};
  octet_rt_launch(context, 1, ROWS, top_args);
}

static void run_float(octet_rt_context *context, const void *const *inputs,
                      void *const *outputs, void *arena) {
  run_steps(context, inputs[0], inputs[1], outputs[0], outputs[1], arena);
}

static void run_uint8(octet_rt_context *context, const void *const *inputs,
                      void *const *outputs, void *arena) {
  float *x = (float *)arena + SIZE, *y = x + SIZE;
  for (int i = 0; i < SIZE; ++i)
    x[i] = ((int)((const uint8_t *)inputs[0])[i] - 10) * 0.5f;
  run_steps(context, x, inputs[1], y, outputs[1], arena);
  for (int i = 0; i < SIZE; ++i)
    ((int8_t *)outputs[0])[i] = (int8_t)(int)(y[i] * 4 - 1);
}

static const int64_t matrix[] = {ROWS, COLUMNS}, row[] = {COLUMNS},
                     column[] = {ROWS};
static const octet_tensor inputs[] = {
    {"x", OCTET_TYPE_F32, 2, matrix, 32, OCTET_TYPE_U8, 10, 0.5f, 8},
    {"bias", OCTET_TYPE_F32, 1, row, 16, OCTET_TYPE_NONE, 0, 0, 0}};
static const octet_tensor outputs[] = {
    {"y", OCTET_TYPE_F32, 2, matrix, 32, OCTET_TYPE_I8, -1, 0.25f, 8},
    {"top", OCTET_TYPE_I64, 1, column, 16, OCTET_TYPE_NONE, 0, 0, 0}};
/* No work is named, so that every step is split over the threads. */
static const octet_node nodes[] = {{"sum+\"bias\"", "Add", "float", 0, 0},
                                   {"argmax", "ArgMax", "float", 0, 0}};

#if defined(__x86_64__)
static const char *const isas[] = {"generic", "avx2", "amx"};
#else
static const char *const isas[] = {"neon", "dotprod", "sve"};
#endif
static const octet_rt_kernel kernels[] = {add, top, add, top, add, top};

const octet_rt_program octet_rt_code = {run_float, run_uint8, kernels};
const octet_model octet_rt_model = {OCTET_ABI_VERSION,
                                    sizeof(octet_model),
                                    "two-steps",
                                    2,
                                    2,
                                    2,
                                    3,
                                    inputs,
                                    outputs,
                                    nodes,
                                    isas,
                                    3 * SIZE * sizeof(float),
                                    64,
                                    0,
                                    octet_rt_isa,
                                    octet_rt_set_isa,
                                    octet_rt_run,
                                    octet_rt_run_quantized};

const octet_model *octet_get_model(void) { return &octet_rt_model; }
