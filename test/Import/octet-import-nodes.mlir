// RUN: octet-opt %s --octet-import-nodes --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-SAME: -> (tensor<1x8xf32> {octet.name = "y"})
func.func @main(%x: tensor<1x8xf32> {octet.name = "x"})
    -> (none {octet.name = "y"}) {
  // CHECK: octet.relu %arg0 : tensor<1x8xf32> -> tensor<1x8xf32>
  %y = octet.node "Relu"(%x) {opset = 17 : i64, node_attributes = {}}
    : (tensor<1x8xf32>) -> none
  return %y : none
}

// -----

// Padding by auto_pad: the odd element at the end.
// CHECK-LABEL: func.func @same_upper
func.func @same_upper(%x: tensor<1x1x8x8xf32>, %w: tensor<4x1x3x3xf32>)
    -> none {
  // CHECK: octet.conv({{.*}}pads = array<i64: 0, 0, 1, 1>
  // CHECK-SAME: -> tensor<1x4x4x4xf32>
  %y = octet.node "Conv"(%x, %w) {opset = 11 : i64, node_attributes =
      {auto_pad = "SAME_UPPER", strides = array<i64: 2, 2>}}
    : (tensor<1x1x8x8xf32>, tensor<4x1x3x3xf32>) -> none
  return %y : none
}

// -----

// The computation of a shape folds, so that the reshape knows it.
// CHECK-LABEL: func.func @shape_arithmetic
func.func @shape_arithmetic(%x: tensor<2x3x4xf32>) -> none {
  // CHECK-NOT: octet.gather
  // CHECK: octet.reshape %arg0 {shape = array<i64: 2, 12>}
  %axis = octet.constant dense<0> : tensor<1xi64> -> tensor<1xi64>
  %rest = octet.constant dense<-1> : tensor<1xi64> -> tensor<1xi64>
  %shape = octet.node "Shape"(%x) {opset = 13 : i64, node_attributes = {}}
    : (tensor<2x3x4xf32>) -> none
  %batch = octet.node "Gather"(%shape, %axis)
    {opset = 13 : i64, node_attributes = {}} : (none, tensor<1xi64>) -> none
  %target = octet.node "Concat"(%batch, %rest)
    {opset = 13 : i64, node_attributes = {axis = 0 : i64}}
    : (none, tensor<1xi64>) -> none
  %y = octet.node "Reshape"(%x, %target)
    {opset = 13 : i64, node_attributes = {}} : (tensor<2x3x4xf32>, none) -> none
  return %y : none
}

// -----

// Before opset 13 a softmax runs over all axes from its own on.
// CHECK-LABEL: func.func @old_softmax
func.func @old_softmax(%x: tensor<2x3x4xf32>) -> none {
  // CHECK: %[[FLAT:.*]] = octet.reshape %arg0 {shape = array<i64: 2, 12>}
  // CHECK: %[[SOFT:.*]] = octet.softmax %[[FLAT]] {axis = 1 : i64}
  // CHECK: octet.reshape %[[SOFT]] {shape = array<i64: 2, 3, 4>}
  %y = octet.node "Softmax"(%x) {opset = 11 : i64, node_attributes = {}}
    : (tensor<2x3x4xf32>) -> none
  return %y : none
}

// -----

// CHECK-LABEL: func.func @new_softmax
func.func @new_softmax(%x: tensor<2x3x4xf32>) -> none {
  // CHECK: octet.softmax %arg0 {axis = 2 : i64}
  %y = octet.node "Softmax"(%x) {opset = 13 : i64, node_attributes = {}}
    : (tensor<2x3x4xf32>) -> none
  return %y : none
}

// -----

// A negative pad cuts.
// CHECK-LABEL: func.func @negative_pad
func.func @negative_pad(%x: tensor<6xf32>) -> none {
  // CHECK: %[[CUT:.*]] = octet.slice %arg0 {sizes = array<i64: 5>, starts = array<i64: 1>
  // CHECK: octet.pad %[[CUT]] {high = array<i64: 2>, low = array<i64: 0>
  %pads = octet.constant dense<[-1, 2]> : tensor<2xi64> -> tensor<2xi64>
  %y = octet.node "Pad"(%x, %pads) {opset = 13 : i64, node_attributes = {}}
    : (tensor<6xf32>, tensor<2xi64>) -> none
  return %y : none
}

// -----

// A branch of a constant condition replaces the If.
// CHECK-LABEL: func.func @constant_if
func.func @constant_if(%x: tensor<4xf32>) -> none {
  // CHECK: %[[Y:.*]] = octet.neg
  // CHECK-NOT: octet.relu
  // CHECK: return %[[Y]]
  %no = octet.constant dense<false> : tensor<i1> -> tensor<i1>
  %y = octet.node "If"(%no) {opset = 13 : i64, node_attributes =
      {then_branch = 0 : index, else_branch = 1 : index}}
    : (tensor<i1>) -> none {
    %0 = octet.node "Relu"(%x) {opset = 13 : i64, node_attributes = {}}
      : (tensor<4xf32>) -> none
    octet.yield %0 : none
  }, {
    %0 = octet.node "Neg"(%x) {opset = 13 : i64, node_attributes = {}}
      : (tensor<4xf32>) -> none
    octet.yield %0 : none
  }
  return %y : none
}

// -----

// Otherwise both branches are computed and one is chosen.
// CHECK-LABEL: func.func @dynamic_if
func.func @dynamic_if(%x: tensor<4xf32>, %c: tensor<i1>) -> none {
  // CHECK: %[[A:.*]] = octet.relu
  // CHECK: %[[B:.*]] = octet.neg
  // CHECK: octet.where %arg1, %[[A]], %[[B]]
  %y = octet.node "If"(%c) {opset = 13 : i64, node_attributes =
      {then_branch = 0 : index, else_branch = 1 : index}}
    : (tensor<i1>) -> none {
    %0 = octet.node "Relu"(%x) {opset = 13 : i64, node_attributes = {}}
      : (tensor<4xf32>) -> none
    octet.yield %0 : none
  }, {
    %0 = octet.node "Neg"(%x) {opset = 13 : i64, node_attributes = {}}
      : (tensor<4xf32>) -> none
    octet.yield %0 : none
  }
  return %y : none
}

// -----

// The inputs of both steps meet their weights in one product; each step has one
// with the state.
// CHECK-LABEL: func.func @recurrent
// CHECK: octet.matmul({{.*}}tensor<4x3xf32>
// CHECK: octet.matmul({{.*}}tensor<2x5xf32>
// CHECK: octet.tanh {{.*}}octet.prefers_float = "a recurrence rounds its state at each step; {{.*}}octet.range_group = "[[G:.*]]"}
// CHECK: octet.matmul({{.*}}tensor<2x5xf32>
// CHECK: octet.tanh {{.*}}octet.range_group = "[[G]]"
// CHECK-NOT: octet.matmul
// CHECK: octet.concat {{.*}} -> tensor<2x1x2x5xf32>
func.func @recurrent(%x: tensor<2x2x3xf32>, %w: tensor<1x5x3xf32>,
    %r: tensor<1x5x5xf32>, %b: tensor<1x10xf32>) -> none {
  %y = octet.node "RNN"(%x, %w, %r, %b) {opset = 14 : i64, node_attributes = {}}
    : (tensor<2x2x3xf32>, tensor<1x5x3xf32>, tensor<1x5x5xf32>, tensor<1x10xf32>) -> none
  return %y : none
}

// -----

// A scatter at known indices picks from the data and the updates.
// CHECK-LABEL: func.func @scatter
// CHECK-DAG: dense<[0, 4, 2, 3]>
// CHECK-DAG: octet.concat {{.*}} -> tensor<5x2xf32>
// CHECK: octet.gather
func.func @scatter(%x: tensor<4x2xf32>, %u: tensor<1x2xf32>) -> none {
  %i = octet.constant dense<-3> : tensor<1x1xi64> -> tensor<1x1xi64>
  %y = octet.node "ScatterND"(%x, %i, %u) {opset = 13 : i64, node_attributes = {}}
    : (tensor<4x2xf32>, tensor<1x1xi64>, tensor<1x2xf32>) -> none
  return %y : none
}

// -----

// A linear model is a product; its labels are looked up.
// CHECK-LABEL: func.func @linear_classifier
// CHECK-DAG: dense<{{\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00], [5.000000e+00, 6.000000e+00]]>
// CHECK: octet.matmul(%arg0, {{.*}}transpose_rhs
// CHECK: dense<[7, 8, 9]>
// CHECK: octet.gather
// CHECK: octet.softmax
func.func @linear_classifier(%x: tensor<4x2xf32>) -> (none, none) {
  %l, %s = octet.node "LinearClassifier"(%x) {domain = "ai.onnx.ml", opset = 1 : i64, node_attributes = {
      coefficients = array<f32: 1.0, 2.0, 3.0, 4.0, 5.0, 6.0>, intercepts = array<f32: 0.5, 0.0, 1.0>,
      classlabels_ints = array<i64: 7, 8, 9>, post_transform = "SOFTMAX"}} : (tensor<4x2xf32>) -> (none, none)
  return %l, %s : none, none
}

// -----

// Rows of zeros stay zeros.
// CHECK-LABEL: func.func @scaled_and_normalized
// CHECK: octet.sub
// CHECK: octet.mul
// CHECK: %[[N:.*]] = octet.reduce l2
// CHECK: %[[Z:.*]] = octet.compare eq %[[N]]
// CHECK: octet.where %[[Z]], %{{.*}}, %[[N]]
// CHECK: octet.div
func.func @scaled_and_normalized(%x: tensor<4x2xf32>) -> none {
  %s = octet.node "Scaler"(%x) {domain = "ai.onnx.ml", opset = 1 : i64, node_attributes = {
      offset = array<f32: 1.0, 2.0>, scale = array<f32: 0.5>}} : (tensor<4x2xf32>) -> none
  %y = octet.node "Normalizer"(%s) {domain = "ai.onnx.ml", opset = 1 : i64, node_attributes = {norm = "L2"}} : (none) -> none
  return %y : none
}

// -----

// Indices are put together along any axis.
// CHECK-LABEL: func.func @constant_concat
// CHECK: dense<{{\[\[}}1, 5, 6], [2, 7, 8]]> : tensor<2x3xi64>
func.func @constant_concat() -> none {
  %a = octet.constant dense<[[1], [2]]> : tensor<2x1xi64> -> tensor<2x1xi64>
  %b = octet.constant dense<[[5, 6], [7, 8]]> : tensor<2x2xi64> -> tensor<2x2xi64>
  %y = octet.node "Concat"(%a, %b) {opset = 13 : i64, node_attributes = {axis = 1 : i64}}
    : (tensor<2x1xi64>, tensor<2x2xi64>) -> none
  return %y : none
}
