/*===- SanitizerOptions.c - What sanitizers do in our programs ---*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Linked into tools and unit tests of the sanitizer build. MLIR's package is
 * built without sanitizers: containers and arenas that cross the border look
 * wrong to AddressSanitizer, and what MLIR keeps to the end looks leaked. An
 * exit status of its own tells a report from an error that a tool has said
 * itself.
 *
 *===----------------------------------------------------------------------===*/

const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "detect_leaks=0:detect_container_overflow=0:allow_user_poisoning=0:"
         "exitcode=99";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void) {
  return "halt_on_error=1:print_stacktrace=1:exitcode=99";
}
