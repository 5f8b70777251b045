/*===- run_raw.c - Runs a compiled model on raw bytes --------------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * run_raw MODEL.so                     prints the instruction sets that work
 * here run_raw MODEL.so ISA THREADS IN OUT  feeds IN, call after call, and
 * writes OUT
 *
 * IN holds the model's inputs in order, for as many calls as there are. The
 * program is small enough to be built for any target and run under an emulator.
 *
 *===----------------------------------------------------------------------===*/

#include "octet-c/Model.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *allocate(uint64_t bytes, uint64_t alignment) {
  uint64_t unit = alignment > 64 ? alignment : 64;
  void *memory = aligned_alloc(unit, (bytes + unit) / unit * unit);
  if (!memory) {
    fprintf(stderr, "run_raw: no memory for %llu bytes\n",
            (unsigned long long)bytes);
    exit(1);
  }
  return memory;
}

static int fail(const char *what, const char *which) {
  fprintf(stderr, "run_raw: %s %s\n", what, which);
  return 1;
}

static int list_isas(const octet_model *model) {
  for (int32_t i = 0; i < model->num_isas; ++i)
    if (model->set_isa(model->isas[i]) == OCTET_OK)
      puts(model->isas[i]);
  return 0;
}

static int run(const octet_model *model, int threads, FILE *in, FILE *out) {
  void **inputs = calloc(model->num_inputs + 1, sizeof(void *));
  void **outputs = calloc(model->num_outputs + 1, sizeof(void *));
  for (int32_t i = 0; i < model->num_inputs; ++i)
    inputs[i] = allocate(model->inputs[i].bytes, 64);
  for (int32_t i = 0; i < model->num_outputs; ++i)
    outputs[i] = allocate(model->outputs[i].bytes, 64);
  octet_call call;
  memset(&call, 0, sizeof call);
  call.size = sizeof call;
  call.num_threads = threads;
  call.inputs = (const void *const *)inputs;
  call.outputs = outputs;
  call.arena = allocate(model->arena_bytes, model->arena_alignment);
  for (;;) {
    for (int32_t i = 0; i < model->num_inputs; ++i)
      if (fread(inputs[i], 1, model->inputs[i].bytes, in) !=
          model->inputs[i].bytes)
        return i ? fail("input ends within a call", "") : 0;
    if (model->run(&call) != OCTET_OK)
      return fail("the model does not run", model->name);
    for (int32_t i = 0; i < model->num_outputs; ++i)
      fwrite(outputs[i], 1, model->outputs[i].bytes, out);
  }
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 6)
    return fail("usage: run_raw MODEL.so [ISA THREADS IN OUT]", "");
  void *library = dlopen(argv[1], RTLD_NOW);
  if (!library)
    return fail("cannot load", dlerror());
  const octet_model *(*get_model)(void);
  *(void **)&get_model = dlsym(library, "octet_get_model");
  if (!get_model)
    return fail("no model in", argv[1]);
  const octet_model *model = get_model();
  if (argc == 2)
    return list_isas(model);
  if (model->set_isa(argv[2]) != OCTET_OK)
    return fail("no instruction set", argv[2]);
  FILE *in = fopen(argv[4], "rb"), *out = fopen(argv[5], "wb");
  if (!in || !out)
    return fail("cannot open", in ? argv[5] : argv[4]);
  int status = run(model, atoi(argv[3]), in, out);
  return fclose(out) ? fail("cannot write", argv[5]) : status;
}
