// RUN: octet-opt %s --octet-lower-to-llvm=target=x86-64+generic+avx2 --split-input-file | FileCheck %s

// CHECK: octet.model = {arena_alignment = 64 : i64, arena_bytes = 128 : i64
// CHECK-SAME: inputs = [{name = "x", shape = array<i64: 4>, type = f32}]
// CHECK-SAME: isas = ["generic", "avx2"], largest_live_bytes = 0 : i64, main = @octet_main, name = "m"
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
    call @k0_generic(%c0, %c4, %x, %0) {octet.step = {name = "a", op = "A", precision = "float", macs = 0, read = 16, written = 16, kernels = [@k0_generic, @k0_avx2]}} : (index, index, memref<4xf32>, memref<4xf32>) -> ()
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

// -----

// The entry with quantized tensors says their form, shares the nodes that are
// the same, and makes the arena as large as either needs.
// CHECK: octet.model = {arena_alignment = 64 : i64, arena_bytes = 256 : i64
// CHECK-SAME: inputs = [{name = "x", quantized = {scale = 5.000000e-01 : f32, type = ui8, zero_point = 3 : i64}, shape = array<i64: 4>, type = f32}]
// CHECK-SAME: main = @octet_main, main_quantized = @octet_main_quantized
// CHECK-SAME: name = "quantize"
// CHECK-SAME: name = "pool"
// CHECK-NOT: name = "pool"
// CHECK: llvm.func internal @octet_main(
// CHECK-COUNT-2: llvm.call @octet_rt_launch
// CHECK: llvm.func internal @octet_main_quantized(
// CHECK: %[[POOL:.*]] = llvm.mlir.constant(1 : i32)
// CHECK: llvm.call @octet_rt_launch(%{{.*}}, %[[POOL]],
// CHECK-NOT: llvm.call @octet_rt_launch
module @m {
  func.func @main(%x: memref<4xf32> {octet.name = "x"}, %y: memref<4xi8> {octet.name = "y", octet.result}, %arena: memref<128xi8> {octet.arena}) {
    %c0 = arith.constant 0 : index
    %c4 = arith.constant 4 : index
    %0 = memref.view %arena[%c0][] : memref<128xi8> to memref<4xi8>
    call @k0_generic(%c0, %c4, %x, %0) {octet.step = {name = "quantize", op = "QuantizeLinear", precision = "int8", macs = 0, read = 10, written = 10, kernels = [@k0_generic]}} : (index, index, memref<4xf32>, memref<4xi8>) -> ()
    call @k1_generic(%c0, %c4, %0, %y) {octet.step = {name = "pool", op = "MaxPool", precision = "int8", macs = 0, read = 4, written = 4, kernels = [@k1_generic]}} : (index, index, memref<4xi8>, memref<4xi8>) -> ()
    return
  }
  func.func @main_quantized(%x: memref<4xi8> {octet.name = "x", octet.type = !quant.uniform<u8:f32, 0.5:3>}, %y: memref<4xi8> {octet.name = "y", octet.result}, %arena: memref<256xi8> {octet.arena}) {
    %c0 = arith.constant 0 : index
    %c4 = arith.constant 4 : index
    call @k1_generic(%c0, %c4, %x, %y) {octet.step = {name = "pool", op = "MaxPool", precision = "int8", macs = 0, read = 4, written = 4, kernels = [@k1_generic]}} : (index, index, memref<4xi8>, memref<4xi8>) -> ()
    return
  }
  func.func private @k0_generic(%lo: index, %hi: index, %x: memref<4xf32>, %y: memref<4xi8>) attributes {octet_kernel.isa = #octet_kernel.isa<generic>} {
    return
  }
  func.func private @k1_generic(%lo: index, %hi: index, %x: memref<4xi8>, %y: memref<4xi8>) attributes {octet_kernel.isa = #octet_kernel.isa<generic>} {
    return
  }
}
