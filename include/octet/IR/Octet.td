//===- Octet.td - The whole octet dialect -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_OCTET_TD
#define OCTET_IR_OCTET_TD

include "octet/IR/OctetBase.td"
include "octet/IR/OctetAttrs.td"
include "octet/IR/OctetInterfaces.td"
include "octet/IR/OctetOps.td"

#endif // OCTET_IR_OCTET_TD
