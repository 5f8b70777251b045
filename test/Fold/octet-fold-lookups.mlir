// RUN: octet-opt %s --split-input-file --octet-fold-lookups | FileCheck %s

!x = !quant.uniform<i8:f32, 1.0>
!y = !quant.uniform<u8:f32, 0.5:10>

// relu(x) * 0.25 of bytes 0, 1, 2, ... 255 = -1; 0.25 / 0.5 rounds to even.
// CHECK-LABEL: func @chain
// CHECK: octet.lookup %arg0 {table = array<i8: 10, 10, 11, 12, 12, 12, 13, 14, {{.*}}, 10, 10>}
func.func @chain(%q: tensor<4x!x>) -> tensor<4x!y> {
  %x = octet.dequantize %q : tensor<4x!x> -> tensor<4xf32>
  %c = octet.constant dense<0.25> : tensor<1xf32> -> tensor<1xf32>
  %a = octet.relu %x : tensor<4xf32> -> tensor<4xf32>
  %b = octet.mul %a, %c : (tensor<4xf32>, tensor<1xf32>) -> tensor<4xf32>
  %r = octet.quantize %b : tensor<4xf32> -> tensor<4x!y>
  return %r : tensor<4x!y>
}

// -----

!y = !quant.uniform<u8:f32, 0.5:10>

// CHECK-LABEL: func @real_input
// CHECK: octet.relu
func.func @real_input(%x: tensor<4xf32>) -> tensor<4x!y> {
  %a = octet.relu %x : tensor<4xf32> -> tensor<4xf32>
  %r = octet.quantize %a : tensor<4xf32> -> tensor<4x!y>
  return %r : tensor<4x!y>
}

// -----

!x = !quant.uniform<i8:f32, 1.0>
!y = !quant.uniform<u8:f32, 0.5:10>

// Two variable operands are no function of one.
// CHECK-LABEL: func @two_operands
// CHECK: octet.add
func.func @two_operands(%q: tensor<4x!x>) -> tensor<4x!y> {
  %x = octet.dequantize %q : tensor<4x!x> -> tensor<4xf32>
  %a = octet.add %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %r = octet.quantize %a : tensor<4xf32> -> tensor<4x!y>
  return %r : tensor<4x!y>
}
