// RUN: octet-opt %s --octet-expand-math | FileCheck %s

// Nothing depends on the last bits: products are fused where a CPU can.
// CHECK-LABEL: func @fused
// CHECK-COUNT-6: math.fma
// CHECK-LABEL: func @not_fused
// CHECK-NOT: math.fma
// CHECK: return
module attributes {octet.free_floats} {
  func.func @fused(%x: f32) -> f32
      attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
    %0 = math.exp %x : f32
    return %0 : f32
  }
  func.func @not_fused(%x: f32) -> f32
      attributes {octet_kernel.isa = #octet_kernel.isa<generic>} {
    %0 = math.exp %x : f32
    return %0 : f32
  }
}
