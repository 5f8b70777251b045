// RUN: octet-opt %s --split-input-file --octet-choose-multipliers | FileCheck %s

!x = !quant.uniform<u8:f32, 1.0>
!w = !quant.uniform<i8<-127:127>:f32:1, {0.30000001192092896, 2.500000e-01}>
!b = !quant.uniform<i32:f32:0, {0.30000001192092896, 2.500000e-01}>

// 15 times 0.3 is 4.5 in f32 and more in truth, 5 times 0.3 is 1.5 likewise: no
// shift of all products lets one be rounded down and the other up. With the next
// scale but some there is no such tie. Halves and quarters have true ties, which
// go to even once as well as twice. The bias follows its weights.
// CHECK-LABEL: func @moved
// CHECK-DAG: %[[W:.*]] = octet.constant dense<{{.*}}> : tensor<2x2xi8> -> tensor<2x2x!quant.uniform<i8<-127:127>:f32:1, {[[S:0.3000[0-9]+]],2.500000e-01}>>
// CHECK-DAG: %[[B:.*]] = octet.constant dense<[3, 4]> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32:0, {[[S]],2.500000e-01}>>
// CHECK-NOT: 0.30000001192092896
// CHECK: octet.matmul(%arg0, %[[W]], bias %[[B]])
func.func @moved(%x: tensor<1x2x!x>) -> tensor<1x2x!x> {
  %w = octet.constant dense<[[100, 50], [-20, 7]]> : tensor<2x2xi8> -> tensor<2x2x!w>
  %b = octet.constant dense<[3, 4]> : tensor<2xi32> -> tensor<2x!b>
  %y = octet.matmul(%x, %w, bias %b) : (tensor<1x2x!x>, tensor<2x2x!w>, tensor<2x!b>) -> tensor<1x2x!x>
  return %y : tensor<1x2x!x>
}

// -----

!x = !quant.uniform<u8:f32, 1.0>
!w = !quant.uniform<i8:f32:1, {0.30000001192092896, 2.500000e-01}>
!own = !quant.uniform<i8<-127:127>:f32:1, {0.30000001192092896, 2.500000e-01}>

// Weights that came quantized keep their scales, as do those of a product whose
// result is added to before it is rounded.
// CHECK-LABEL: func @kept
// CHECK: octet.constant {{.*}}i8:f32:1, {0.30000001192092896,2.500000e-01}>
// CHECK: octet.constant {{.*}}i8<-127:127>:f32:1, {0.30000001192092896,2.500000e-01}>
func.func @kept(%x: tensor<1x2x!x>, %r: tensor<1x2x!x>) -> tensor<1x2x!x> {
  %w = octet.constant dense<[[100, 50], [-20, 7]]> : tensor<2x2xi8> -> tensor<2x2x!w>
  %own = octet.constant dense<[[100, 50], [-20, 7]]> : tensor<2x2xi8> -> tensor<2x2x!own>
  %y = octet.matmul(%x, %w) : (tensor<1x2x!x>, tensor<2x2x!w>) -> tensor<1x2x!x>
  %z = octet.matmul(%y, %own, residual %r) : (tensor<1x2x!x>, tensor<2x2x!own>, tensor<1x2x!x>) -> tensor<1x2x!x>
  return %z : tensor<1x2x!x>
}

// -----

!x = !quant.uniform<u8:f32, 1.0>
!w = !quant.uniform<i8<-127:127>:f32:1, {0.25, 0.25}>
!y = !quant.uniform<u8:f32, 1.0:3>

// An odd zero point makes ties go elsewhere: a quarter does not serve. What else
// uses the weights keeps their scales.
// CHECK-LABEL: func @shared
// CHECK-DAG: %[[PLAIN:.*]] = octet.constant {{.*}}i8<-127:127>:f32:1, {2.500000e-01,2.500000e-01}>
// CHECK-DAG: %[[W:.*]] = octet.constant {{.*}}i8<-127:127>:f32:1, {[[S:0.2500000[0-9]+]],[[S]]}>
// CHECK: octet.matmul(%arg0, %[[W]])
// CHECK: return %{{.*}}, %[[PLAIN]]
func.func @shared(%x: tensor<1x2x!x>) -> (tensor<1x2x!y>, tensor<2x2x!w>) {
  %w = octet.constant dense<[[100, 100], [-20, -20]]> : tensor<2x2xi8> -> tensor<2x2x!w>
  %y = octet.matmul(%x, %w) : (tensor<1x2x!x>, tensor<2x2x!w>) -> tensor<1x2x!y>
  return %y, %w : tensor<1x2x!y>, tensor<2x2x!w>
}
