/*===- Empty.c - Nothing -------------------------------------------*- C -*-===*
 *
 * Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The contents of the stubs of libc and libm.
 *
 *===----------------------------------------------------------------------===*/
