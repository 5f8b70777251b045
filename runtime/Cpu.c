/*===- Cpu.c - What this CPU can run -------------------------------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Answers for each row of Isas.def whether the CPU has its instructions and the
 * system saves its registers.
 *
 *===----------------------------------------------------------------------===*/

#include "Cpu.h"
#include "Runtime.h"
#include "System.h"

static int same_text(const char *a, const char *b) {
  for (; *a && *a == *b; ++a, ++b)
    ;
  return *a == *b;
}

#if defined(__x86_64__)

typedef struct cpuid_result {
  uint32_t eax, ebx, ecx, edx;
} cpuid_result;

static cpuid_result cpuid(uint32_t leaf, uint32_t subleaf) {
  cpuid_result r;
  __asm__ volatile("cpuid"
                   : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                   : "a"(leaf), "c"(subleaf));
  return r;
}

/* The register states that the system saves at a context switch. */
static uint64_t enabled_states(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

static int all_bits(uint64_t value, uint64_t mask) {
  return (value & mask) == mask;
}

/* Linux gives the tile registers only to a process that asks for them. */
static int request_tiles(void) {
  return octet_syscall(OCTET_SYS_ARCH_PRCTL, /*ARCH_REQ_XCOMP_PERM=*/0x1023,
                       /*XFEATURE_XTILEDATA=*/18, 0, 0, 0, 0) == 0;
}

static uint32_t detect_x86_64_v3(cpuid_result leaf1, cpuid_result leaf7) {
  const uint32_t fma_movbe_popcnt_f16c =
      1u << 12 | 1u << 22 | 1u << 23 | 1u << 29;
  const uint32_t bmi_avx2_bmi2 = 1u << 3 | 1u << 5 | 1u << 8;
  cpuid_result extended = cpuid(0x80000001u, 0);
  int lzcnt = all_bits(extended.ecx, 1u << 5);
  return lzcnt && all_bits(leaf1.ecx, fma_movbe_popcnt_f16c) &&
         all_bits(leaf7.ebx, bmi_avx2_bmi2);
}

static uint32_t detect_cpu(void) {
  const uint32_t osxsave_avx = 1u << 27 | 1u << 28;
  const uint32_t avx512_f_dq_cd_bw_vl =
      1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;
  if (cpuid(0, 0).eax < 7)
    return 0;
  cpuid_result leaf1 = cpuid(1, 0), leaf7 = cpuid(7, 0);
  if (!all_bits(leaf1.ecx, osxsave_avx))
    return 0;
  uint64_t states = enabled_states();
  if (!all_bits(states, 0x6) || !detect_x86_64_v3(leaf1, leaf7))
    return 0;

  uint32_t bits = OCTET_CPU_AVX2;
  if (leaf7.eax >= 1) {
    cpuid_result leaf7_1 = cpuid(7, 1);
    if (all_bits(leaf7_1.eax, 1u << 4))
      bits |= OCTET_CPU_AVXVNNI;
    if (all_bits(leaf7_1.edx, 1u << 4))
      bits |= OCTET_CPU_AVXVNNIINT8;
  }
  if (all_bits(states, 0xe6) && all_bits(leaf7.ebx, avx512_f_dq_cd_bw_vl)) {
    bits |= OCTET_CPU_AVX512;
    if (all_bits(leaf7.ecx, 1u << 11))
      bits |= OCTET_CPU_AVX512VNNI;
  }
  if (all_bits(states, 0x60000) && all_bits(leaf7.edx, 1u << 24 | 1u << 25) &&
      request_tiles())
    bits |= OCTET_CPU_AMX;
  return bits;
}

static uint32_t detect(void) {
  return detect_cpu() | (octet_emulated_cpu ? octet_emulated_cpu() : 0);
}

#define OCTET_X86_ISA(name, features, bits, vectorBits, byDefault)             \
  if (same_text(isa, name))                                                    \
    return bits;

#else

/* The length of SVE's vectors that the system gives this process. */
static long get_sve_bytes(void) {
  long length =
      octet_syscall(OCTET_SYS_PRCTL, /*PR_SVE_GET_VL=*/51, 0, 0, 0, 0, 0);
  return length < 0 ? 0 : length & /*PR_SVE_VL_LEN_MASK=*/0xffff;
}

static uint32_t detect(void) {
  unsigned long hwcap = getauxval(/*AT_HWCAP=*/16);
  unsigned long hwcap2 = getauxval(/*AT_HWCAP2=*/26);
  const unsigned long asimdhp_sve = 1ul << 10 | 1ul << 22;
  uint32_t bits = 0;
  if (hwcap & 1ul << 20)
    bits |= OCTET_CPU_DOTPROD;
  if (hwcap2 & 1ul << 13)
    bits |= OCTET_CPU_I8MM;
  if ((hwcap & asimdhp_sve) == asimdhp_sve)
    bits |= OCTET_CPU_SVE;
  if (bits & OCTET_CPU_SVE && get_sve_bytes() == 32)
    bits |= OCTET_CPU_SVE256;
  return bits;
}

#define OCTET_ARM_ISA(name, features, bits, vectorBits, byDefault)             \
  if (same_text(isa, name))                                                    \
    return bits;

#endif

/* What no CPU has. */
#define UNKNOWN (1u << 31)

static uint32_t get_needed(const char *isa) {
#include "octet/Support/Isas.def"
  return UNKNOWN;
}

/* Asked once: a virtual machine stops for each cpuid. */
static uint32_t get_cpu(void) {
  const uint32_t known = 1u << 30;
  static uint32_t found;
  uint32_t cpu = __atomic_load_n(&found, __ATOMIC_RELAXED);
  if (!cpu) {
    cpu = detect() | known;
    __atomic_store_n(&found, cpu, __ATOMIC_RELAXED);
  }
  return cpu;
}

int octet_rt_cpu_has(const char *isa) {
  uint32_t needed = get_needed(isa);
  return (get_cpu() & needed) == needed;
}

uint32_t octet_rt_macs_per_ns(const char *isa) {
  uint32_t needed = get_needed(isa);
  if (needed & (OCTET_CPU_AVX512VNNI | OCTET_CPU_I8MM))
    return 300;
  if (needed & (OCTET_CPU_AVXVNNI | OCTET_CPU_DOTPROD))
    return 150;
  return 60;
}
