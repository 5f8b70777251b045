// RUN: octet-opt %s --split-input-file --octet-expand-floats --canonicalize | FileCheck %s

// The exponent is moved by a product with 2^112; infinities and NaN are selected.
// CHECK-LABEL: func @extend
// CHECK: %[[X:.*]] = memref.load
// CHECK-NOT: arith.extf
// CHECK: %[[BITS:.*]] = arith.bitcast %[[X]] : f16 to i16
// CHECK: arith.extui %[[BITS]] : i16 to i32
// CHECK: arith.mulf %{{.*}}, %{{.*}} : f32
// CHECK: arith.bitcast %{{.*}} : i32 to f32
func.func @extend(%m: memref<f16>) -> f32 attributes {octet_kernel.isa = #octet_kernel.isa<generic>} {
  %x = memref.load %m[] : memref<f16>
  %0 = arith.extf %x : f16 to f32
  return %0 : f32
}

// -----

// A CPU that has AVX2 converts f16 itself.
// CHECK-LABEL: func @extend_with_avx2
// CHECK: arith.extf %{{.*}} : f16 to f32
func.func @extend_with_avx2(%m: memref<f16>) -> f32 attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  %x = memref.load %m[] : memref<f16>
  %0 = arith.extf %x : f16 to f32
  return %0 : f32
}

// -----

// Vectors keep their shape.
// CHECK-LABEL: func @truncate
// CHECK-SAME: (%[[X:.*]]: vector<8xf32>) -> vector<8xf16>
// CHECK-NOT: arith.truncf
// CHECK: arith.bitcast %[[X]] : vector<8xf32> to vector<8xi32>
// CHECK: arith.bitcast %{{.*}} : vector<8xi16> to vector<8xf16>
func.func @truncate(%x: vector<8xf32>) -> vector<8xf16> {
  %0 = arith.truncf %x : vector<8xf32> to vector<8xf16>
  return %0 : vector<8xf16>
}

// -----

// f64 becomes an f32 whose last bit says that bits were lost: rounded once.
// CHECK-LABEL: func @truncate_once
// CHECK-SAME: (%[[X:.*]]: f64) -> f16
// CHECK: %[[NEAR:.*]] = arith.truncf %[[X]] : f64 to f32
// CHECK: %[[BACK:.*]] = arith.extf %[[NEAR]] : f32 to f64
// CHECK: arith.cmpf one, %[[BACK]], %[[X]] : f64
// CHECK-NOT: to f16{{$}}
// CHECK: arith.bitcast %{{.*}} : i16 to f16
func.func @truncate_once(%x: f64) -> f16 {
  %0 = arith.truncf %x : f64 to f16
  return %0 : f16
}

// -----

// Arithmetic is done in f32 and rounded after each operation.
// CHECK-LABEL: func @add
// CHECK-NOT: arith.addf {{.*}} : f16
// CHECK: %[[SUM:.*]] = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK: arith.bitcast %[[SUM]] : f32 to i32
func.func @add(%x: f16, %y: f16) -> f16 {
  %0 = arith.addf %x, %y : f16
  return %0 : f16
}

// -----

// What every CPU has is left alone.
// CHECK-LABEL: func @wide
// CHECK: arith.extf %{{.*}} : f32 to f64
// CHECK: arith.addf %{{.*}} : f64
func.func @wide(%x: f32) -> f64 {
  %0 = arith.extf %x : f32 to f64
  %1 = arith.addf %0, %0 : f64
  return %1 : f64
}
