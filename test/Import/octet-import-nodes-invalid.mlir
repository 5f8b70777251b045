// RUN: octet-opt %s --octet-import-nodes --split-input-file --verify-diagnostics \
// RUN:   -o /dev/null

func.func @unknown(%x: tensor<4xf32>) -> none {
  // expected-error @unknown {{node 'tfidf' (TfIdfVectorizer): operator is not supported; see octet-compile --list-ops}}
  %y = octet.node "TfIdfVectorizer"(%x) {opset = 13 : i64, node_attributes = {}}
    : (tensor<4xf32>) -> none loc("tfidf")
  return %y : none
}

// -----

func.func @domain(%x: tensor<4xf32>) -> none {
  // expected-error @below {{operator of domain 'org.example' is not supported}}
  %y = octet.node "Relu"(%x)
    {domain = "org.example", opset = 1 : i64, node_attributes = {}}
    : (tensor<4xf32>) -> none
  return %y : none
}

// -----

func.func @opset(%x: tensor<4xf32>) -> none {
  // expected-error @below {{opset 6 of this operator is not supported}}
  %y = octet.node "Add"(%x, %x) {opset = 6 : i64, node_attributes = {}}
    : (tensor<4xf32>, tensor<4xf32>) -> none
  return %y : none
}

// -----

func.func @missing_input(%x: tensor<4xf32>) -> none {
  // expected-error @below {{(Add): input 1 is missing}}
  %y = octet.node "Add"(%x) {opset = 13 : i64, node_attributes = {}}
    : (tensor<4xf32>) -> none
  return %y : none
}

// -----

func.func @shapes(%x: tensor<4xf32>, %y: tensor<3xf32>) -> none {
  // expected-error @below {{(Add): shapes [4] and [3] do not broadcast}}
  %z = octet.node "Add"(%x, %y) {opset = 13 : i64, node_attributes = {}}
    : (tensor<4xf32>, tensor<3xf32>) -> none
  return %z : none
}

// -----

func.func @types(%x: tensor<4xf32>, %y: tensor<4xi32>) -> none {
  // expected-error @below {{inputs have elements of types 'f32' and 'i32', expected the same}}
  %z = octet.node "Add"(%x, %y) {opset = 13 : i64, node_attributes = {}}
    : (tensor<4xf32>, tensor<4xi32>) -> none
  return %z : none
}

// -----

func.func @dynamic_shape(%x: tensor<4xf32>, %s: tensor<2xi64>) -> none {
  // expected-error @below {{shape must be constant integers, but are computed at run time}}
  %z = octet.node "Reshape"(%x, %s) {opset = 13 : i64, node_attributes = {}}
    : (tensor<4xf32>, tensor<2xi64>) -> none
  return %z : none
}

// -----

func.func @unused_output(%x: tensor<1x1x4xf32>) -> (none, none) {
  // expected-error @below {{(MaxPool): output 1 is not supported}}
  %y:2 = octet.node "MaxPool"(%x)
    {opset = 13 : i64, node_attributes = {kernel_shape = array<i64: 2>}}
    : (tensor<1x1x4xf32>) -> (none, none)
  return %y#0, %y#1 : none, none
}

// -----

func.func @declared(%x: tensor<4xf32>) -> tensor<*xi32> {
  // expected-error @below {{the result has elements of type 'f32', but the model declares 'i32'}}
  %y = octet.node "Relu"(%x) {opset = 13 : i64, node_attributes = {}}
    : (tensor<4xf32>) -> tensor<*xi32>
  return %y : tensor<*xi32>
}

// -----

func.func @branches(%x: tensor<4xf32>, %w: tensor<2xf32>, %c: tensor<i1>)
    -> none {
  // expected-error @below {{bind the input that decides with --bind}}
  %y = octet.node "If"(%c) {opset = 13 : i64, node_attributes =
      {then_branch = 0 : index, else_branch = 1 : index}}
    : (tensor<i1>) -> none {
    octet.yield %x : tensor<4xf32>
  }, {
    octet.yield %w : tensor<2xf32>
  }
  return %y : none
}

// -----

func.func @negative_scale(%x: tensor<4xf32>) -> none {
  %s = octet.constant dense<-1.0> : tensor<f32> -> tensor<f32>
  // expected-error @below {{scale -1.000000e+00 is not positive and finite}}
  %y = octet.node "QuantizeLinear"(%x, %s)
    {opset = 13 : i64, node_attributes = {}}
    : (tensor<4xf32>, tensor<f32>) -> none
  return %y : none
}

// -----

func.func @blocked(%x: tensor<4x8xi8>, %s: tensor<4x2xf32>) -> none {
  // expected-error @below {{scales in blocks are not supported yet}}
  %y = octet.node "DequantizeLinear"(%x, %s)
    {opset = 21 : i64, node_attributes = {block_size = 4 : i64}}
    : (tensor<4x8xi8>, tensor<4x2xf32>) -> none
  return %y : none
}

// -----

func.func @shorter_sequences(%x: tensor<4x2x3xf32>, %w: tensor<1x5x3xf32>, %r: tensor<1x5x5xf32>, %b: tensor<1x10xf32>) -> none {
  %n = octet.constant dense<[4, 3]> : tensor<2xi32> -> tensor<2xi32>
  // expected-error @below {{sequence_lens other than the input's length 4 is not supported; cut the input instead}}
  %y = octet.node "RNN"(%x, %w, %r, %b, %n) {opset = 14 : i64, node_attributes = {}}
    : (tensor<4x2x3xf32>, tensor<1x5x3xf32>, tensor<1x5x5xf32>, tensor<1x10xf32>, tensor<2xi32>) -> none
  return %y : none
}

// -----

func.func @gates_do_not_fit(%x: tensor<4x2x3xf32>, %w: tensor<1x5x3xf32>, %r: tensor<1x5x5xf32>) -> none {
  // expected-error @below {{the weights' shapes do not fit 1 directions and a hidden size of 5}}
  %y = octet.node "LSTM"(%x, %w, %r) {opset = 14 : i64, node_attributes = {}}
    : (tensor<4x2x3xf32>, tensor<1x5x3xf32>, tensor<1x5x5xf32>) -> none
  return %y : none
}

// -----

func.func @scatter_out_of_bounds(%x: tensor<4x2xf32>, %u: tensor<1x2xf32>) -> none {
  %i = octet.constant dense<4> : tensor<1x1xi64> -> tensor<1x1xi64>
  // expected-error @below {{index 4 is out of bounds of extent 4}}
  %y = octet.node "ScatterND"(%x, %i, %u) {opset = 13 : i64, node_attributes = {}}
    : (tensor<4x2xf32>, tensor<1x1xi64>, tensor<1x2xf32>) -> none
  return %y : none
}

// -----

func.func @coefficients_do_not_fit(%x: tensor<4x2xf32>) -> none {
  // expected-error @below {{attribute 'coefficients' has 3 numbers, expected 4}}
  %y = octet.node "LinearRegressor"(%x) {domain = "ai.onnx.ml", opset = 1 : i64, node_attributes = {
      targets = 2 : i64, coefficients = array<f32: 1.0, 2.0, 3.0>}} : (tensor<4x2xf32>) -> none
  return %y : none
}

// -----

func.func @string_labels(%x: tensor<4x2xf32>) -> none {
  // expected-error @below {{labels that are strings are not supported; train with numbered classes}}
  %y = octet.node "LinearClassifier"(%x) {domain = "ai.onnx.ml", opset = 1 : i64, node_attributes = {
      coefficients = array<f32: 1.0, 2.0>, classlabels_strings = ["a"]}} : (tensor<4x2xf32>) -> none
  return %y : none
}

// -----

func.func @too_many_steps(%x: tensor<81x2x3xf32>, %w: tensor<2x5x3xf32>, %r: tensor<2x5x5xf32>) -> none {
  // expected-error @below {{has 81 steps in 2 directions, of which at most 160 are supported; export the model for shorter pieces and carry the state over}}
  %y = octet.node "RNN"(%x, %w, %r) {opset = 14 : i64, node_attributes = {direction = "bidirectional"}}
    : (tensor<81x2x3xf32>, tensor<2x5x3xf32>, tensor<2x5x5xf32>) -> none
  return %y : none
}
