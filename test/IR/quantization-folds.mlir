// RUN: octet-opt %s --canonicalize | FileCheck %s

!from = !quant.uniform<u8:f32, 0.5:10>
!to = !quant.uniform<i8:f32, 0.25:-100>

// A constant is requantized once, by rule Q3:
// (q - 10) * 2, between -28 and 227, minus 100.
// CHECK-LABEL: @constants_are_requantized
//       CHECK:   octet.constant dense<[-120, -100, -98, 127, 127]> : tensor<5xi8>
//   CHECK-NOT:   octet.requantize
func.func @constants_are_requantized() -> tensor<5x!to> {
  %0 = octet.constant dense<[0, 10, 11, -128, -1]> : tensor<5xi8> -> tensor<5x!from>
  %1 = octet.requantize %0 : tensor<5x!from> -> tensor<5x!to>
  return %1 : tensor<5x!to>
}

// Halves go to the even neighbour: 1 * 0.5 and 3 * 0.5.
// CHECK-LABEL: @halves_round_to_even
//       CHECK:   octet.constant dense<[0, 2]> : tensor<2xi8>
func.func @halves_round_to_even() -> tensor<2x!quant.uniform<u8:f32, 1.0>> {
  %0 = octet.constant dense<[1, 3]> : tensor<2xi8> -> tensor<2x!quant.uniform<u8:f32, 0.5>>
  %1 = octet.requantize %0 : tensor<2x!quant.uniform<u8:f32, 0.5>> -> tensor<2x!quant.uniform<u8:f32, 1.0>>
  return %1 : tensor<2x!quant.uniform<u8:f32, 1.0>>
}

// CHECK-LABEL: @equal_types_are_nothing
//       CHECK:   return %arg0
func.func @equal_types_are_nothing(%x: tensor<5x!from>) -> tensor<5x!from> {
  %0 = octet.requantize %x : tensor<5x!from> -> tensor<5x!from>
  return %0 : tensor<5x!from>
}

// CHECK-LABEL: @variables_stay
//       CHECK:   octet.requantize %arg0
func.func @variables_stay(%x: tensor<5x!from>) -> tensor<5x!to> {
  %0 = octet.requantize %x : tensor<5x!from> -> tensor<5x!to>
  return %0 : tensor<5x!to>
}
