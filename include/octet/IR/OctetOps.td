//===- OctetOps.td - The operators of the octet dialect -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_OCTETOPS_TD
#define OCTET_IR_OCTETOPS_TD

include "octet/IR/OctetQuantOps.td"
include "octet/IR/OctetWeightedOps.td"
include "octet/IR/OctetElementwiseOps.td"
include "octet/IR/OctetPoolOps.td"
include "octet/IR/OctetShapeOps.td"

#endif // OCTET_IR_OCTETOPS_TD
