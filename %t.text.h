/*===- octet-c/Model.h - The C interface of a compiled model ------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A library written by octet-compile holds one `octet_model`: data that says
 * what the model takes and gives, and functions that run it. Nothing else is
 * needed: no runtime is installed, nothing is allocated in a call that brings
 * its arena, and all weights are read-only. Calls may overlap in time, on any
 * threads.
 *
 * A shared library exports it as `octet_get_model()`; every form exports it as
 * `<model name>_model()` too, so that several models can be linked together.
 *
 *===----------------------------------------------------------------------===*/

#ifndef OCTET_C_MODEL_H
#define OCTET_C_MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OCTET_ABI_VERSION 1

/* Element types; the numbers are those of ONNX's TensorProto.DataType. */
typedef enum octet_type {
  OCTET_TYPE_NONE = 0,
  OCTET_TYPE_F32 = 1,
  OCTET_TYPE_U8 = 2,
  OCTET_TYPE_I8 = 3,
  OCTET_TYPE_U16 = 4,
  OCTET_TYPE_I16 = 5,
  OCTET_TYPE_I32 = 6,
  OCTET_TYPE_I64 = 7,
  OCTET_TYPE_BOOL = 9,
  OCTET_TYPE_F16 = 10,
  OCTET_TYPE_F64 = 11,
  OCTET_TYPE_U32 = 12,
  OCTET_TYPE_U64 = 13,
  OCTET_TYPE_BF16 = 16
} octet_type;

/* What a call returns. */
typedef enum octet_status {
  OCTET_OK = 0,
  OCTET_BAD_ARGUMENT = 1, /* a null pointer, or too small a structure */
  OCTET_BAD_ISA = 2,      /* no such instruction set here */
  OCTET_NO_THREADS = 3,   /* the pool's threads could not be started */
  OCTET_NO_MEMORY = 4     /* the model's own arena could not be had */
} octet_status;

/* An input or output: dense, row-major, in the model's own layout. */
typedef struct octet_tensor {
  const char *name;
  int32_t type; /* octet_type of the element */
  int32_t rank;
  const int64_t *shape; /* rank extents */
  uint64_t bytes;
  /* The form that `run_quantized` takes: q = round(x / scale) + zero_point.
     OCTET_TYPE_NONE where the tensor has no quantized form. */
  int32_t quantized_type;
  int32_t zero_point;
  float scale;
  uint64_t quantized_bytes;
} octet_tensor;

/* A step of the compiled program: one kernel, one or more nodes of the model.
 */
typedef struct octet_node {
  const char *name;      /* names of the model's nodes, joined by '+' */
  const char *op;        /* their operators, joined by '+' */
  const char *precision; /* "int8", "float", ... */
  uint64_t macs;         /* multiply-accumulates in one call */
  uint64_t bytes;        /* read and written in one call */
} octet_node;

/* Runs task(context, i) for all 0 <= i < count, on any threads, and returns
   when all are done. An application passes its own pool in this form. */
typedef void (*octet_task)(void *context, int64_t index);
typedef void (*octet_parallel_for)(void *pool, int64_t count, octet_task task,
                                   void *context);

/* One call. Zero all that is not set.

   Inputs and outputs need the alignment of their elements only, and may not
   overlap. The arena is scratch memory of `arena_bytes` at `arena_alignment`,
   never shared by calls that overlap in time. Where it is null, the model uses
   an arena of its own: mapped at the first such call, kept until the library is
   unloaded, used by one call at a time (others wait).

   With more than one thread the steps are split over the library's own pool: it
   starts threads at the first such call, keeps them, and serves one call at a
   time (one that finds it busy runs on its own thread alone). With
   `parallel_for` the library starts no thread: each step is handed to it in at
   most `num_threads` tasks. Results do not depend on the number of threads. */
typedef struct octet_call {
  uint32_t size;                   /* sizeof(octet_call) */
  int32_t num_threads;             /* 0 and 1: the calling thread only */
  const void *const *inputs;       /* num_inputs pointers */
  void *const *outputs;            /* num_outputs pointers */
  void *arena;                     /* null: the model's own */
  octet_parallel_for parallel_for; /* null: the library's own pool */
  void *pool;                      /* handed to parallel_for */
  uint64_t *node_ns; /* null, or num_nodes counters that time is added to */
} octet_call;

typedef struct octet_model {
  uint32_t abi_version; /* OCTET_ABI_VERSION */
  uint32_t size;        /* sizeof(octet_model) */
  const char *name;
  int32_t num_inputs;
  int32_t num_outputs;
  int32_t num_nodes;
  int32_t num_isas;
  const octet_tensor *inputs;
  const octet_tensor *outputs;
  const octet_node *nodes;
  const char *const *isas; /* e.g. "avx2", "avx512vnni"; best last */
  uint64_t arena_bytes;
  uint64_t arena_alignment;
  uint64_t weight_bytes;

  /* The instruction set in use, as an index into `isas`. The best that the CPU
     has is chosen at first use; the environment variable OCTET_ISA forces one.
     -1: this CPU has none of them, and nothing can run. */
  int32_t (*isa)(void);
  /* Forces an instruction set by name; null chooses the best. */
  octet_status (*set_isa)(const char *name);
  octet_status (*run)(const octet_call *call);
  /* The same model with quantized inputs and outputs where they exist. Null if
     none exists. */
  octet_status (*run_quantized)(const octet_call *call);
} octet_model;

/* The model of a shared library. */
const octet_model *octet_get_model(void);

#ifdef __cplusplus
}
#endif

#endif /* OCTET_C_MODEL_H */

/*===- The model bytecode, written by octet-compile -===*
 *
 *   inputs[0]  float[1][20]  x (20 elements)
 *   outputs[0]  float[1][4]  y (4 elements)
 *
 * Target: x86-64 (avx2, avx512vnni).
 */

#ifndef OCTET_MODEL_BYTECODE_H
#define OCTET_MODEL_BYTECODE_H

#ifdef __cplusplus
extern "C" {
#endif

enum {
  BYTECODE_NUM_INPUTS = 1,
  BYTECODE_NUM_OUTPUTS = 1,
  BYTECODE_NUM_NODES = 2
};
#define BYTECODE_ARENA_BYTES 192ull
#define BYTECODE_ARENA_ALIGNMENT 64ull

const octet_model *bytecode_model(void);

#ifdef __cplusplus
}
#endif

#endif /* OCTET_MODEL_BYTECODE_H */
