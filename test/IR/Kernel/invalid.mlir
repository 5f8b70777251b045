// RUN: octet-opt %s -split-input-file -verify-diagnostics -allow-unregistered-dialect

func.func @f(%x: memref<1x10x10x8xi8>, %w: memref<16x3x3x8xi8>, %y: memref<1x8x8x16xi8>) {
  // expected-error @below {{kernel must be two positive numbers, got [3]}}
  octet_kernel.conv
      ins(%x, %w : memref<1x10x10x8xi8>, memref<16x3x3x8xi8>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3>} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%x: memref<1x10x10x8xi8>, %w: memref<16x3x3x8xi8>, %y: memref<1x8x8x16xi8>) {
  // expected-error @below {{strides must be two positive numbers, got [0, 1]}}
  octet_kernel.conv
      ins(%x, %w : memref<1x10x10x8xi8>, memref<16x3x3x8xi8>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>, strides = array<i64: 0, 1>} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%x: memref<1x10x10x8xi8>, %w: memref<16x3x3x8xi8>, %y: memref<1x8x8x16xi8>) {
  // expected-error @below {{groups must divide input and output channels, got groups = 3 for 8 and 16}}
  octet_kernel.conv
      ins(%x, %w : memref<1x10x10x8xi8>, memref<16x3x3x8xi8>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>, groups = 3 : i64} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%x: memref<2x10x10x8xi8>, %w: memref<16x3x3x8xi8>, %y: memref<1x8x8x16xi8>) {
  // expected-error @below {{input has 2 images, but the output 1}}
  octet_kernel.conv
      ins(%x, %w : memref<2x10x10x8xi8>, memref<16x3x3x8xi8>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%x: memref<1x9x10x8xi8>, %w: memref<16x3x3x8xi8>, %y: memref<1x8x8x16xi8>) {
  // expected-error @below {{input must have at least 10 elements along axis 1, got 9}}
  octet_kernel.conv
      ins(%x, %w : memref<1x9x10x8xi8>, memref<16x3x3x8xi8>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%x: memref<1x10x10x8xi8>, %w: memref<16x3x3x8xf32>, %y: memref<1x8x8x16xi8>) {
  // expected-error @below {{weights are 'f32', but the input is 'i8'}}
  octet_kernel.conv
      ins(%x, %w : memref<1x10x10x8xi8>, memref<16x3x3x8xf32>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%x: memref<1x10x10x8xi8>, %w: memref<16x3x3x4xi8>, %y: memref<1x8x8x16xi8>) {
  // expected-error @below {{weights must have the shape [16, 3, 3, 8], got [16, 3, 3, 4]}}
  octet_kernel.conv
      ins(%x, %w : memref<1x10x10x8xi8>, memref<16x3x3x4xi8>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%x: memref<1x10x10x8xi8>, %w: memref<1024xi8>, %y: memref<1x8x8x16xi8>) {
  // expected-error @below {{weights must have the shape [1152], got [1024]}}
  octet_kernel.conv
      ins(%x, %w : memref<1x10x10x8xi8>, memref<1024xi8>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>, packing = #octet_kernel.packing<columns>} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%x: memref<1x10x10x8xi8>, %w: memref<1024xi8>, %y: memref<1x8x8x16xi8>) {
  // expected-error @below {{weights packed as taps do not serve a convolution that is not depthwise}}
  octet_kernel.conv
      ins(%x, %w : memref<1x10x10x8xi8>, memref<1024xi8>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>, packing = #octet_kernel.packing<taps>} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%x: memref<?x10x10x8xi8>, %w: memref<16x3x3x8xi8>, %y: memref<1x8x8x16xi8>) {
  // expected-error @below {{shapes must be static}}
  octet_kernel.conv
      ins(%x, %w : memref<?x10x10x8xi8>, memref<16x3x3x8xi8>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%x: tensor<1x10x10x8xi8>, %w: tensor<16x3x3x8xi8>, %y: tensor<1x8x8x16xi8>) {
  // expected-error @below {{must have a result when it writes a tensor}}
  octet_kernel.conv
      ins(%x, %w : tensor<1x10x10x8xi8>, tensor<16x3x3x8xi8>)
      outs(%y : tensor<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%x: memref<1x1x10x8xf32>, %w: memref<16x1x1x8xf32>, %y: memref<1x1x10x16xf32>) {
  // expected-error @below {{flips the sign of an input that has none}}
  octet_kernel.conv
      ins(%x, %w : memref<1x1x10x8xf32>, memref<16x1x1x8xf32>)
      outs(%y : memref<1x1x10x16xf32>)
      attributes {kernel = array<i64: 1, 1>, flip_input} {
  ^bb0(%sum: f32):
    octet_kernel.yield %sum : f32
  }
  return
}

// -----

func.func @f(%x: memref<1x10x10x8xi8>, %w: memref<16x3x3x8xi8>, %y: memref<1x8x8x16xi8>, %e: memref<15xi32>) {
  // expected-error @below {{shape [15] of epilogue operand 0 does not broadcast to the output's [1, 8, 8, 16]}}
  octet_kernel.conv
      ins(%x, %w : memref<1x10x10x8xi8>, memref<16x3x3x8xi8>)
      epilogue(%e : memref<15xi32>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>} {
  ^bb0(%sum: i32, %b: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%x: memref<1x10x10x8xi8>, %w: memref<16x3x3x8xi8>, %y: memref<1x8x8x16xi8>, %e: memref<16xi32>) {
  // expected-error @below {{epilogue must take ('i32', 'i32'), got ('i32')}}
  octet_kernel.conv
      ins(%x, %w : memref<1x10x10x8xi8>, memref<16x3x3x8xi8>)
      epilogue(%e : memref<16xi32>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%x: memref<1x10x10x8xi8>, %w: memref<16x3x3x8xi8>, %y: memref<1x8x8x16xi8>) {
  // expected-error @below {{epilogue yields 'i32', but the output is 'i8'}}
  octet_kernel.conv
      ins(%x, %w : memref<1x10x10x8xi8>, memref<16x3x3x8xi8>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  }
  return
}

// -----

func.func @f(%x: memref<1x10x10x8xi8>, %w: memref<16x3x3x8xi8>, %y: memref<1x8x8x16xi8>) {
  octet_kernel.conv
      ins(%x, %w : memref<1x10x10x8xi8>, memref<16x3x3x8xi8>)
      outs(%y : memref<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>} {
  ^bb0(%sum: i32):
    // expected-error @below {{has no vector form and may not stand in an epilogue}}
    %0 = "test.scalar"(%sum) : (i32) -> i8
    octet_kernel.yield %0 : i8
  }
  return
}

// -----

func.func @f(%acc: vector<4xi32>, %a: vector<8xi8>) {
  // expected-error @below {{needs 4 bytes per lane, got 8 bytes for 4 lanes}}
  %0 = octet_kernel.dot4 %acc, %a, %a : vector<8xi8> -> vector<4xi32>
  return
}

// -----

func.func @f(%acc: vector<2xi32>, %a: vector<8xi8>) {
  // expected-error @below {{needs a multiple of 4 lanes, got 2}}
  %0 = octet_kernel.mmla %acc, %a, %a : vector<8xi8> -> vector<2xi32>
  return
}

// -----

func.func @f(%i: i8) {
  // expected-error @below {{table must be a tensor<256xi8>, got 'tensor<255xi8>'}}
  %0 = octet_kernel.lookup %i, dense<0> : tensor<255xi8> : i8
  return
}

// -----

// expected-error @below {{tile must be positive, got rows = 0, vectors = 4, unroll = 1}}
func.func private @f() attributes {t = #octet_kernel.tile<rows = 0, vectors = 4, unroll = 1>}

// -----

func.func @pack_without_offsets(%x: memref<1x2x3x4xi8>, %w: memref<2x128xi8>) {
  // expected-error @below {{must write 2 outputs, got 1}}
  octet_kernel.pack ins(%x : memref<1x2x3x4xi8>) outs(%w : memref<2x128xi8>)
  return
}

// -----

func.func @pack_without_room(%x: memref<1x2x3x4xf32>, %w: memref<2x32xf32>) {
  // expected-error @below {{output must have the shape [2, 48], got [2, 32]}}
  octet_kernel.pack ins(%x : memref<1x2x3x4xf32>) outs(%w : memref<2x32xf32>)
  return
}

// -----

func.func @weights_of_other_rows(%x: memref<1x2x5x3xi8>, %w: memref<1x128xi8>, %y: memref<1x2x5x4xi32>) {
  // expected-error @below {{weights must have the shape [2, 128], got [1, 128]}}
  octet_kernel.conv ins(%x, %w : memref<1x2x5x3xi8>, memref<1x128xi8>) outs(%y : memref<1x2x5x4xi32>)
      attributes {kernel = array<i64: 1, 1>, weights_per_row} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  }
  return
}

// -----

func.func @no_order_of_axes(%x: tensor<2x3xf32>) {
  // expected-error @below {{[0, 0] is no order of the input's axes}}
  %0 = "octet_kernel.permute"(%x) {permutation = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}
