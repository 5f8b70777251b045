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
