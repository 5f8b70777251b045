// RUN: octet-opt %s --pass-pipeline='builtin.module(builtin.module(octet-release-constants))' | FileCheck %s

// What the module uses keeps its bytes. What it does not use is gone: here the
// outer module shows it, which the pass does not know of.
// CHECK: @used {{.*}} dense_resource<x>
// CHECK: x: "0x0100000001020304"
// CHECK-NOT: y: "0x0100000001020305"
module {
  module @inner {
    memref.global "private" constant @used : memref<4xi8> = dense_resource<x>
  }
  memref.global "private" constant @outer : memref<4xi8> = dense_resource<y>
}

{-#
  dialect_resources: {
    builtin: {
      x: "0x0100000001020304",
      y: "0x0100000001020305"
    }
  }
#-}
