// RUN: octet-opt %s --octet-lower-float --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @broadcast(
// CHECK-SAME:    %[[A:.*]]: tensor<2x4xf32>, %[[B:.*]]: tensor<2x1xf32>
// CHECK:         %[[C:.*]] = tensor.collapse_shape %[[B]]
// CHECK:         linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0)>
// CHECK-SAME:      ins(%[[A]], %[[C]]
// CHECK:           arith.addf
func.func @broadcast(%a: tensor<2x4xf32>, %b: tensor<2x1xf32>) -> tensor<2x4xf32> {
  %y = octet.add %a, %b : (tensor<2x4xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// One number is a constant of the body.
// CHECK-LABEL: func.func @scalar(
// CHECK:         linalg.generic {{.*}} ins(%{{[^,]*}} : tensor<4xf32>)
// CHECK:           arith.constant 2.500000e+00
func.func @scalar(%a: tensor<4xf32>) -> tensor<4xf32> {
  %c = octet.constant dense<2.5> : tensor<f32> -> tensor<f32>
  %y = octet.mul %a, %c : (tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// The sign goes into operations, and into an attribute at the border.
// CHECK-LABEL: func.func @unsigned(
// CHECK-SAME:    tensor<4xi8> {octet.type = ui8}) -> tensor<4xi32>
// CHECK:         arith.extui
func.func @unsigned(%a: tensor<4xui8>) -> tensor<4xi32> {
  %y = octet.cast %a : tensor<4xui8> -> tensor<4xi32>
  return %y : tensor<4xi32>
}

// A float convolution has the form of an integer one; channels first costs
// transposes around it.
// CHECK-LABEL: func.func @conv(
// CHECK:         linalg.transpose {{.*}} permutation = [0, 2, 3, 1]
// CHECK:         tensor.pad
// CHECK:         linalg.generic
// CHECK-SAME:      affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d4, d2 + d5, d6)>
// CHECK:           arith.mulf
// CHECK:           arith.addf
// CHECK:         linalg.generic
// CHECK:           arith.addf
// CHECK:           arith.maximumf {{.*}} fastmath<nsz>
// CHECK:         linalg.transpose {{.*}} permutation = [0, 3, 1, 2]
func.func @conv(%x: tensor<1x3x4x4xf32>, %w: tensor<2x3x3x3xf32>, %b: tensor<2xf32>) -> tensor<1x2x4x4xf32> {
  %y = octet.conv(%x, %w, bias %b) {
    strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>,
    dilations = array<i64: 1, 1>, groups = 1 : i64, clamp = #octet.clamp<0.0 : inf>}
    : (tensor<1x3x4x4xf32>, tensor<2x3x3x3xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  return %y : tensor<1x2x4x4xf32>
}

// CHECK-LABEL: func.func @movement(
// CHECK:         octet.reshape
func.func @movement(%x: tensor<4xf32>) -> tensor<2x2xf32> {
  %y = octet.reshape %x {shape = array<i64: 2, 2>} : (tensor<4xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

// Reductions along the last axis go into 16 accumulators, which are then joined; five
// elements are left over.
// CHECK-LABEL: func.func @lanes(
// CHECK:         linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2 * 16 + d1)>, affine_map<(d0, d1, d2) -> (d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK-SAME:      outs(%{{.*}} : tensor<4x16xf32>)
// CHECK:         linalg.generic {{.*}}affine_map<(d0) -> (d0, 0)>, affine_map<(d0) -> (d0, 1)>
// CHECK-SAME:      outs(%{{.*}} : tensor<4xf32>)
// CHECK:         linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1 + 32)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0)>]
func.func @lanes(%x: tensor<4x37xf32>) -> tensor<4x37xf32> {
  %y = octet.softmax %x {axis = 1 : i64} : (tensor<4x37xf32>) -> tensor<4x37xf32>
  return %y : tensor<4x37xf32>
}

// Rows grow: sums along them are computed once for each row of the input, in
// the layout that is there.
// CHECK-LABEL: func.func @resize(
// CHECK-NOT:     linalg.transpose
// CHECK:         linalg.generic
// CHECK-COUNT-2:   tensor.extract %{{.*}} : tensor<1x3x2x2xf32>
// CHECK-NOT:       tensor.extract
// CHECK:         -> tensor<1x3x2x8xf32>
// CHECK:         linalg.generic
// CHECK-COUNT-2:   tensor.extract %{{.*}} : tensor<1x3x2x8xf32>
// CHECK-NOT:       tensor.extract
// CHECK:         -> tensor<1x3x8x8xf32>
func.func @resize(%x: tensor<1x3x2x2xf32>) -> tensor<1x3x8x8xf32> {
  %r = octet.resize %x {sizes = array<i64: 8, 8>, scales = array<f64: 4.0, 4.0>, mode = #octet<resize_mode linear>, coordinates = #octet<resize_coordinates half_pixel>}
    : (tensor<1x3x2x2xf32>) -> tensor<1x3x8x8xf32>
  return %r : tensor<1x3x8x8xf32>
}
