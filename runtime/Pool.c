/*===- Pool.c - A fork-join pool -----------------------------------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A step falls into parts, which whoever is free claims one by one: the caller,
 * and threads that wait for the next step by spinning for some microseconds,
 * since steps of a model follow each other closely, and then sleep. The caller
 * waits for parts that others have begun, never for a thread that the system
 * has not let run yet: with several threads a call takes no longer than with
 * one. One word says which step it is and which parts are left, so that nobody
 * can claim a part of a step that is over.
 *
 *===----------------------------------------------------------------------===*/

#include "Runtime.h"
#include "System.h"

/* How long to look for what is awaited before sleeping; looks between readings
   of the clock; what a worker's stack holds: kernels take 192 KiB at most. */
enum { SPIN_NS = 50000, LOOKS = 64, STACK_BYTES = 1 << 20 };

static struct {
  /* The process that started the threads: a fork has none of them. */
  long pid;
  uint32_t busy;
  uint32_t stop;
  int32_t num_workers;
  unsigned long workers[OCTET_RT_MAX_THREADS];
  uint32_t expected; /* parts that workers have claimed, ever */

  /* The step: counter << 32 | next part << 16 | parts. On one line with the
     task; what workers write has lines of its own. */
  _Alignas(128) uint64_t step;
  octet_task task;
  void *context;
  _Alignas(128) uint32_t finished; /* parts that workers have finished, ever */
  uint32_t caller_sleeps;
  _Alignas(128) uint32_t sleepers; /* workers that sleep, or are about to */
} pool;

enum { NEXT_PART = 1 << 16, PARTS = NEXT_PART - 1 };

static uint32_t load(uint32_t *word) {
  return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* The half of the step's word that workers sleep on, in little-endian order. */
static uint32_t *step_counter(void) { return (uint32_t *)&pool.step + 1; }

/* Looks at a word until it is (`equal`), or no longer is, `value`. Whether it
   came to that before long. */
static int spin(uint32_t *word, uint32_t value, int equal) {
  uint64_t start = 0, now;
  do {
    for (int look = 0; look < LOOKS; ++look) {
      if ((load(word) == value) == equal)
        return 1;
      octet_pause();
    }
    now = octet_now_ns();
    start = start ? start : now;
  } while (now - start < SPIN_NS);
  return 0;
}

/*===----------------------------------------------------------------------===*
 * Parts
 *===----------------------------------------------------------------------===*/

typedef struct part {
  octet_task task;
  void *context;
  int64_t index;
} part;

/* Takes a part of the current step, if one is left. The task is read before: it
   changes only once all parts are claimed, and then the exchange fails. Gives
   the step's counter in `step`. */
static int claim(part *taken, uint32_t *step) {
  uint64_t word = __atomic_load_n(&pool.step, __ATOMIC_ACQUIRE);
  for (;;) {
    uint64_t next = (word & 0xffffffffu) / NEXT_PART;
    *step = (uint32_t)(word >> 32);
    if (next >= (word & PARTS))
      return 0;
    taken->task = __atomic_load_n(&pool.task, __ATOMIC_RELAXED);
    taken->context = __atomic_load_n(&pool.context, __ATOMIC_RELAXED);
    taken->index = (int64_t)next;
    if (__atomic_compare_exchange_n(&pool.step, &word, word + NEXT_PART, 0,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
      return 1;
  }
}

/* A new step, of which the caller has the first part. */
static void announce(uint32_t parts) {
  uint64_t counter = (pool.step >> 32) + 1;
  __atomic_store_n(&pool.step, counter << 32 | NEXT_PART | parts,
                   __ATOMIC_SEQ_CST);
}

static void wake_workers(int count) {
  if (load(&pool.sleepers))
    octet_futex_wake(step_counter(), count);
}

/*===----------------------------------------------------------------------===*
 * Workers
 *===----------------------------------------------------------------------===*/

/* Waits until the step's counter is no longer `seen`. */
static void wait_for_step(uint32_t seen) {
  if (spin(step_counter(), seen, /*equal=*/0))
    return;
  /* Announced before the last look: either this sees the new step, or the
     caller sees a sleeper and wakes it. */
  __atomic_fetch_add(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
  while (load(step_counter()) == seen)
    octet_futex_wait(step_counter(), seen);
  __atomic_fetch_sub(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
}

static void *work(void *unused) {
  while (!load(&pool.stop)) {
    part mine;
    uint32_t step;
    while (claim(&mine, &step)) {
      mine.task(mine.context, mine.index);
      __atomic_fetch_add(&pool.finished, 1, __ATOMIC_SEQ_CST);
      if (load(&pool.caller_sleeps))
        octet_futex_wake(&pool.finished, 1);
    }
    wait_for_step(step);
  }
  return unused;
}

/*===----------------------------------------------------------------------===*
 * The caller
 *===----------------------------------------------------------------------===*/

/* Signals belong to the application's threads. */
static int start_workers(int32_t count) {
  if (pool.num_workers >= count)
    return 1;
  struct octet_sigset all, old;
  for (int i = 0; i < 16; ++i)
    all.words[i] = ~0ul;
  struct octet_thread_attributes attributes;
  if (pthread_attr_init(&attributes) != 0)
    return 0;
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  pthread_sigmask(/*SIG_SETMASK=*/2, &all, &old);
  while (pool.num_workers < count &&
         pthread_create(&pool.workers[pool.num_workers], &attributes, work,
                        NULL) == 0)
    ++pool.num_workers;
  pthread_sigmask(2, &old, NULL);
  pthread_attr_destroy(&attributes);
  return pool.num_workers >= count;
}

/* Nothing of what the threads of the process that forked were at. */
static void reset(void) {
  pool.num_workers = 0;
  pool.sleepers = 0;
  pool.caller_sleeps = 0;
  pool.stop = 0;
  pool.expected = pool.finished;
  announce(0);
  __atomic_store_n(&pool.busy, 0, __ATOMIC_SEQ_CST);
}

int32_t octet_rt_pool_acquire(int32_t threads) {
  long pid = octet_syscall(OCTET_SYS_GETPID, 0, 0, 0, 0, 0, 0);
  long started_by = __atomic_load_n(&pool.pid, __ATOMIC_SEQ_CST);
  if (pid != started_by &&
      __atomic_compare_exchange_n(&pool.pid, &started_by, pid, 0,
                                  __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
    reset();
  if (__atomic_exchange_n(&pool.busy, 1, __ATOMIC_SEQ_CST))
    return 1;
  if (start_workers(threads - 1))
    return threads;
  octet_rt_pool_release();
  return 0;
}

void octet_rt_pool_release(void) {
  __atomic_store_n(&pool.busy, 0, __ATOMIC_SEQ_CST);
}

static void wait_for_workers(void) {
  if (spin(&pool.finished, pool.expected, /*equal=*/1))
    return;
  __atomic_store_n(&pool.caller_sleeps, 1, __ATOMIC_SEQ_CST);
  for (uint32_t now; (now = load(&pool.finished)) != pool.expected;)
    octet_futex_wait(&pool.finished, now);
  __atomic_store_n(&pool.caller_sleeps, 0, __ATOMIC_SEQ_CST);
}

void octet_rt_pool_run(int32_t count, octet_task task, void *context) {
  __atomic_store_n(&pool.task, task, __ATOMIC_RELAXED);
  __atomic_store_n(&pool.context, context, __ATOMIC_RELAXED);
  announce((uint32_t)count);
  wake_workers(count - 1);
  task(context, 0);
  int32_t mine = 1;
  part next;
  for (uint32_t step; claim(&next, &step); ++mine)
    task(context, next.index);
  pool.expected += (uint32_t)(count - mine);
  wait_for_workers();
}

/* Threads must be gone before the code they run is unmapped. */
__attribute__((destructor)) static void stop_workers(void) {
  if (!pool.num_workers ||
      pool.pid != octet_syscall(OCTET_SYS_GETPID, 0, 0, 0, 0, 0, 0))
    return;
  __atomic_store_n(&pool.stop, 1, __ATOMIC_SEQ_CST);
  announce(0);
  wake_workers(0x7fffffff);
  for (int32_t i = 0; i < pool.num_workers; ++i)
    pthread_join(pool.workers[i], NULL);
  pool.num_workers = 0;
}
