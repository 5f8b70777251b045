// RUN: octet-opt %s --octet-add-quantized-entry --split-input-file | FileCheck %s

!q = !quant.uniform<u8:f32, 0.5:3>
!o = !quant.uniform<u8:f32, 0.25:7>

// An input that is only quantized, an output that was dequantized, and one that has
// a form beside it; what has no form stays as it is.
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %arg0: tensor<1x4xf32> {octet.name = "x"}, %arg1: tensor<1x4xf32>)
// CHECK-SAME: -> (tensor<1x4xf32>, tensor<1x4xf32> {octet.name = "e"}, tensor<1x4xf32>)
// CHECK: octet.dequantize
// CHECK-LABEL: func.func @main_quantized(
// CHECK-SAME: %[[X:.*]]: tensor<1x4x!quant.uniform<u8:f32, 5.000000e-01:3>> {octet.name = "x"}, %[[Z:.*]]: tensor<1x4xf32>)
// CHECK-SAME: -> (tensor<1x4x!quant.uniform<u8:f32, 5.000000e-01:3>>, tensor<1x4x!quant.uniform<u8:f32, 2.500000e-01:7>> {octet.name = "e"}, tensor<1x4xf32>)
// CHECK-NEXT: %[[T:.*]] = octet.transpose %[[X]]
// CHECK-NEXT: %[[E:.*]] = octet.exp %[[Z]]
// CHECK-NEXT: %[[Q:.*]] = octet.quantize %[[E]]
// CHECK-NEXT: return %[[T]], %[[Q]], %[[E]]
func.func @main(%x: tensor<1x4xf32> {octet.name = "x"}, %z: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32> {octet.name = "e", octet.quantized_form = !o}, tensor<1x4xf32>) {
  %0 = octet.quantize %x : tensor<1x4xf32> -> tensor<1x4x!q>
  %1 = octet.transpose %0 {permutation = array<i64: 0, 1>} : (tensor<1x4x!q>) -> tensor<1x4x!q>
  %2 = octet.dequantize %1 : tensor<1x4x!q> -> tensor<1x4xf32>
  %3 = octet.exp %z : tensor<1x4xf32> -> tensor<1x4xf32>
  return %2, %3, %3 : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>

// An input that something reads as it is has no quantized form, nor has a model in
// float a second entry.
// CHECK-LABEL: func.func @main(
// CHECK-NOT: @main_quantized
func.func @main(%x: tensor<4xf32>) -> (tensor<4x!q>, tensor<4xf32>) {
  %0 = octet.quantize %x : tensor<4xf32> -> tensor<4x!q>
  %1 = octet.exp %x : tensor<4xf32> -> tensor<4xf32>
  return %0, %1 : tensor<4x!q>, tensor<4xf32>
}
