// RUN: octet-opt %s --octet-lower-movement | FileCheck %s

// Inputs can be computed in their place of the result.
// CHECK-LABEL: func.func @concat(
// CHECK:         %[[E:.*]] = tensor.empty() : tensor<5xf32>
// CHECK:         %[[F:.*]] = tensor.insert_slice %{{.*}} into %[[E]][0] [2] [1]
// CHECK:         %[[G:.*]] = tensor.insert_slice %{{.*}} into %[[F]][2] [3] [1]
// CHECK:         return %[[G]]
func.func @concat(%a: tensor<2xf32>, %b: tensor<3xf32>) -> tensor<5xf32> {
  %y = octet.concat %a, %b {axis = 0 : i64} : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>
  return %y : tensor<5xf32>
}

// CHECK-LABEL: func.func @reshape(
// CHECK:         %[[C:.*]] = tensor.collapse_shape %{{.*}} {{\[}}[0], [1, 2]]
// CHECK:         tensor.expand_shape %[[C]] {{\[}}[0], [1, 2]]
func.func @reshape(%a: tensor<2x3x4xf32>) -> tensor<2x6x2xf32> {
  %y = octet.reshape %a {shape = array<i64: 2, 6, 2>} : (tensor<2x3x4xf32>) -> tensor<2x6x2xf32>
  return %y : tensor<2x6x2xf32>
}

// CHECK-LABEL: func.func @slice(
// CHECK:         tensor.extract_slice %{{.*}}[1, 0] [1, 2] [1, 2]
func.func @slice(%a: tensor<2x4xf32>) -> tensor<1x2xf32> {
  %y = octet.slice %a {starts = array<i64: 1, 0>, sizes = array<i64: 1, 2>,
    steps = array<i64: 1, 2>} : (tensor<2x4xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// Backwards, elements are read one by one.
// CHECK-LABEL: func.func @backwards(
// CHECK:         linalg.generic
// CHECK:           tensor.extract
func.func @backwards(%a: tensor<4xf32>) -> tensor<4xf32> {
  %y = octet.slice %a {starts = array<i64: 3>, sizes = array<i64: 4>,
    steps = array<i64: -1>} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @pad(
// CHECK:         %[[Z:.*]] = arith.constant 1.000000e+00 : f32
// CHECK:         tensor.pad %{{.*}} low[1] high[2]
// CHECK:           tensor.yield %[[Z]]
func.func @pad(%a: tensor<4xf32>) -> tensor<7xf32> {
  %y = octet.pad %a {low = array<i64: 1>, high = array<i64: 2>,
    mode = #octet<pad_mode constant>, value = 1.0 : f64} : (tensor<4xf32>) -> tensor<7xf32>
  return %y : tensor<7xf32>
}

// A negative index counts from the end; none leaves the tensor.
// CHECK-LABEL: func.func @gather(
// CHECK:         arith.cmpi slt
// CHECK:         arith.maxsi
// CHECK:         arith.minsi
// CHECK:         tensor.extract
func.func @gather(%a: tensor<4x2xf32>, %i: tensor<3xi64>) -> tensor<3x2xf32> {
  %y = octet.gather %a, %i {axis = 0 : i64} : (tensor<4x2xf32>, tensor<3xi64>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// Constant indices that follow on each other are a slice.
// CHECK-LABEL: func.func @gather_slice(
// CHECK-NOT:     tensor.extract %
// CHECK:         tensor.extract_slice %{{.*}}[1, 0] [1, 2] [1, 1]
// CHECK:         tensor.collapse_shape
func.func @gather_slice(%a: tensor<4x2xf32>) -> tensor<2xf32> {
  %i = octet.constant dense<1> : tensor<i64> -> tensor<i64>
  %y = octet.gather %a, %i {axis = 0 : i64} : (tensor<4x2xf32>, tensor<i64>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
