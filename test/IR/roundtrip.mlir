// RUN: octet-opt %s | octet-opt | FileCheck %s
// RUN: octet-opt %s --verify-roundtrip -o /dev/null

// A scale survives printing bit for bit.
// CHECK-LABEL: func @quantized_types
// CHECK: !quant.uniform<u8:f32, 0.0078431377187371254:128>
// CHECK: !quant.uniform<i8<-127:127>:f32:0, {
// CHECK: !quant.uniform<i4:f32:{0:1, 1:2}, {
func.func @quantized_types(%a: tensor<4x!quant.uniform<u8:f32, 0.0078431377187371254:128>>,
                           %b: tensor<2x!quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>>,
                           %c: tensor<2x4x!quant.uniform<i4:f32:{0:1, 1:2}, {{0.5, 0.25}, {1.0, 2.0}}>>) {
  return
}

// CHECK-LABEL: func @operators
func.func @operators(%x: tensor<1x2x4x4xf32>, %w: tensor<2x2x1x1xf32>, %i: tensor<2xi64>, %c: tensor<2xf32>) {
  // CHECK: octet.conv(%{{.*}}, %{{.*}}) {{{.*}}clamp = #octet.clamp<-inf : 6.000000e+00>
  %0 = octet.conv(%x, %w) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, clamp = #octet.clamp<-inf : 6.0>}
    : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  // CHECK: octet.conv(%{{.*}}, %{{.*}}, bias %{{.*}}, residual %{{.*}}) {
  %w1 = octet.conv(%x, %w, bias %c, residual %x) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64}
    : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // CHECK: octet.conv(%{{.*}}, %{{.*}}, residual %{{.*}}) {
  %w2 = octet.conv(%x, %w, residual %x) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64}
    : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // CHECK: octet.conv_transpose
  %1 = octet.conv_transpose(%0, %w) {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, output_padding = array<i64: 1, 1>, groups = 1 : i64}
    : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x8x8xf32>
  // CHECK: octet.resize
  %2 = octet.resize %1 {sizes = array<i64: 4, 4>, scales = array<f64: 0.5, 0.5>, mode = #octet<resize_mode linear>, coordinates = #octet<resize_coordinates half_pixel>}
    : (tensor<1x2x8x8xf32>) -> tensor<1x2x4x4xf32>
  // CHECK: octet.reduce mean
  %3 = octet.reduce mean %2 {axes = array<i64: 2, 3>, keep_dims} : (tensor<1x2x4x4xf32>) -> tensor<1x2x1x1xf32>
  // CHECK: octet.gather
  %4 = octet.gather %3, %i {axis = 1 : i64} : (tensor<1x2x1x1xf32>, tensor<2xi64>) -> tensor<1x2x1x1xf32>
  // CHECK: octet.compare ge
  %5 = octet.compare ge %4, %3 : (tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xi1>
  // CHECK: octet.where
  %6 = octet.where %5, %3, %4 : (tensor<1x2x1x1xi1>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  // CHECK: octet.observe %{{.*}} by <activation_signed = true> seen <range [-1.000000e+00, 2.000000e+00], samples [0.000000e+00, 1.000000e+00], sum 3.000000e+00, count 4, bins [1, 3]>
  %7 = octet.observe %6 by <activation_signed = true> seen <range [-1.0, 2.0], samples [0.0, 1.0], sum 3.0, count 4, bins [1, 3]> : tensor<1x2x1x1xf32>
  // CHECK: octet.node "Relu"(%{{.*}}) {node_attributes = {}, opset = 17 : i64}
  %8 = octet.node "Relu"(%7) {domain = "", opset = 17 : i64, node_attributes = {}} : (tensor<1x2x1x1xf32>) -> tensor<*xf32>
  return
}
