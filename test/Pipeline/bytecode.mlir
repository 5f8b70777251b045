// A module in bytecode is read wherever the system puts it in memory: this one is
// so small that it is not mapped, and its constant wants an alignment.
// RUN: octet-compile %s --stop-after import -o %t.mlirbc
// RUN: octet-compile %t.mlirbc --stop-after import -o - | FileCheck %s
// RUN: octet-compile %s -o %t.text.o
// RUN: octet-compile %t.mlirbc -o %t.bytecode.o
// RUN: cmp %t.text.o %t.bytecode.o

// RUN: not octet-compile %t.absent.mlirbc -o %t.o 2>&1 | FileCheck %s --check-prefix=ABSENT
// ABSENT: octet-compile: error: could not open input file {{.*}}absent.mlirbc: No such file or directory

// CHECK: dense_resource<c>
func.func @main(%x: tensor<1x20xf32> {octet.name = "x"}) -> (tensor<1x4xf32> {octet.name = "y"}) {
  %c = octet.constant dense_resource<c> : tensor<20x4xf32> -> tensor<20x4xf32>
  %y = octet.matmul(%x, %c) : (tensor<1x20xf32>, tensor<20x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

{-# dialect_resources: { builtin: {
  c: "0x400000000000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F"
} } #-}
