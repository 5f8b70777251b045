// RUN: octet-opt %s --octet-expand-math | FileCheck %s

// CHECK-LABEL: func @functions_are_arithmetic
// CHECK-NOT: math.exp
// CHECK-NOT: math.tanh
// CHECK-NOT: math.erf
// CHECK-NOT: math.log
// CHECK-NOT: math.powf
// CHECK-NOT: math.fma
// CHECK: return
func.func @functions_are_arithmetic(%x: f32) -> (f32, f32, f32, f32, f32)
    attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  %0 = math.exp %x : f32
  %1 = math.tanh %x : f32
  %2 = math.erf %x : f32
  %3 = math.log %x : f32
  %4 = math.powf %x, %0 : f32
  return %0, %1, %2, %3, %4 : f32, f32, f32, f32, f32
}

// CHECK-LABEL: func @cpu_that_rounds
// CHECK: math.roundeven
func.func @cpu_that_rounds(%x: f32) -> f32
    attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  %0 = math.roundeven %x : f32
  return %0 : f32
}

// CHECK-LABEL: func @cpu_that_does_not_round
// CHECK-SAME: (%[[X:.*]]: f32)
// CHECK-DAG: %[[BIG:.*]] = arith.constant 0x4B000000 : f32
// CHECK-DAG: %[[ABS:.*]] = math.absf %[[X]]
// CHECK: %[[SUM:.*]] = arith.addf %[[ABS]], %[[BIG]]
// CHECK: %[[BACK:.*]] = arith.subf %[[SUM]], %[[BIG]]
// CHECK: %[[SMALL:.*]] = arith.cmpf olt, %[[ABS]], %[[BIG]]
// CHECK: %[[R:.*]] = arith.select %[[SMALL]], %[[BACK]], %[[ABS]]
// CHECK: math.copysign %[[R]], %[[X]]
func.func @cpu_that_does_not_round(%x: f32) -> f32
    attributes {octet_kernel.isa = #octet_kernel.isa<generic>} {
  %0 = math.roundeven %x : f32
  return %0 : f32
}

// CHECK-LABEL: func @generic_floor
// CHECK-NOT: math.floor
// CHECK-NOT: math.ceil
// CHECK-NOT: math.trunc
// CHECK: return
func.func @generic_floor(%x: f32) -> (f32, f32, f32) {
  %0 = math.floor %x : f32
  %1 = math.ceil %x : f32
  %2 = math.trunc %x : f32
  return %0, %1, %2 : f32, f32, f32
}

// A function in the epilogue of a kernel has the bits of the same one elsewhere;
// only what octet-fuse-requantization marked rounds once.
// CHECK-LABEL: func @epilogue
// CHECK: octet_kernel.conv
// CHECK-NOT: math.exp
// CHECK: math.fma {{.*}} fastmath<contract>
// CHECK-NOT: math.fma
// CHECK: return
func.func @epilogue(%x: memref<1x1x5x2xi8>, %w: memref<2x1x1x2xi8>, %y: memref<1x1x5x2xf32>)
    attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  octet_kernel.conv ins(%x, %w : memref<1x1x5x2xi8>, memref<2x1x1x2xi8>) outs(%y : memref<1x1x5x2xf32>)
      attributes {kernel = array<i64: 1, 1>, input_unsigned} {
  ^bb0(%sum: i32):
    %0 = arith.sitofp %sum : i32 to f32
    %1 = math.fma %0, %0, %0 fastmath<contract> : f32
    %2 = math.exp %1 : f32
    octet_kernel.yield %2 : f32
  }
  return
}

// CHECK-LABEL: func @rounds_in_conversion
// CHECK-NOT: math.roundeven
// CHECK: llvm.intr.lrint(%{{.*}}) : (f32) -> i32
func.func @rounds_in_conversion(%x: f32) -> i32
    attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  %0 = math.roundeven %x : f32
  %1 = arith.fptosi %0 : f32 to i32
  return %1 : i32
}

// Other widths, and CPUs that have an instruction for both.
// CHECK-LABEL: func @rounds_ahead
// CHECK: math.roundeven
// CHECK: arith.fptosi
func.func @rounds_ahead(%x: f32) -> i64
    attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  %0 = math.roundeven %x : f32
  %1 = arith.fptosi %0 : f32 to i64
  return %1 : i64
}

// CHECK-LABEL: func @rounds_on_arm
// CHECK: math.roundeven
// CHECK: arith.fptosi
func.func @rounds_on_arm(%x: f32) -> i32
    attributes {octet_kernel.isa = #octet_kernel.isa<neon>} {
  %0 = math.roundeven %x : f32
  %1 = arith.fptosi %0 : f32 to i32
  return %1 : i32
}
