// RUN: octet-opt %s --octet-verify-import --split-input-file --verify-diagnostics \
// RUN:   -o /dev/null

func.func @main(%x: tensor<4xf32> {octet.name = "x"})
    -> (tensor<4xf32> {octet.name = "y"}) {
  %y = octet.relu %x : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// expected-error @below {{has no function @main}}
module {}

// -----

// expected-error @below {{input 0 has no octet.name}}
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32> {octet.name = "y"}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{output 0 has no octet.name}}
func.func @main(%x: tensor<4xf32> {octet.name = "x"}) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{input of type 'tensor<?xf32>' is not a tensor of fixed extents}}
func.func @main(%x: tensor<?xf32> {octet.name = "x"})
    -> (tensor<?xf32> {octet.name = "y"}) {
  return %x : tensor<?xf32>
}

// -----

func.func @main(%x: tensor<4xf32> {octet.name = "x"})
    -> (none {octet.name = "y"}) {
  // expected-error @below {{is left after Import}}
  %y = octet.node "Relu"(%x) {opset = 17 : i64, node_attributes = {}}
    : (tensor<4xf32>) -> none
  return %y : none
}

// -----

func.func @main(%x: tensor<4xf32> {octet.name = "x"})
    -> (tensor<4xf32> {octet.name = "y"}) {
  // expected-error @below {{is left after Import}}
  %absent = octet.absent
  return %x : tensor<4xf32>
}

// -----

func.func @main(%x: tensor<4xf32> {octet.name = "x"})
    -> (tensor<4xf32> {octet.name = "y"}) {
  // expected-error @below {{does not belong to a model}}
  %y = arith.addf %x, %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @main(%x: tensor<4xf32> {octet.name = "x"})
    -> (tensor<4xf32> {octet.name = "y"}) {
  // expected-error @below {{result of type 'tensor<*xf32>' is not a tensor of fixed extents}}
  %y = octet.relu %x : tensor<4xf32> -> tensor<*xf32>
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{must have one block}}
func.func @main(%x: tensor<4xf32> {octet.name = "x"})
    -> (tensor<4xf32> {octet.name = "y"}) {
  cf.br ^end
^end:
  return %x : tensor<4xf32>
}
