/*===- System.h - The system as the run-time sees it --------------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The libc functions that a compiled model needs, declared here so that no
 * system header is, and Linux's system calls for what libc does not offer.
 *
 *===----------------------------------------------------------------------===*/

#ifndef OCTET_RUNTIME_SYSTEM_H
#define OCTET_RUNTIME_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

/*===----------------------------------------------------------------------===*
 * libc
 *===----------------------------------------------------------------------===*/

struct octet_timespec {
  long seconds;
  long nanoseconds;
};
struct octet_sigset {
  unsigned long words[16];
};

/* At least as large as any libc's pthread_attr_t. */
struct octet_thread_attributes {
  unsigned long words[16];
};

char *getenv(const char *name);
int clock_gettime(int clock, struct octet_timespec *time);
int pthread_attr_init(struct octet_thread_attributes *attributes);
int pthread_attr_setstacksize(struct octet_thread_attributes *attributes,
                              size_t bytes);
int pthread_attr_destroy(struct octet_thread_attributes *attributes);
int pthread_create(unsigned long *thread,
                   const struct octet_thread_attributes *attributes,
                   void *(*start)(void *), void *argument);
int pthread_join(unsigned long thread, void **result);
int pthread_sigmask(int how, const struct octet_sigset *set,
                    struct octet_sigset *old);
unsigned long getauxval(unsigned long type);

/*===----------------------------------------------------------------------===*
 * System calls
 *===----------------------------------------------------------------------===*/

#if defined(__x86_64__)
enum {
  OCTET_SYS_WRITE = 1,
  OCTET_SYS_MMAP = 9,
  OCTET_SYS_MUNMAP = 11,
  OCTET_SYS_MADVISE = 28,
  OCTET_SYS_GETPID = 39,
  OCTET_SYS_ARCH_PRCTL = 158,
  OCTET_SYS_FUTEX = 202
};

static inline long octet_syscall(long number, long a, long b, long c, long d,
                                 long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
                     "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

static inline void octet_pause(void) { __asm__ volatile("pause"); }

#elif defined(__aarch64__)
enum {
  OCTET_SYS_WRITE = 64,
  OCTET_SYS_MMAP = 222,
  OCTET_SYS_MUNMAP = 215,
  OCTET_SYS_MADVISE = 233,
  OCTET_SYS_PRCTL = 167,
  OCTET_SYS_GETPID = 172,
  OCTET_SYS_FUTEX = 98
};

static inline long octet_syscall(long number, long a, long b, long c, long d,
                                 long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}

/* `yield` is a no-op on most cores; a barrier costs about what `pause` does. */
static inline void octet_pause(void) { __asm__ volatile("isb"); }

#else
#error "the run-time supports x86-64 and AArch64"
#endif

/* Sleeps while *word == value; may also return for no reason. */
static inline void octet_futex_wait(uint32_t *word, uint32_t value) {
  octet_syscall(OCTET_SYS_FUTEX, (long)word, /*FUTEX_WAIT_PRIVATE=*/128,
                (long)value, 0, 0, 0);
}

static inline void octet_futex_wake(uint32_t *word, int count) {
  octet_syscall(OCTET_SYS_FUTEX, (long)word, /*FUTEX_WAKE_PRIVATE=*/129, count,
                0, 0, 0);
}

static inline uint64_t octet_now_ns(void) {
  struct octet_timespec time;
  clock_gettime(/*CLOCK_MONOTONIC=*/1, &time);
  return (uint64_t)time.seconds * 1000000000u + (uint64_t)time.nanoseconds;
}

#endif /* OCTET_RUNTIME_SYSTEM_H */
