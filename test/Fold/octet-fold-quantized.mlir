// RUN: octet-opt %s --split-input-file --octet-fold-quantized | FileCheck %s

!x = !quant.uniform<u8:f32, 0.5>
!w = !quant.uniform<i8:f32:1, {0.5, 0.25}>
!y = !quant.uniform<u8:f32, 2.0>

// The bias goes to the accumulator's scale, per channel: 3 / (0.5 * 0.5) = 12,
// 3 / (0.5 * 0.25) = 24.
// CHECK-LABEL: func @product
// CHECK-DAG: %[[B:.*]] = octet.constant dense<[12, 24]> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32:0, {2.500000e-01,1.250000e-01}>>
// CHECK-DAG: %[[W:.*]] = octet.constant {{.*}} tensor<2x2xi8>
// CHECK: %[[Y:.*]] = octet.matmul(%arg0, %[[W]], bias %[[B]]) {{.*}} -> tensor<1x2x!quant.uniform<u8:f32, 2.000000e+00>>
// CHECK: return %[[Y]]
func.func @product(%q: tensor<1x2x!x>) -> tensor<1x2x!y> {
  %x = octet.dequantize %q : tensor<1x2x!x> -> tensor<1x2xf32>
  %c = octet.constant dense<1> : tensor<2x2xi8> -> tensor<2x2x!w>
  %w = octet.dequantize %c : tensor<2x2x!w> -> tensor<2x2xf32>
  %b = octet.constant dense<3.0> : tensor<2xf32> -> tensor<2xf32>
  %y = octet.matmul(%x, %w, bias %b) : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %r = octet.quantize %y : tensor<1x2xf32> -> tensor<1x2x!y>
  return %r : tensor<1x2x!y>
}

// -----

!x = !quant.uniform<u8:f32, 0.5>
!w = !quant.uniform<i8:f32, 0.5>

// Nobody quantizes the result: integers are read out as float.
// CHECK-LABEL: func @float_result
// CHECK: octet.matmul(%arg0, {{.*}} -> tensor<1x2xf32>
func.func @float_result(%q: tensor<1x2x!x>) -> tensor<1x2xf32> {
  %x = octet.dequantize %q : tensor<1x2x!x> -> tensor<1x2xf32>
  %c = octet.constant dense<1> : tensor<2x2xi8> -> tensor<2x2x!w>
  %w = octet.dequantize %c : tensor<2x2x!w> -> tensor<2x2xf32>
  %y = octet.matmul(%x, %w) : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

!x = !quant.uniform<u8:f32, 0.5>
!w = !quant.uniform<i8:f32, 0.5>

// CHECK-LABEL: func @real_operand
// CHECK: octet.add {{.*}} {octet.stays_float = "a graph input is not quantized"}
func.func @real_operand(%q: tensor<2x!x>, %z: tensor<2xf32>) -> tensor<2xf32> {
  %x = octet.dequantize %q : tensor<2x!x> -> tensor<2xf32>
  %y = octet.add %x, %z : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

!x = !quant.uniform<u8:f32, 1.0>
!w = !quant.uniform<i8:f32, 1.0e-9>

// 10 / 1e-9 does not fit 2^30 steps: the weights' scale grows until it does, and
// they shrink with it.
// CHECK-LABEL: func @bias_too_large
// CHECK-DAG: octet.constant dense<10736{{[0-9]*}}> : tensor<1xi32> -> tensor<1x!quant.uniform<i32:f32, 9.314{{.*}}E-9>>
// CHECK-DAG: octet.constant dense<5> : tensor<1x1xi8>
func.func @bias_too_large(%q: tensor<1x1x!x>) -> tensor<1x1xf32> {
  %x = octet.dequantize %q : tensor<1x1x!x> -> tensor<1x1xf32>
  %c = octet.constant dense<50> : tensor<1x1xi8> -> tensor<1x1x!w>
  %w = octet.dequantize %c : tensor<1x1x!w> -> tensor<1x1xf32>
  %b = octet.constant dense<10.0> : tensor<1xf32> -> tensor<1xf32>
  %y = octet.matmul(%x, %w, bias %b) : (tensor<1x1xf32>, tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

!x = !quant.uniform<u8:f32, 1.0>
!w = !quant.uniform<i8:f32, 1.0>

// 40000 * 127 * 255 exceeds what 32 bits leave beside a bias.
// CHECK-LABEL: func @accumulator_overflows
// CHECK: octet.matmul{{.*}}octet.stays_float = "the 32-bit accumulator could overflow with these weights"
func.func @accumulator_overflows(%q: tensor<1x40000x!x>) -> tensor<1x1xf32> {
  %x = octet.dequantize %q : tensor<1x40000x!x> -> tensor<1x40000xf32>
  %c = octet.constant dense<127> : tensor<40000x1xi8> -> tensor<40000x1x!w>
  %w = octet.dequantize %c : tensor<40000x1x!w> -> tensor<40000x1xf32>
  %y = octet.matmul(%x, %w) : (tensor<1x40000xf32>, tensor<40000x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

!x = !quant.uniform<u8:f32, 0.5>
!w = !quant.uniform<i8:f32:1, {0.5, 0.25}>

// The groups of a transposed convolution share the weights' scales; its bias
// has an entry, and so a scale, for each output of each group.
// CHECK-LABEL: func @transposed_groups
// CHECK: octet.constant dense<[12, 24, 4, 8]> : tensor<4xi32> -> tensor<4x!quant.uniform<i32:f32:0, {2.500000e-01,1.250000e-01,2.500000e-01,1.250000e-01}>>
func.func @transposed_groups(%q: tensor<1x2x3x3x!x>) -> tensor<1x4x3x3xf32> {
  %x = octet.dequantize %q : tensor<1x2x3x3x!x> -> tensor<1x2x3x3xf32>
  %c = octet.constant dense<1> : tensor<2x2x1x1xi8> -> tensor<2x2x1x1x!w>
  %w = octet.dequantize %c : tensor<2x2x1x1x!w> -> tensor<2x2x1x1xf32>
  %b = octet.constant dense<[3.0, 3.0, 1.0, 1.0]> : tensor<4xf32> -> tensor<4xf32>
  %y = octet.conv_transpose(%x, %w, bias %b) {groups = 2 : i64, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, output_padding = array<i64: 0, 0>} : (tensor<1x2x3x3xf32>, tensor<2x2x1x1xf32>, tensor<4xf32>) -> tensor<1x4x3x3xf32>
  return %y : tensor<1x4x3x3xf32>
}

// -----

!x = !quant.uniform<u8:f32, 0.5>
!w = !quant.uniform<i8:f32, 0.5>

// A float result takes a float residual.
// CHECK-LABEL: func @real_residual
// CHECK: octet.matmul(%arg0, %{{.*}}, residual %arg1) : (tensor<1x2x!quant.{{.*}}>, tensor<2x2x!quant.{{.*}}>, tensor<1x2xf32>) -> tensor<1x2xf32>
func.func @real_residual(%q: tensor<1x2x!x>, %r: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %x = octet.dequantize %q : tensor<1x2x!x> -> tensor<1x2xf32>
  %c = octet.constant dense<1> : tensor<2x2xi8> -> tensor<2x2x!w>
  %w = octet.dequantize %c : tensor<2x2x!w> -> tensor<2x2xf32>
  %y = octet.matmul(%x, %w, residual %r) : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
