// RUN: octet-opt %s --split-input-file --octet-propagate-scales | FileCheck %s

!q = !quant.uniform<u8:f32, 0.5:3>
!r = !quant.uniform<u8:f32, 0.25:3>

// CHECK-LABEL: func @dequantize_down
// CHECK: %[[T:.*]] = octet.transpose %arg0 {{.*}} -> tensor<3x2x!quant.uniform<u8:f32, 5.000000e-01:3>>
// CHECK: %[[D:.*]] = octet.dequantize %[[T]]
// CHECK: return %[[D]]
func.func @dequantize_down(%q: tensor<2x3x!q>) -> tensor<3x2xf32> {
  %x = octet.dequantize %q : tensor<2x3x!q> -> tensor<2x3xf32>
  %t = octet.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return %t : tensor<3x2xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>

// CHECK-LABEL: func @quantize_up
// CHECK: %[[Q:.*]] = octet.quantize %arg0
// CHECK: octet.reshape %[[Q]]
func.func @quantize_up(%x: tensor<2x3xf32>) -> tensor<6x!q> {
  %t = octet.reshape %x {shape = array<i64: 6>} : (tensor<2x3xf32>) -> tensor<6xf32>
  %q = octet.quantize %t : tensor<6xf32> -> tensor<6x!q>
  return %q : tensor<6x!q>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>

// Another user needs the real result.
// CHECK-LABEL: func @quantize_stays
// CHECK: %[[T:.*]] = octet.reshape %arg0
// CHECK: octet.quantize %[[T]]
func.func @quantize_stays(%x: tensor<2x3xf32>) -> (tensor<6x!q>, tensor<6xf32>) {
  %t = octet.reshape %x {shape = array<i64: 6>} : (tensor<2x3xf32>) -> tensor<6xf32>
  %q = octet.quantize %t : tensor<6xf32> -> tensor<6x!q>
  return %q, %t : tensor<6x!q>, tensor<6xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>
!r = !quant.uniform<u8:f32, 0.25:3>

// Pairs that meet: equal types vanish, others requantize.
// CHECK-LABEL: func @pairs_meet
// CHECK: %[[P:.*]] = octet.reshape %arg0
// CHECK: %[[R:.*]] = octet.requantize %[[P]]
// CHECK: return %[[P]], %[[R]]
func.func @pairs_meet(%q: tensor<2x3x!q>) -> (tensor<6x!q>, tensor<6x!r>) {
  %x = octet.dequantize %q : tensor<2x3x!q> -> tensor<2x3xf32>
  %t = octet.reshape %x {shape = array<i64: 6>} : (tensor<2x3xf32>) -> tensor<6xf32>
  %a = octet.quantize %t : tensor<6xf32> -> tensor<6x!q>
  %b = octet.quantize %t : tensor<6xf32> -> tensor<6x!r>
  return %a, %b : tensor<6x!q>, tensor<6x!r>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>

// 0.25 is between two steps of 0.5.
// CHECK-LABEL: func @fill_is_no_step
// CHECK: %[[X:.*]] = octet.dequantize
// CHECK: octet.pad %[[X]]
func.func @fill_is_no_step(%q: tensor<2x!q>) -> tensor<3xf32> {
  %x = octet.dequantize %q : tensor<2x!q> -> tensor<2xf32>
  %p = octet.pad %x {low = array<i64: 1>, high = array<i64: 0>, mode = #octet<pad_mode constant>, value = 0.25 : f64} : (tensor<2xf32>) -> tensor<3xf32>
  return %p : tensor<3xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>
!r = !quant.uniform<u8:f32, 0.25:3>

// CHECK-LABEL: func @operands_differ
// CHECK: octet.concat {{.*}} -> tensor<4xf32>
func.func @operands_differ(%q: tensor<2x!q>, %r: tensor<2x!r>) -> tensor<4xf32> {
  %a = octet.dequantize %q : tensor<2x!q> -> tensor<2xf32>
  %b = octet.dequantize %r : tensor<2x!r> -> tensor<2xf32>
  %c = octet.concat %a, %b {axis = 0 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return %c : tensor<4xf32>
}

// -----

!w = !quant.uniform<i8:f32:1, {0.5, 0.25, 0.125}>

// Scales along an axis follow it, unless it is cut.
// CHECK-LABEL: func @per_axis
// CHECK: %[[D:.*]] = octet.dequantize %arg0
// CHECK: octet.transpose {{.*}} -> tensor<3x2x!quant.uniform<i8:f32:0, {
// CHECK: octet.slice %[[D]]
func.func @per_axis(%q: tensor<2x3x!w>) -> (tensor<3x2xf32>, tensor<2x2xf32>) {
  %x = octet.dequantize %q : tensor<2x3x!w> -> tensor<2x3xf32>
  %t = octet.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %s = octet.slice %x {starts = array<i64: 0, 0>, sizes = array<i64: 2, 2>, steps = array<i64: 1, 1>} : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return %t, %s : tensor<3x2xf32>, tensor<2x2xf32>
}
