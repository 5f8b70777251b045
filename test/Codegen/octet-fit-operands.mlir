// RUN: octet-opt %s --octet-fit-operands | FileCheck %s

// One step of a sequence that lies channel by channel.
// CHECK-LABEL: func @strided_input
// CHECK-SAME: %[[X:[^:]*]]: memref<1x1x1x4xf32, strided<[8, 8, 8, 2]>>
// CHECK: %[[DENSE:.*]] = memref.alloc() : memref<1x1x1x4xf32>
// CHECK: linalg.generic {{.*}} ins(%[[X]] : {{.*}}) outs(%[[DENSE]] :
// CHECK: octet_kernel.conv ins(%[[DENSE]], %{{.*}}) outs
func.func @strided_input(%x: memref<1x1x1x4xf32, strided<[8, 8, 8, 2]>>, %w: memref<3x1x1x4xf32>, %y: memref<1x1x1x3xf32>) {
  octet_kernel.conv ins(%x, %w : memref<1x1x1x4xf32, strided<[8, 8, 8, 2]>>, memref<3x1x1x4xf32>) outs(%y : memref<1x1x1x3xf32>)
      attributes {kernel = array<i64: 1, 1>} {
  ^bb0(%sum: f32):
    octet_kernel.yield %sum : f32
  }
  return
}

// CHECK-LABEL: func @strided_output_and_residual
// CHECK-SAME: %[[R:[^:]*]]: memref<1x1x1x3xf32, strided<[6, 6, 6, 2], offset: ?>>, %[[Y:[^:]*]]: memref<1x1x1x3xf32, strided<[?, ?, ?, 1]>>
// CHECK: %[[SKIP:.*]] = memref.alloc() : memref<1x1x1x3xf32>
// CHECK: linalg.generic {{.*}} ins(%[[R]] : {{.*}}) outs(%[[SKIP]] :
// CHECK: %[[DENSE:.*]] = memref.alloc() : memref<1x1x1x3xf32>
// CHECK: octet_kernel.conv ins({{.*}}) epilogue(%[[SKIP]] : {{.*}}) outs(%[[DENSE]] :
// CHECK: linalg.generic {{.*}} ins(%[[DENSE]] : {{.*}}) outs(%[[Y]] :
func.func @strided_output_and_residual(%x: memref<1x1x1x4xf32>, %w: memref<3x1x1x4xf32>, %r: memref<1x1x1x3xf32, strided<[6, 6, 6, 2], offset: ?>>, %y: memref<1x1x1x3xf32, strided<[?, ?, ?, 1]>>) {
  octet_kernel.conv ins(%x, %w : memref<1x1x1x4xf32>, memref<3x1x1x4xf32>) epilogue(%r : memref<1x1x1x3xf32, strided<[6, 6, 6, 2], offset: ?>>) outs(%y : memref<1x1x1x3xf32, strided<[?, ?, ?, 1]>>)
      attributes {kernel = array<i64: 1, 1>} {
  ^bb0(%sum: f32, %skip: f32):
    %0 = arith.addf %sum, %skip : f32
    octet_kernel.yield %0 : f32
  }
  return
}

// Padding between rows is nothing to copy for.
// CHECK-LABEL: func @padded_input
// CHECK-NOT: memref.alloc
// CHECK: return
func.func @padded_input(%x: memref<1x2x2x4xf32, strided<[32, 16, 4, 1], offset: 20>>, %w: memref<3x1x1x4xf32>, %y: memref<1x2x2x3xf32>) {
  octet_kernel.conv ins(%x, %w : memref<1x2x2x4xf32, strided<[32, 16, 4, 1], offset: 20>>, memref<3x1x1x4xf32>) outs(%y : memref<1x2x2x3xf32>)
      attributes {kernel = array<i64: 1, 1>} {
  ^bb0(%sum: f32):
    octet_kernel.yield %sum : f32
  }
  return
}
