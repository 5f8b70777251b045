// RUN: octet-opt %s -octet-fuse-requantization -split-input-file | FileCheck %s

// The sum starts at the bits of a float, moved by the bias; the zero point stays
// an integer, and so do the bounds. The bias itself is used no more.
// CHECK-DAG: @w_start_[[KEY:[0-9a-f]+]] : memref<2xi32>
// CHECK-DAG: @w_offset_[[KEY]] : memref<2xf32>
memref.global "private" constant @w : memref<2x1x1x2xi8> = dense<[[[[1, 2]]], [[[-3, 4]]]]>
memref.global "private" constant @bias : memref<2xi32> = dense<[5, -6]>
memref.global "private" constant @scale : memref<2xf32> = dense<[0.3, 0.71]>

// CHECK-LABEL: func.func @fused
// CHECK-DAG: %[[SCALES:.*]] = memref.get_global @scale
// CHECK-DAG: %[[STARTS:.*]] = memref.get_global @w_start_[[KEY]]
// CHECK-DAG: %[[OFFSETS:.*]] = memref.get_global @w_offset_[[KEY]]
// CHECK: epilogue(%[[SCALES]], %[[STARTS]], %[[OFFSETS]] :
// CHECK: ^bb0(%[[SUM:.*]]: i32, %[[SCALE:.*]]: f32, %[[START:.*]]: i32, %[[OFFSET:.*]]: f32):
// CHECK: %[[TOTAL:.*]] = arith.addi %[[SUM]], %[[START]]
// CHECK: %[[FLOAT:.*]] = arith.bitcast %[[TOTAL]] : i32 to f32
// CHECK: %[[REAL:.*]] = math.fma %[[FLOAT]], %[[SCALE]], %[[OFFSET]] fastmath<contract>
// CHECK: %[[ROUNDED:.*]] = math.roundeven %[[REAL]]
// CHECK: %[[Q:.*]] = arith.fptosi %[[ROUNDED]]
// CHECK: %[[MOVED:.*]] = arith.addi %[[Q]], %c7
// CHECK: %[[LOW:.*]] = arith.maxsi %[[MOVED]], %c0
// CHECK: %[[HIGH:.*]] = arith.minsi %[[LOW]], %c255
// CHECK: %[[BYTE:.*]] = arith.trunci %[[HIGH]]
// CHECK: yield %[[BYTE]]
func.func @fused(%x: memref<1x1x5x2xi8>, %y: memref<1x1x5x2xi8>) attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  %w = memref.get_global @w : memref<2x1x1x2xi8>
  %bias = memref.get_global @bias : memref<2xi32>
  %scale = memref.get_global @scale : memref<2xf32>
  octet_kernel.conv ins(%x, %w : memref<1x1x5x2xi8>, memref<2x1x1x2xi8>)
      epilogue(%bias, %scale : memref<2xi32>, memref<2xf32>) outs(%y : memref<1x1x5x2xi8>)
      attributes {kernel = array<i64: 1, 1>, input_unsigned} {
  ^bb0(%sum: i32, %b: i32, %s: f32):
    %low = arith.constant -7.0 : f32
    %high = arith.constant 248.0 : f32
    %zp = arith.constant 7 : i32
    %0 = arith.addi %sum, %b : i32
    %1 = arith.sitofp %0 : i32 to f32
    %2 = arith.mulf %1, %s : f32
    %3 = arith.maximumf %2, %low : f32
    %4 = arith.minimumf %3, %high : f32
    %5 = math.roundeven %4 : f32
    %6 = arith.fptosi %5 : f32 to i32
    %7 = arith.addi %6, %zp : i32
    %8 = arith.trunci %7 : i32 to i8
    octet_kernel.yield %8 : i8
  }
  return
}

// These scales have no product near a half that f32 would make one: the
// multiply-add rounds, and its low word is the result.
memref.global "private" constant @fine : memref<2xf32> = dense<[0.3137, 0.7193]>

// CHECK-LABEL: func.func @rounding
// CHECK: ^bb0(%[[SUM:.*]]: i32, %[[SCALE:.*]]: f32, %[[START:.*]]: i32, %[[OFFSET:.*]]: f32):
// CHECK: %[[TOTAL:.*]] = arith.addi %[[SUM]], %[[START]]
// CHECK: %[[FLOAT:.*]] = arith.bitcast %[[TOTAL]] : i32 to f32
// CHECK: %[[REAL:.*]] = math.fma %[[FLOAT]], %[[SCALE]], %[[OFFSET]] fastmath<contract>
// CHECK: %[[BITS:.*]] = arith.bitcast %[[REAL]] : f32 to i32
// CHECK: %[[WORD:.*]] = arith.trunci %[[BITS]] : i32 to i16
// CHECK: %[[LOW:.*]] = arith.maxsi %[[WORD]], %c-128_i16
// CHECK: %[[HIGH:.*]] = arith.minsi %[[LOW]], %c127_i16
// CHECK: %[[BYTE:.*]] = arith.trunci %[[HIGH]] : i16 to i8
// CHECK: yield %[[BYTE]]
func.func @rounding(%x: memref<1x1x5x2xi8>, %y: memref<1x1x5x2xi8>) attributes {octet_kernel.isa = #octet_kernel.isa<dotprod>} {
  %w = memref.get_global @w : memref<2x1x1x2xi8>
  %scale = memref.get_global @fine : memref<2xf32>
  octet_kernel.conv ins(%x, %w : memref<1x1x5x2xi8>, memref<2x1x1x2xi8>)
      epilogue(%scale : memref<2xf32>) outs(%y : memref<1x1x5x2xi8>)
      attributes {kernel = array<i64: 1, 1>} {
  ^bb0(%sum: i32, %s: f32):
    %low = arith.constant -123.0 : f32
    %high = arith.constant 132.0 : f32
    %zp = arith.constant -5 : i32
    %1 = arith.sitofp %sum : i32 to f32
    %2 = arith.mulf %1, %s : f32
    %3 = arith.maximumf %2, %low : f32
    %4 = arith.minimumf %3, %high : f32
    %5 = math.roundeven %4 : f32
    %6 = arith.fptosi %5 : f32 to i32
    %7 = arith.addi %6, %zp : i32
    %8 = arith.trunci %7 : i32 to i8
    octet_kernel.yield %8 : i8
  }
  return
}

// Without a fused multiply-add, nothing changes.
// CHECK-LABEL: func.func @no_fma
// CHECK-NOT: math.fma
// CHECK: arith.sitofp
func.func @no_fma(%x: memref<1x1x5x2xi8>, %y: memref<1x1x5x2xi8>) attributes {octet_kernel.isa = #octet_kernel.isa<generic>} {
  %w = memref.get_global @w : memref<2x1x1x2xi8>
  %scale = memref.get_global @scale : memref<2xf32>
  octet_kernel.conv ins(%x, %w : memref<1x1x5x2xi8>, memref<2x1x1x2xi8>)
      epilogue(%scale : memref<2xf32>) outs(%y : memref<1x1x5x2xi8>)
      attributes {kernel = array<i64: 1, 1>, input_unsigned} {
  ^bb0(%sum: i32, %s: f32):
    %low = arith.constant 0.0 : f32
    %high = arith.constant 255.0 : f32
    %1 = arith.sitofp %sum : i32 to f32
    %2 = arith.mulf %1, %s : f32
    %3 = arith.maximumf %2, %low : f32
    %4 = arith.minimumf %3, %high : f32
    %5 = math.roundeven %4 : f32
    %6 = arith.fptosi %5 : f32 to i32
    %8 = arith.trunci %6 : i32 to i8
    octet_kernel.yield %8 : i8
  }
  return
}

// Multipliers that are known only at run time prove nothing.
// CHECK-LABEL: func.func @unknown_scale
// CHECK-NOT: math.fma
// CHECK: arith.sitofp
func.func @unknown_scale(%x: memref<1x1x5x2xi8>, %scale: memref<2xf32>, %y: memref<1x1x5x2xi8>) attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  %w = memref.get_global @w : memref<2x1x1x2xi8>
  octet_kernel.conv ins(%x, %w : memref<1x1x5x2xi8>, memref<2x1x1x2xi8>)
      epilogue(%scale : memref<2xf32>) outs(%y : memref<1x1x5x2xi8>)
      attributes {kernel = array<i64: 1, 1>, input_unsigned} {
  ^bb0(%sum: i32, %s: f32):
    %low = arith.constant 0.0 : f32
    %high = arith.constant 255.0 : f32
    %1 = arith.sitofp %sum : i32 to f32
    %2 = arith.mulf %1, %s : f32
    %3 = arith.maximumf %2, %low : f32
    %4 = arith.minimumf %3, %high : f32
    %5 = math.roundeven %4 : f32
    %6 = arith.fptosi %5 : f32 to i32
    %8 = arith.trunci %6 : i32 to i8
    octet_kernel.yield %8 : i8
  }
  return
}

// A residual is added before the rounding: the product itself must be right.
// CHECK-LABEL: func.func @residual
// CHECK-NOT: math.fma
// CHECK: arith.sitofp
func.func @residual(%x: memref<1x1x5x2xi8>, %r: memref<1x1x5x2xf32>, %y: memref<1x1x5x2xi8>) attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  %w = memref.get_global @w : memref<2x1x1x2xi8>
  %scale = memref.get_global @scale : memref<2xf32>
  octet_kernel.conv ins(%x, %w : memref<1x1x5x2xi8>, memref<2x1x1x2xi8>)
      epilogue(%scale, %r : memref<2xf32>, memref<1x1x5x2xf32>) outs(%y : memref<1x1x5x2xi8>)
      attributes {kernel = array<i64: 1, 1>, input_unsigned} {
  ^bb0(%sum: i32, %s: f32, %old: f32):
    %low = arith.constant 0.0 : f32
    %high = arith.constant 255.0 : f32
    %1 = arith.sitofp %sum : i32 to f32
    %2 = arith.mulf %1, %s : f32
    %add = arith.addf %2, %old : f32
    %3 = arith.maximumf %add, %low : f32
    %4 = arith.minimumf %3, %high : f32
    %5 = math.roundeven %4 : f32
    %6 = arith.fptosi %5 : f32 to i32
    %8 = arith.trunci %6 : i32 to i8
    octet_kernel.yield %8 : i8
  }
  return
}
