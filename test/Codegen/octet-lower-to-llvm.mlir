// RUN: octet-opt %s --octet-lower-to-llvm=target=x86-64+generic+avx2 | FileCheck %s

// CHECK: octet.model = {arena_alignment = 64 : i64, arena_bytes = 128 : i64
// CHECK-SAME: inputs = [{name = "x", shape = array<i64: 4>, type = f32}]
// CHECK-SAME: isas = ["generic", "avx2"], main = @octet_main, name = "m"
// CHECK-SAME: kernels = [@k0_generic, @k0_avx2]
// CHECK-SAME: outputs = [{name = "y", shape = array<i64: 4>, type = f32}]
module @m {
  // CHECK: llvm.func @octet_rt_launch(!llvm.ptr, i32, i64, !llvm.ptr)
  // CHECK-LABEL: llvm.func internal @octet_main
  // CHECK-SAME: (%[[CTX:.*]]: !llvm.ptr, %[[IN:.*]]: !llvm.ptr, %[[OUT:.*]]: !llvm.ptr, %[[ARENA:.*]]: !llvm.ptr)
  // CHECK: %[[PLACE:.*]] = llvm.getelementptr %[[ARENA]][64]
  // CHECK: llvm.store %[[PLACE]]
  // CHECK: llvm.call @octet_rt_launch(%[[CTX]]
  func.func @main(%x: memref<4xf32> {octet.name = "x"}, %y: memref<4xf32> {octet.name = "y", octet.result}, %arena: memref<128xi8> {octet.arena}) {
    %c0 = arith.constant 0 : index
    %c4 = arith.constant 4 : index
    %c64 = arith.constant 64 : index
    %0 = memref.view %arena[%c64][] : memref<128xi8> to memref<4xf32>
    call @k0_generic(%c0, %c4, %x, %0) {octet.step = {name = "a", op = "A", precision = "float", macs = 0, bytes = 32, kernels = [@k0_generic, @k0_avx2]}} : (index, index, memref<4xf32>, memref<4xf32>) -> ()
    return
  }
  // CHECK-LABEL: llvm.func internal @k0_avx2(
  // CHECK-SAME: prefer_vector_width = "256", target_features = #llvm.target_features<{{.*}}"+avx2"
  // CHECK: llvm.call @k0_avx2_body
  // CHECK-LABEL: llvm.func internal @k0_avx2_body(
  // CHECK-SAME: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}
  func.func private @k0_generic(%lo: index, %hi: index, %x: memref<4xf32>, %y: memref<4xf32>) attributes {octet_kernel.isa = #octet_kernel.isa<generic>} {
    return
  }
  func.func private @k0_avx2(%lo: index, %hi: index, %x: memref<4xf32>, %y: memref<4xf32>) attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
    return
  }
}
