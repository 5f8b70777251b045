/*===- Runtime.h - What is linked into every compiled model -------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The run-time is compiled to LLVM bitcode when Octet is built, for each
 * architecture, and linked into the module of each model by Emit, which makes
 * all of it internal. It uses no header of the system, so that it
 * cross-compiles without one, and of libc only the functions declared in
 * System.h.
 *
 *===----------------------------------------------------------------------===*/

#ifndef OCTET_RUNTIME_H
#define OCTET_RUNTIME_H

#include "octet-c/Model.h"
#include <stddef.h>

/*===----------------------------------------------------------------------===*
 * The compiled program, as Codegen and Emit make it
 *===----------------------------------------------------------------------===*/

typedef struct octet_rt_context octet_rt_context;

/* Does the part [lo, hi) of a step. */
typedef void (*octet_rt_kernel)(int64_t lo, int64_t hi, void *const *args);

typedef void (*octet_rt_main)(octet_rt_context *context,
                              const void *const *inputs, void *const *outputs,
                              void *arena);

typedef struct octet_rt_program {
  octet_rt_main main;
  octet_rt_main main_quantized;   /* or null */
  const octet_rt_kernel *kernels; /* [isa * num_nodes + step] */
} octet_rt_program;

/* Defined by Emit. */
extern const octet_model octet_rt_model;
extern const octet_rt_program octet_rt_code;

/* Called by the program for each step. */
void octet_rt_launch(octet_rt_context *context, int32_t step, int64_t extent,
                     void *const *args);

/* The functions of octet_rt_model. */
int32_t octet_rt_isa(void);
octet_status octet_rt_set_isa(const char *name);
octet_status octet_rt_run(const octet_call *call);
octet_status octet_rt_run_quantized(const octet_call *call);

/*===----------------------------------------------------------------------===*
 * Inside the run-time
 *===----------------------------------------------------------------------===*/

/* Cpu.c: whether this CPU, and its system, can run an instruction set. */
int octet_rt_cpu_has(const char *isa);
/* And how many multiply-accumulates of bytes a core does with it, about. */
uint32_t octet_rt_macs_per_ns(const char *isa);

/* Pool.c. */
enum { OCTET_RT_MAX_THREADS = 255 };

/* Takes the pool for a call with `threads` threads, the caller's included.
   Gives the number there is: 1 where another call has it, 0 where starting
   failed. */
int32_t octet_rt_pool_acquire(int32_t threads);
void octet_rt_pool_release(void);
/* task(context, i) for 0 <= i < count, by the caller and those threads of the
   acquired pool that are there in time. */
void octet_rt_pool_run(int32_t count, octet_task task, void *context);

#endif /* OCTET_RUNTIME_H */
