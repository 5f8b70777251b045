/*===- Run.c - Calls of a compiled model ---------------------------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The entry points of a compiled model: they check a call, choose the
 * instruction set, and split each step of the program over threads.
 *
 *===----------------------------------------------------------------------===*/

#include "Runtime.h"
#include "System.h"

/*===----------------------------------------------------------------------===*
 * The instruction set
 *===----------------------------------------------------------------------===*/

enum { ISA_NONE = -1, ISA_UNSET = -2 };
static int32_t chosen_isa = ISA_UNSET;

static int same_text(const char *a, const char *b) {
  for (; *a && *a == *b; ++a, ++b)
    ;
  return *a == *b;
}

static int32_t find_isa(const char *name) {
  for (int32_t i = 0; i < octet_rt_model.num_isas; ++i)
    if (same_text(octet_rt_model.isas[i], name))
      return octet_rt_cpu_has(name) ? i : ISA_NONE;
  return ISA_NONE;
}

static int32_t best_isa(void) {
  for (int32_t i = octet_rt_model.num_isas - 1; i >= 0; --i)
    if (octet_rt_cpu_has(octet_rt_model.isas[i]))
      return i;
  return ISA_NONE;
}

static void warn(const char *text) {
  size_t length = 0;
  while (text[length])
    ++length;
  octet_syscall(OCTET_SYS_WRITE, 2, (long)text, (long)length, 0, 0, 0);
}

static int32_t first_isa(void) {
  const char *forced = getenv("OCTET_ISA");
  if (!forced || !*forced)
    return best_isa();
  int32_t isa = find_isa(forced);
  if (isa != ISA_NONE)
    return isa;
  isa = best_isa();
  if (isa != ISA_NONE) {
    warn("octet: OCTET_ISA=");
    warn(forced);
    warn(" is not in this library or not in this CPU, using ");
    warn(octet_rt_model.isas[isa]);
    warn("\n");
  }
  return isa;
}

int32_t octet_rt_isa(void) {
  int32_t isa = __atomic_load_n(&chosen_isa, __ATOMIC_RELAXED);
  if (isa == ISA_UNSET) {
    /* Threads that come here together find the same. */
    isa = first_isa();
    __atomic_store_n(&chosen_isa, isa, __ATOMIC_RELAXED);
  }
  return isa;
}

octet_status octet_rt_set_isa(const char *name) {
  int32_t isa = name ? find_isa(name) : best_isa();
  if (isa == ISA_NONE)
    return OCTET_BAD_ISA;
  __atomic_store_n(&chosen_isa, isa, __ATOMIC_RELAXED);
  return OCTET_OK;
}

/*===----------------------------------------------------------------------===*
 * The model's own arena
 *===----------------------------------------------------------------------===*/

/* 0: free, 1: in use, 2: in use and others wait. */
static uint32_t arena_lock;
static void *own_arena;

static void lock_arena(void) {
  uint32_t state = 0;
  if (__atomic_compare_exchange_n(&arena_lock, &state, 1, 0, __ATOMIC_ACQUIRE,
                                  __ATOMIC_RELAXED))
    return;
  while (__atomic_exchange_n(&arena_lock, 2, __ATOMIC_ACQUIRE) != 0)
    octet_futex_wait(&arena_lock, 2);
}

static void unlock_arena(void) {
  if (__atomic_exchange_n(&arena_lock, 0, __ATOMIC_RELEASE) == 2)
    octet_futex_wake(&arena_lock, 1);
}

/* Whole large pages are worth their unused rest up to a quarter of the arena:
   its first use then takes one fault for each, not one for each 4 KiB. */
static const uint64_t large_page = 2ul << 20;

static uint64_t round_up(uint64_t bytes) {
  return (bytes + large_page - 1) / large_page * large_page;
}

static void *mapping;
static uint64_t mapped_bytes;

static void *map_arena(void) {
  if (own_arena)
    return own_arena;
  uint64_t bytes = octet_rt_model.arena_bytes ? octet_rt_model.arena_bytes : 1;
  int is_large = round_up(bytes) - bytes <= bytes / 4;
  /* To begin at a large page. */
  uint64_t reserved = is_large ? round_up(bytes) + large_page : bytes;
  long address = octet_syscall(OCTET_SYS_MMAP, 0, (long)reserved,
                               /*PROT_READ|WRITE=*/3,
                               /*MAP_PRIVATE|ANONYMOUS=*/0x22, -1, 0);
  if (address < 0 && address > -4096)
    return NULL;
  mapping = (void *)address;
  mapped_bytes = reserved;
  if (is_large) {
    address = (long)round_up((uint64_t)address);
    octet_syscall(OCTET_SYS_MADVISE, address, (long)round_up(bytes),
                  /*MADV_HUGEPAGE=*/14, 0, 0, 0);
  }
  return own_arena = (void *)address;
}

__attribute__((destructor)) static void unmap_arena(void) {
  if (own_arena)
    octet_syscall(OCTET_SYS_MUNMAP, (long)mapping, (long)mapped_bytes, 0, 0, 0,
                  0);
  own_arena = NULL;
}

/*===----------------------------------------------------------------------===*
 * Steps
 *===----------------------------------------------------------------------===*/

struct octet_rt_context {
  const octet_rt_kernel *kernels; /* of the instruction set in use */
  int32_t threads;
  uint32_t macs_per_ns;            /* of a thread */
  octet_parallel_for parallel_for; /* null: Pool.c */
  void *pool;
  uint64_t *node_ns;
};

typedef struct step_parts {
  octet_rt_kernel kernel;
  int64_t extent;
  int64_t count;
  void *const *args;
} step_parts;

static void run_part(void *context, int64_t index) {
  const step_parts *parts = context;
  int64_t lo = parts->extent * index / parts->count;
  int64_t hi = parts->extent * (index + 1) / parts->count;
  parts->kernel(lo, hi, parts->args);
}

/* How many threads a step is worth: joining them costs about a microsecond, so
   each shall have two at least. A core moves some 20 bytes in a nanosecond. */
static int64_t useful_threads(const octet_rt_context *context,
                              const octet_node *node, int64_t extent) {
  int64_t threads = context->threads;
  uint64_t worth =
      (node->macs / context->macs_per_ns + node->bytes / 20) / 2000;
  if ((node->macs || node->bytes) && worth < (uint64_t)threads)
    threads = worth ? (int64_t)worth : 1;
  return threads < extent ? threads : extent;
}

static void run_step(octet_rt_context *context, int32_t step, int64_t extent,
                     void *const *args) {
  octet_rt_kernel kernel = context->kernels[step];
  if (context->threads > 1) {
    int64_t count =
        useful_threads(context, &octet_rt_model.nodes[step], extent);
    step_parts parts = {kernel, extent, count, args};
    if (count > 1 && context->parallel_for) {
      context->parallel_for(context->pool, count, run_part, &parts);
      return;
    }
    if (count > 1) {
      octet_rt_pool_run((int32_t)count, run_part, &parts);
      return;
    }
  }
  kernel(0, extent, args);
}

__attribute__((noinline)) void octet_rt_launch(octet_rt_context *context,
                                               int32_t step, int64_t extent,
                                               void *const *args) {
  if (!context->node_ns) {
    run_step(context, step, extent, args);
    return;
  }
  uint64_t start = octet_now_ns();
  run_step(context, step, extent, args);
  context->node_ns[step] += octet_now_ns() - start;
}

/*===----------------------------------------------------------------------===*
 * Calls
 *===----------------------------------------------------------------------===*/

static int has_all(const void *const *pointers, int32_t count) {
  if (!pointers && count)
    return 0;
  for (int32_t i = 0; i < count; ++i)
    if (!pointers[i])
      return 0;
  return 1;
}

static int is_valid(const octet_call *call) {
  if (!call || call->size < sizeof(octet_call) || call->num_threads < 0)
    return 0;
  if ((uintptr_t)call->arena % octet_rt_model.arena_alignment != 0)
    return 0;
  return has_all(call->inputs, octet_rt_model.num_inputs) &&
         has_all((const void *const *)call->outputs,
                 octet_rt_model.num_outputs);
}

static octet_status run_in_arena(const octet_call *call, octet_rt_main main,
                                 octet_rt_context *context) {
  if (call->arena) {
    main(context, call->inputs, call->outputs, call->arena);
    return OCTET_OK;
  }
  lock_arena();
  void *arena = map_arena();
  if (arena)
    main(context, call->inputs, call->outputs, arena);
  unlock_arena();
  return arena ? OCTET_OK : OCTET_NO_MEMORY;
}

static octet_status run(const octet_call *call, octet_rt_main main) {
  if (!is_valid(call) || !main)
    return OCTET_BAD_ARGUMENT;
  int32_t isa = octet_rt_isa();
  if (isa < 0)
    return OCTET_BAD_ISA;
  octet_rt_context context = {
      octet_rt_code.kernels + (int64_t)isa * octet_rt_model.num_nodes,
      call->num_threads < OCTET_RT_MAX_THREADS ? call->num_threads
                                               : OCTET_RT_MAX_THREADS,
      octet_rt_macs_per_ns(octet_rt_model.isas[isa]),
      call->parallel_for,
      call->pool,
      call->node_ns};
  if (context.threads <= 1 || context.parallel_for)
    return run_in_arena(call, main, &context);

  context.threads = octet_rt_pool_acquire(context.threads);
  if (context.threads == 0)
    return OCTET_NO_THREADS;
  octet_status status = run_in_arena(call, main, &context);
  if (context.threads > 1)
    octet_rt_pool_release();
  return status;
}

octet_status octet_rt_run(const octet_call *call) {
  return run(call, octet_rt_code.main);
}

octet_status octet_rt_run_quantized(const octet_call *call) {
  return run(call, octet_rt_code.main_quantized);
}
