// RUN: octet-opt %s --octet-prepare-buffers --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @inputs_are_read_only
// CHECK-SAME: bufferization.writable = false
func.func @inputs_are_read_only(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// CHECK-LABEL: func @pad_is_written_around
// CHECK: %[[E:.*]] = tensor.empty() : tensor<1x6x5xi8>
// CHECK: %[[F:.*]] = linalg.fill ins(%{{.*}} : i8) outs(%[[E]]
// CHECK: tensor.insert_slice %{{.*}} into %[[F]][0, 1, 1] [1, 4, 4] [1, 1, 1]
// CHECK-NOT: tensor.pad
func.func @pad_is_written_around(%x: tensor<1x4x4xi8>) -> tensor<1x6x5xi8> {
  %z = arith.constant 7 : i8
  %0 = tensor.pad %x low[0, 1, 1] high[0, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index):
    tensor.yield %z : i8
  } : tensor<1x4x4xi8> to tensor<1x6x5xi8>
  return %0 : tensor<1x6x5xi8>
}

// -----

func.func @padding_varies(%x: tensor<4xindex>) -> tensor<5xindex> {
  // expected-error @below {{padding must be a value that is the same everywhere}}
  %0 = tensor.pad %x low[1] high[0] {
  ^bb0(%i: index):
    tensor.yield %i : index
  } : tensor<4xindex> to tensor<5xindex>
  return %0 : tensor<5xindex>
}
