// RUN: octet-opt %s --octet-simplify --split-input-file | FileCheck %s

// (x * w) * scale + shift: w = 2 * [4 / sqrt(4)], b = 1 - 3 * 2.
// CHECK-LABEL: func.func @batch_norm_into_conv
func.func @batch_norm_into_conv(%x: tensor<1x1x4xf32>) -> tensor<1x1x4xf32> {
  // CHECK-DAG: %[[B:.*]] = octet.constant dense<-5.000000e+00> : tensor<1xf32>
  // CHECK-DAG: %[[W:.*]] = octet.constant dense<4.000000e+00> : tensor<1x1x1xf32>
  // CHECK: %[[Y:.*]] = octet.conv(%arg0, %[[W]], bias %[[B]])
  // CHECK-NEXT: return %[[Y]]
  %w = octet.constant dense<2.0> : tensor<1x1x1xf32> -> tensor<1x1x1xf32>
  %g = octet.constant dense<4.0> : tensor<1xf32> -> tensor<1xf32>
  %b = octet.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %m = octet.constant dense<3.0> : tensor<1xf32> -> tensor<1xf32>
  %v = octet.constant dense<4.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = octet.conv(%x, %w) {strides = array<i64: 1>, pads = array<i64: 0, 0>,
      dilations = array<i64: 1>, groups = 1 : i64}
    : (tensor<1x1x4xf32>, tensor<1x1x1xf32>) -> tensor<1x1x4xf32>
  %1 = octet.batch_norm %0, %g, %b, %m, %v {epsilon = 0.0 : f64}
    : (tensor<1x1x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
       tensor<1xf32>) -> tensor<1x1x4xf32>
  return %1 : tensor<1x1x4xf32>
}

// -----

// CHECK-LABEL: func.func @batch_norm_alone
func.func @batch_norm_alone(%x: tensor<1x2x4xf32>) -> tensor<1x2x4xf32> {
  // CHECK: octet.mul %arg0, %{{.*}} : (tensor<1x2x4xf32>, tensor<2x1xf32>)
  // CHECK: octet.add
  %g = octet.constant dense<[4.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %1 = octet.batch_norm %x, %g, %g, %g, %g {epsilon = 0.0 : f64}
    : (tensor<1x2x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>,
       tensor<2xf32>) -> tensor<1x2x4xf32>
  return %1 : tensor<1x2x4xf32>
}

// -----

// Weights of a result that something else reads must stay.
// CHECK-LABEL: func.func @factor_with_two_uses
func.func @factor_with_two_uses(%x: tensor<2x2xf32>)
    -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  // CHECK: octet.matmul
  // CHECK: octet.mul
  %w = octet.constant dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %k = octet.constant dense<[2.0, 3.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = octet.matmul(%x, %w)
    : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = octet.mul %0, %k : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  return %0, %1 : tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

// CHECK-LABEL: func.func @term_becomes_bias
func.func @term_becomes_bias(%x: tensor<1x2x2xf32>) -> tensor<1x2x2xf32> {
  // CHECK: %[[K:.*]] = octet.constant dense<[2.000000e+00, 3.000000e+00]>
  // CHECK: octet.matmul(%arg0, %{{.*}}, bias %[[K]])
  // CHECK-NOT: octet.add
  %w = octet.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
    -> tensor<2x2xf32>
  %k = octet.constant dense<[2.0, 3.0]> : tensor<2xf32> -> tensor<2xf32>
  %0 = octet.matmul(%x, %w)
    : (tensor<1x2x2xf32>, tensor<2x2xf32>) -> tensor<1x2x2xf32>
  %1 = octet.add %0, %k
    : (tensor<1x2x2xf32>, tensor<2xf32>) -> tensor<1x2x2xf32>
  return %1 : tensor<1x2x2xf32>
}

// -----

// A term that varies along the rows is no bias.
// CHECK-LABEL: func.func @term_along_rows
func.func @term_along_rows(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  // CHECK: octet.matmul
  // CHECK: octet.add
  %w = octet.constant dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %k = octet.constant dense<[[2.0], [3.0]]> : tensor<2x1xf32>
    -> tensor<2x1xf32>
  %0 = octet.matmul(%x, %w)
    : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = octet.add %0, %k : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}

// -----

// The factors of a transposed convolution follow its groups.
// CHECK-LABEL: func.func @grouped_transposed
func.func @grouped_transposed(%x: tensor<1x2x2xf32>) -> tensor<1x2x2xf32> {
  // CHECK: octet.constant dense<{{\[\[\[}}2.000000e+00]], {{\[\[}}3.000000e+00]]]> : tensor<2x1x1xf32>
  // CHECK-NOT: octet.mul
  %w = octet.constant dense<1.0> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %k = octet.constant dense<[[2.0], [3.0]]> : tensor<2x1xf32>
    -> tensor<2x1xf32>
  %0 = octet.conv_transpose(%x, %w) {strides = array<i64: 1>,
      pads = array<i64: 0, 0>, dilations = array<i64: 1>,
      output_padding = array<i64: 0>, groups = 2 : i64}
    : (tensor<1x2x2xf32>, tensor<2x1x1xf32>) -> tensor<1x2x2xf32>
  %1 = octet.mul %0, %k
    : (tensor<1x2x2xf32>, tensor<2x1xf32>) -> tensor<1x2x2xf32>
  return %1 : tensor<1x2x2xf32>
}

// -----

// CHECK-LABEL: func.func @pad_into_conv
func.func @pad_into_conv(%x: tensor<1x1x4xf32>, %w: tensor<1x1x3xf32>)
    -> tensor<1x1x6xf32> {
  // CHECK-NOT: octet.pad
  // CHECK: octet.conv(%arg0, %arg1) {{.*}}pads = array<i64: 1, 3>
  %0 = octet.pad %x {low = array<i64: 0, 0, 1>, high = array<i64: 0, 0, 2>,
      mode = #octet<pad_mode constant>}
    : (tensor<1x1x4xf32>) -> tensor<1x1x7xf32>
  %1 = octet.conv(%0, %w) {strides = array<i64: 1>, pads = array<i64: 0, 1>,
      dilations = array<i64: 1>, groups = 1 : i64}
    : (tensor<1x1x7xf32>, tensor<1x1x3xf32>) -> tensor<1x1x6xf32>
  return %1 : tensor<1x1x6xf32>
}

// -----

// Only zeros around the image are a convolution's own padding.
// CHECK-LABEL: func.func @pad_with_ones
func.func @pad_with_ones(%x: tensor<1x1x4xf32>, %w: tensor<1x1x3xf32>)
    -> tensor<1x1x4xf32> {
  // CHECK: octet.pad
  %0 = octet.pad %x {low = array<i64: 0, 0, 1>, high = array<i64: 0, 0, 1>,
      mode = #octet<pad_mode constant>, value = 1.0 : f64}
    : (tensor<1x1x4xf32>) -> tensor<1x1x6xf32>
  %1 = octet.conv(%0, %w) {strides = array<i64: 1>, pads = array<i64: 0, 0>,
      dilations = array<i64: 1>, groups = 1 : i64}
    : (tensor<1x1x6xf32>, tensor<1x1x3xf32>) -> tensor<1x1x4xf32>
  return %1 : tensor<1x1x4xf32>
}

// -----

// CHECK-LABEL: func.func @silu
func.func @silu(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: octet.silu %arg0
  // CHECK-NOT: octet.mul
  %0 = octet.sigmoid %x : tensor<4xf32> -> tensor<4xf32>
  %1 = octet.mul %x, %0 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// A sigmoid of something else is a gate.
// CHECK-LABEL: func.func @gate
func.func @gate(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: octet.mul
  %0 = octet.sigmoid %y : tensor<4xf32> -> tensor<4xf32>
  %1 = octet.mul %x, %0 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @gelu
func.func @gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: octet.gelu %arg0 :
  // CHECK-NOT: octet.mul
  %root = octet.constant dense<1.41421354> : tensor<f32> -> tensor<f32>
  %one = octet.constant dense<1.0> : tensor<f32> -> tensor<f32>
  %half = octet.constant dense<0.5> : tensor<f32> -> tensor<f32>
  %0 = octet.div %x, %root : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = octet.erf %0 : tensor<4xf32> -> tensor<4xf32>
  %2 = octet.add %1, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %3 = octet.mul %x, %2 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = octet.mul %3, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @gelu_tanh
func.func @gelu_tanh(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: octet.gelu %arg0 {approximate}
  // CHECK-NOT: octet.mul
  %three = octet.constant dense<3.0> : tensor<f32> -> tensor<f32>
  %c = octet.constant dense<0.044715> : tensor<f32> -> tensor<f32>
  %s = octet.constant dense<0.797884583> : tensor<f32> -> tensor<f32>
  %one = octet.constant dense<1.0> : tensor<f32> -> tensor<f32>
  %half = octet.constant dense<0.5> : tensor<f32> -> tensor<f32>
  %0 = octet.pow %x, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = octet.mul %0, %c : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = octet.add %x, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = octet.mul %2, %s : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %4 = octet.tanh %3 : tensor<4xf32> -> tensor<4xf32>
  %5 = octet.add %4, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %6 = octet.mul %x, %half : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %7 = octet.mul %6, %5 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %7 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @hard_swish
func.func @hard_swish(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: octet.hard_swish %arg0
  %three = octet.constant dense<3.0> : tensor<f32> -> tensor<f32>
  %six = octet.constant dense<6.0> : tensor<f32> -> tensor<f32>
  %0 = octet.add %x, %three : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  %1 = octet.clip %0 {low = 0.0 : f64, high = 6.0 : f64}
    : tensor<4xf32> -> tensor<4xf32>
  %2 = octet.mul %x, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = octet.div %2, %six : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %3 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @relu_then_clip
func.func @relu_then_clip(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: octet.clip %arg0 {high = 6.000000e+00 : f64, low = 0.000000e+00 : f64}
  // CHECK-NOT: octet.relu
  %0 = octet.relu %x : tensor<4xf32> -> tensor<4xf32>
  %1 = octet.clip %0 {low = -1.0 : f64, high = 6.0 : f64}
    : tensor<4xf32> -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @rms_norm
func.func @rms_norm(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: %[[K:.*]] = octet.constant dense<[1.0
  // CHECK: octet.layer_norm %arg0, %[[K]] {axis = 1 : i64, epsilon = {{.*}}rms}
  // CHECK-NOT: octet.mul
  %two = octet.constant dense<2.0> : tensor<f32> -> tensor<f32>
  %eps = octet.constant dense<1.0e-5> : tensor<f32> -> tensor<f32>
  %k = octet.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
    -> tensor<4xf32>
  %0 = octet.pow %x, %two : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
  %1 = octet.reduce mean %0 {axes = array<i64: 1>, keep_dims}
    : (tensor<2x4xf32>) -> tensor<2x1xf32>
  %2 = octet.add %1, %eps : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
  %3 = octet.sqrt %2 : tensor<2x1xf32> -> tensor<2x1xf32>
  %4 = octet.div %x, %3 : (tensor<2x4xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
  %5 = octet.mul %4, %k : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %5 : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: func.func @layer_norm
func.func @layer_norm(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: octet.layer_norm %arg0 {axis = 1 : i64, epsilon
  // CHECK-NOT: rms
  // CHECK: return
  %eps = octet.constant dense<1.0e-5> : tensor<f32> -> tensor<f32>
  %m = octet.reduce mean %x {axes = array<i64: 1>, keep_dims}
    : (tensor<2x4xf32>) -> tensor<2x1xf32>
  %d = octet.sub %x, %m : (tensor<2x4xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
  %0 = octet.mul %d, %d : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %1 = octet.reduce mean %0 {axes = array<i64: 1>, keep_dims}
    : (tensor<2x4xf32>) -> tensor<2x1xf32>
  %2 = octet.add %1, %eps : (tensor<2x1xf32>, tensor<f32>) -> tensor<2x1xf32>
  %3 = octet.sqrt %2 : tensor<2x1xf32> -> tensor<2x1xf32>
  %4 = octet.div %d, %3 : (tensor<2x4xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
  return %4 : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: func.func @transposed_weights
func.func @transposed_weights(%x: tensor<1x2xf32>) -> tensor<1x3xf32> {
  // CHECK-NOT: octet.transpose
  // CHECK: octet.matmul(%arg0, %{{.*}})
  %w = octet.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]>
    : tensor<3x2xf32> -> tensor<3x2xf32>
  %t = octet.transpose %w {permutation = array<i64: 1, 0>}
    : (tensor<3x2xf32>) -> tensor<2x3xf32>
  %y = octet.matmul(%x, %t)
    : (tensor<1x2xf32>, tensor<2x3xf32>) -> tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}

// -----

// CHECK-LABEL: func.func @neutral
func.func @neutral(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: return %arg0
  %one = octet.constant dense<1.0> : tensor<f32> -> tensor<f32>
  %0 = octet.mul %x, %one : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
