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

// -----

// What is put together and then put into another is computed there.
// CHECK-LABEL: func @parts_of_a_part
// CHECK: %[[ALL:.*]] = linalg.fill {{.*}} -> tensor<6x8xf32>
// CHECK: %[[PART:.*]] = tensor.extract_slice %[[ALL]][1, 0] [4, 8] [1, 1]
// CHECK: %[[LEFT:.*]] = tensor.extract_slice %[[PART]][0, 0] [4, 4] [1, 1]
// CHECK: linalg.exp ins(%{{.*}}) outs(%[[LEFT]]
// CHECK: tensor.extract_slice %{{.*}}[0, 4] [4, 4] [1, 1]
// CHECK: linalg.log ins(%{{.*}}) outs(%{{.*}}
func.func @parts_of_a_part(%x: tensor<4x4xf32>) -> tensor<6x8xf32> {
  %z = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<4x4xf32>
  %0 = linalg.exp ins(%x : tensor<4x4xf32>) outs(%e0 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %e1 = tensor.empty() : tensor<4x4xf32>
  %1 = linalg.log ins(%x : tensor<4x4xf32>) outs(%e1 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %e2 = tensor.empty() : tensor<4x8xf32>
  %2 = tensor.insert_slice %0 into %e2[0, 0] [4, 4] [1, 1] : tensor<4x4xf32> into tensor<4x8xf32>
  %3 = tensor.insert_slice %1 into %2[0, 4] [4, 4] [1, 1] : tensor<4x4xf32> into tensor<4x8xf32>
  %4 = tensor.pad %3 low[1, 0] high[1, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %z : f32
  } : tensor<4x8xf32> to tensor<6x8xf32>
  return %4 : tensor<6x8xf32>
}
