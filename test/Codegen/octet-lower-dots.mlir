// RUN: octet-opt %s -octet-lower-dots -split-input-file -verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @avx512vnni
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%arg0, %arg1, %arg2)
func.func @avx512vnni(%acc: vector<16xi32>, %a: vector<64xi8>, %b: vector<64xi8>) -> vector<16xi32> attributes {octet_kernel.isa = #octet_kernel.isa<avx512vnni>} {
  %0 = octet_kernel.dot4 %acc, %a, %b {a_unsigned} : vector<64xi8> -> vector<16xi32>
  return %0 : vector<16xi32>
}

// Weights that may saturate 16 bits never meet vpmaddubsw.
// CHECK-LABEL: func @avx2_exact
// CHECK-NOT: pmadd.ub.sw
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
func.func @avx2_exact(%acc: vector<8xi32>, %a: vector<32xi8>, %b: vector<32xi8>) -> vector<8xi32> attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  %0 = octet_kernel.dot4 %acc, %a, %b {a_unsigned} : vector<32xi8> -> vector<8xi32>
  return %0 : vector<8xi32>
}

// What two dot products share is taken apart once.
// CHECK-LABEL: func @avx2_shared
// CHECK-COUNT-3: arith.shli
// CHECK-NOT: arith.shli
func.func @avx2_shared(%acc: vector<8xi32>, %a: vector<32xi8>, %b: vector<32xi8>, %c: vector<32xi8>) -> vector<8xi32> attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  %0 = octet_kernel.dot4 %acc, %a, %b {a_unsigned} : vector<32xi8> -> vector<8xi32>
  %1 = octet_kernel.dot4 %0, %a, %c {a_unsigned} : vector<32xi8> -> vector<8xi32>
  return %1 : vector<8xi32>
}

// CHECK-LABEL: func @avx2_safe
// CHECK: llvm.x86.avx2.pmadd.ub.sw
// CHECK: llvm.x86.avx2.pmadd.wd
func.func @avx2_safe(%acc: vector<8xi32>, %a: vector<32xi8>, %b: vector<32xi8>) -> vector<8xi32> attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  %0 = octet_kernel.dot4 %acc, %a, %b {a_unsigned, safe_pairs} : vector<32xi8> -> vector<8xi32>
  return %0 : vector<8xi32>
}

// CHECK-LABEL: func @avxvnniint8
// CHECK: llvm.x86.avx2.vpdpbssd.256
func.func @avxvnniint8(%acc: vector<8xi32>, %a: vector<32xi8>, %b: vector<32xi8>) -> vector<8xi32> attributes {octet_kernel.isa = #octet_kernel.isa<avxvnniint8>} {
  %0 = octet_kernel.dot4 %acc, %a, %b : vector<32xi8> -> vector<8xi32>
  return %0 : vector<8xi32>
}

// Longer than the registers: in parts. The splat operand goes last.
// CHECK-LABEL: func @dotprod
// CHECK: %[[A:.*]] = vector.shuffle %arg1
// CHECK: %[[B:.*]] = vector.shuffle %arg2
// CHECK: llvm.aarch64.neon.sdot.v4i32.v16i8"(%{{.*}}, %[[B]], %[[A]])
// CHECK: llvm.aarch64.neon.sdot
func.func @dotprod(%acc: vector<8xi32>, %a: vector<32xi8>, %b: vector<32xi8>) -> vector<8xi32> attributes {octet_kernel.isa = #octet_kernel.isa<dotprod>} {
  %0 = octet_kernel.dot4 %acc, %a, %b : vector<32xi8> -> vector<8xi32>
  return %0 : vector<8xi32>
}

// CHECK-LABEL: func @i8mm
// CHECK: llvm.aarch64.neon.usmmla
func.func @i8mm(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>) -> vector<4xi32> attributes {octet_kernel.isa = #octet_kernel.isa<i8mm>} {
  %0 = octet_kernel.mmla %acc, %a, %b {a_unsigned} : vector<16xi8> -> vector<4xi32>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: func @neon
// CHECK-COUNT-2: llvm.aarch64.neon.smull
// CHECK: llvm.aarch64.neon.addp
func.func @neon(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>) -> vector<4xi32> attributes {octet_kernel.isa = #octet_kernel.isa<neon>} {
  %0 = octet_kernel.dot4 %acc, %a, %b : vector<16xi8> -> vector<4xi32>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: func @any_cpu
// CHECK-NOT: call_intrinsic
// CHECK-COUNT-2: arith.muli {{.*}} : vector<8xi32>
func.func @any_cpu(%acc: vector<4xi32>, %a: vector<16xi8>, %b: vector<16xi8>) -> vector<4xi32> {
  %0 = octet_kernel.dot4 %acc, %a, %b {a_unsigned} : vector<16xi8> -> vector<4xi32>
  return %0 : vector<4xi32>
}

// -----

// Equal tables are stored once, others under names of their own.
// CHECK-DAG: llvm.mlir.global internal constant @[[THREES:octet_table[_0-9]*]](dense<3>
// CHECK-DAG: llvm.mlir.global internal constant @[[FOURS:octet_table[_0-9]*]](dense<4>
// CHECK-NOT: llvm.mlir.global
// CHECK-LABEL: func @scalar
// CHECK: llvm.mlir.addressof @[[THREES]]
// CHECK: llvm.getelementptr
// CHECK: llvm.load
// CHECK: llvm.mlir.addressof @[[THREES]]
// CHECK: llvm.mlir.addressof @[[FOURS]]
func.func @scalar(%i: i8, %j: i8) -> (i8, i8, i8) {
  %0 = octet_kernel.lookup %i, dense<3> : tensor<256xi8> : i8
  %1 = octet_kernel.lookup %j, dense<3> : tensor<256xi8> : i8
  %2 = octet_kernel.lookup %j, dense<4> : tensor<256xi8> : i8
  return %0, %1, %2 : i8, i8, i8
}

// -----

// CHECK-LABEL: func @lookup_arm
// CHECK: vector.shape_cast %arg0 : vector<2x8xi8> to vector<16xi8>
// CHECK-COUNT-4: llvm.aarch64.neon.tbx4
func.func @lookup_arm(%i: vector<2x8xi8>) -> vector<2x8xi8> attributes {octet_kernel.isa = #octet_kernel.isa<neon>} {
  %0 = octet_kernel.lookup %i, dense<3> : tensor<256xi8> : vector<2x8xi8>
  return %0 : vector<2x8xi8>
}

// CHECK-LABEL: func @lookup_x86
// CHECK-COUNT-16: llvm.x86.avx512.pshuf.b.512
// CHECK-COUNT-15: arith.select
func.func @lookup_x86(%i: vector<64xi8>) -> vector<64xi8> attributes {octet_kernel.isa = #octet_kernel.isa<avx512vnni>} {
  %0 = octet_kernel.lookup %i, dense<3> : tensor<256xi8> : vector<64xi8>
  return %0 : vector<64xi8>
}

// -----

func.func @no_form(%acc: vector<4xi32>, %a: vector<16xi8>) -> vector<4xi32> attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  // expected-error @below {{has no form for avx2}}
  %0 = octet_kernel.mmla %acc, %a, %a : vector<16xi8> -> vector<4xi32>
  return %0 : vector<4xi32>
}

// -----

func.func @tensor(%i: tensor<4xi8>) -> tensor<4xi8> {
  // expected-error @below {{must be on vectors or scalars}}
  %0 = octet_kernel.lookup %i, dense<3> : tensor<256xi8> : tensor<4xi8>
  return %0 : tensor<4xi8>
}
