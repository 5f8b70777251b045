/*===- Pool.c - A fork-join pool -----------------------------------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Threads that wait for the next step by spinning for some microseconds, since
 * steps of a model follow each other closely, and then sleep. One word
 * announces a step: a count that changes, and how many threads take part, so
 * that a thread that does not take part never reads the task of a step that is
 * over.
 *
 *===----------------------------------------------------------------------===*/

#include "Runtime.h"
#include "System.h"

enum { SPINS = 2000 };

static struct {
  /* The process that started the threads: a fork has none of them. */
  long pid;
  uint32_t busy;
  int32_t num_workers;
  unsigned long workers[OCTET_RT_MAX_THREADS];

  octet_task task;
  void *context;

  /* The step: counter << 8 | threads that take part, 0 threads meaning stop. On
     a line of its own, as are the counters that workers write. */
  _Alignas(128) uint32_t epoch;
  _Alignas(128) uint32_t pending;  /* workers that have not finished */
  _Alignas(128) uint32_t sleepers; /* workers that sleep, or are about to */
  uint32_t caller_sleeps;
} pool;

static uint32_t load(uint32_t *word) {
  return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/*===----------------------------------------------------------------------===*
 * Workers
 *===----------------------------------------------------------------------===*/

/* Waits until the epoch is no longer `seen`, and gives it. */
static uint32_t next_epoch(uint32_t seen) {
  for (int spin = 0; spin < SPINS; ++spin) {
    uint32_t epoch = load(&pool.epoch);
    if (epoch != seen)
      return epoch;
    octet_pause();
  }
  /* Announced before the last look: either this sees the new epoch, or the
     caller sees a sleeper and wakes it. */
  __atomic_fetch_add(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
  uint32_t epoch = load(&pool.epoch);
  for (; epoch == seen; epoch = load(&pool.epoch))
    octet_futex_wait(&pool.epoch, seen);
  __atomic_fetch_sub(&pool.sleepers, 1, __ATOMIC_SEQ_CST);
  return epoch;
}

static void finish_part(void) {
  if (__atomic_fetch_sub(&pool.pending, 1, __ATOMIC_SEQ_CST) == 1 &&
      load(&pool.caller_sleeps))
    octet_futex_wake(&pool.pending, 1);
}

/* A worker's index and the epoch at its start: no step may run between its
   creation and its first look. */
typedef struct worker_start {
  int32_t index;
  uint32_t seen;
  uint32_t taken;
} worker_start;

static void *work(void *argument) {
  worker_start *start = argument;
  uint32_t seen = start->seen;
  uint32_t index = (uint32_t)start->index;
  __atomic_store_n(&start->taken, 1, __ATOMIC_SEQ_CST);
  octet_futex_wake(&start->taken, 1);
  for (;;) {
    seen = next_epoch(seen);
    uint32_t threads = seen & 0xff;
    if (!threads)
      return NULL;
    if (index < threads) {
      pool.task(pool.context, (int64_t)index);
      finish_part();
    }
  }
}

/*===----------------------------------------------------------------------===*
 * The caller
 *===----------------------------------------------------------------------===*/

static int start_worker(int32_t index) {
  worker_start start = {index, load(&pool.epoch), 0};
  if (pthread_create(&pool.workers[index - 1], NULL, work, &start) != 0)
    return 0;
  while (!load(&start.taken))
    octet_futex_wait(&start.taken, 0);
  return 1;
}

/* Signals belong to the application's threads. */
static int start_workers(int32_t count) {
  struct octet_sigset all, old;
  for (int i = 0; i < 16; ++i)
    all.words[i] = ~0ul;
  pthread_sigmask(/*SIG_SETMASK=*/2, &all, &old);
  while (pool.num_workers < count && start_worker(pool.num_workers + 1))
    ++pool.num_workers;
  pthread_sigmask(2, &old, NULL);
  return pool.num_workers >= count;
}

int32_t octet_rt_pool_acquire(int32_t threads) {
  long pid = octet_syscall(OCTET_SYS_GETPID, 0, 0, 0, 0, 0, 0);
  long started_by = __atomic_load_n(&pool.pid, __ATOMIC_SEQ_CST);
  if (pid != started_by &&
      __atomic_compare_exchange_n(&pool.pid, &started_by, pid, 0,
                                  __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    pool.num_workers = 0;
    pool.sleepers = 0;
    pool.caller_sleeps = 0;
    __atomic_store_n(&pool.busy, 0, __ATOMIC_SEQ_CST);
  }
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

static void announce(uint32_t threads) {
  uint32_t counter = (pool.epoch >> 8) + 1;
  __atomic_store_n(&pool.epoch, counter << 8 | threads, __ATOMIC_SEQ_CST);
  if (load(&pool.sleepers))
    octet_futex_wake(&pool.epoch, 0x7fffffff);
}

static void wait_for_workers(void) {
  for (int spin = 0; spin < SPINS; ++spin) {
    if (!load(&pool.pending))
      return;
    octet_pause();
  }
  __atomic_store_n(&pool.caller_sleeps, 1, __ATOMIC_SEQ_CST);
  for (uint32_t left; (left = load(&pool.pending)) != 0;)
    octet_futex_wait(&pool.pending, left);
  __atomic_store_n(&pool.caller_sleeps, 0, __ATOMIC_SEQ_CST);
}

void octet_rt_pool_run(int32_t count, octet_task task, void *context) {
  pool.task = task;
  pool.context = context;
  __atomic_store_n(&pool.pending, (uint32_t)count - 1, __ATOMIC_SEQ_CST);
  announce((uint32_t)count);
  task(context, 0);
  wait_for_workers();
}

/* Threads must be gone before the code they run is unmapped. */
__attribute__((destructor)) static void stop_workers(void) {
  if (!pool.num_workers ||
      pool.pid != octet_syscall(OCTET_SYS_GETPID, 0, 0, 0, 0, 0, 0))
    return;
  announce(0);
  for (int32_t i = 0; i < pool.num_workers; ++i)
    pthread_join(pool.workers[i], NULL);
  pool.num_workers = 0;
}
