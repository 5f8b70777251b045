// RUN: octet-opt %s --octet-form-kernels --split-input-file | FileCheck %s

#in = affine_map<(n, h, w, o, kh, kw, i) -> (n, h * 2 + kh, w * 2 + kw, i)>
#wt = affine_map<(n, h, w, o, kh, kw, i) -> (kh, kw, i, o)>
#out = affine_map<(n, h, w, o, kh, kw, i) -> (n, h, w, o)>
#id = affine_map<(n, h, w, o) -> (n, h, w, o)>
#ch = affine_map<(n, h, w, o) -> (o)>
// The model's input is copied: kernels may read past its end.
// CHECK-LABEL: func @convolution
// CHECK-SAME: (%[[X:.*]]: tensor<1x5x5x2xi8>, %[[B:.*]]: tensor<3xi32>, %[[R:.*]]: tensor<1x2x2x3xi8>)
// CHECK: %[[OWN:.*]] = bufferization.alloc_tensor() copy(%[[X]])
// CHECK: %[[W:.*]] = arith.constant dense<{{.*}}> : tensor<3x3x3x2xi8>
// CHECK: octet_kernel.conv ins(%[[OWN]], %[[W]]
// CHECK-SAME: epilogue(%[[B]], %[[R]] : tensor<3xi32>, tensor<1x2x2x3xi8>)
// CHECK-SAME: input_unsigned, kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>
// CHECK: ^bb0(%[[SUM:.*]]: i32, %[[BIAS:.*]]: i32, %[[RES:.*]]: i8):
// CHECK: arith.addi %[[SUM]], %[[BIAS]]
// CHECK-NOT: linalg.generic
func.func @convolution(%x: tensor<1x5x5x2xi8>, %b: tensor<3xi32>, %r: tensor<1x2x2x3xi8>) -> tensor<1x2x2x3xi8> {
  %c0 = arith.constant 0 : i32
  %w = arith.constant dense<1> : tensor<3x3x2x3xi8>
  %e = tensor.empty() : tensor<1x2x2x3xi32>
  %f = linalg.fill ins(%c0 : i32) outs(%e : tensor<1x2x2x3xi32>) -> tensor<1x2x2x3xi32>
  %s = linalg.generic {indexing_maps = [#in, #wt, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x5x5x2xi8>, tensor<3x3x2x3xi8>) outs(%f : tensor<1x2x2x3xi32>) {
  ^bb0(%a: i8, %k: i8, %acc: i32):
    %0 = arith.extui %a : i8 to i32
    %1 = arith.extsi %k : i8 to i32
    %2 = arith.muli %0, %1 : i32
    %3 = arith.addi %acc, %2 : i32
    linalg.yield %3 : i32
  } -> tensor<1x2x2x3xi32>
  %e8 = tensor.empty() : tensor<1x2x2x3xi8>
  %y = linalg.generic {indexing_maps = [#id, #ch, #id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%s, %b, %r : tensor<1x2x2x3xi32>, tensor<3xi32>, tensor<1x2x2x3xi8>) outs(%e8 : tensor<1x2x2x3xi8>) {
  ^bb0(%a: i32, %bias: i32, %res: i8, %o: i8):
    %0 = arith.addi %a, %bias : i32
    %1 = arith.trunci %0 : i32 to i8
    %2 = arith.addi %1, %res : i8
    linalg.yield %2 : i8
  } -> tensor<1x2x2x3xi8>
  return %y : tensor<1x2x2x3xi8>
}

// -----

#a = affine_map<(b, m, n, k) -> (b, m, k)>
#w = affine_map<(b, m, n, k) -> (k, n)>
#c = affine_map<(b, m, n, k) -> (b, m, n)>
// Weights are transposed at compile time.
// CHECK-LABEL: func @matrix_product
// CHECK: tensor.expand_shape %{{.*}} into tensor<1x1x6x2xf32>
// CHECK: arith.constant dense<{{\[}}{{\[}}{{\[}}[0.000000e+00, 2.000000e+00]]], {{\[}}{{\[}}[1.000000e+00, 3.000000e+00]]]]> : tensor<2x1x1x2xf32>
// CHECK: octet_kernel.conv
// CHECK: ^bb0(%[[SUM:.*]]: f32):
// CHECK-NEXT: octet_kernel.yield %[[SUM]]
// CHECK: tensor.expand_shape %{{.*}} into tensor<2x3x2xf32>
func.func @matrix_product(%x: tensor<2x3x2xf32>) -> tensor<2x3x2xf32> {
  %z = arith.constant 0.0 : f32
  %w = arith.constant dense<[[0.0, 1.0], [2.0, 3.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x3x2xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  %s = linalg.generic {indexing_maps = [#a, #w, #c], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x3x2xf32>, tensor<2x2xf32>) outs(%f : tensor<2x3x2xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %acc, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x2xf32>
  return %s : tensor<2x3x2xf32>
}

// -----

#in = affine_map<(n, h, w, c, kh, kw) -> (n, h + kh, w + kw, c)>
#win = affine_map<(n, h, w, c, kh, kw) -> (kh, kw)>
#out = affine_map<(n, h, w, c, kh, kw) -> (n, h, w, c)>
// A sum of bytes is a depthwise convolution with ones.
// CHECK-LABEL: func @sum_pool
// CHECK: arith.constant dense<1> : tensor<8x2x2x1xi8>
// CHECK: octet_kernel.conv
// CHECK-SAME: groups = 8 : i64
// CHECK: arith.constant -40 : i32
// CHECK: arith.addi
func.func @sum_pool(%x: tensor<1x3x3x8xi8>) -> tensor<1x2x2x8xi32> {
  %c = arith.constant -40 : i32
  %e = tensor.empty() : tensor<1x2x2x8xi32>
  %win = tensor.empty() : tensor<2x2xi8>
  %f = linalg.fill ins(%c : i32) outs(%e : tensor<1x2x2x8xi32>) -> tensor<1x2x2x8xi32>
  %s = linalg.generic {indexing_maps = [#in, #win, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %win : tensor<1x3x3x8xi8>, tensor<2x2xi8>) outs(%f : tensor<1x2x2x8xi32>) {
  ^bb0(%a: i8, %k: i8, %acc: i32):
    %0 = arith.extui %a : i8 to i32
    %1 = arith.addi %acc, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<1x2x2x8xi32>
  return %s : tensor<1x2x2x8xi32>
}

// -----

#in = affine_map<(n, h, w, c, kh, kw) -> (n, h + kh, w + kw, c)>
#win = affine_map<(n, h, w, c, kh, kw) -> (kh, kw)>
#out = affine_map<(n, h, w, c, kh, kw) -> (n, h, w, c)>
// A kernel writes its taps out one after another: not 80 x 80 of them.
// CHECK-LABEL: func @global_sum
// CHECK-NOT: octet_kernel.conv
// CHECK: linalg.generic
func.func @global_sum(%x: tensor<1x80x80x8xi8>) -> tensor<1x1x1x8xi32> {
  %c = arith.constant 0 : i32
  %e = tensor.empty() : tensor<1x1x1x8xi32>
  %win = tensor.empty() : tensor<80x80xi8>
  %f = linalg.fill ins(%c : i32) outs(%e : tensor<1x1x1x8xi32>) -> tensor<1x1x1x8xi32>
  %s = linalg.generic {indexing_maps = [#in, #win, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %win : tensor<1x80x80x8xi8>, tensor<80x80xi8>) outs(%f : tensor<1x1x1x8xi32>) {
  ^bb0(%a: i8, %k: i8, %acc: i32):
    %0 = arith.extui %a : i8 to i32
    %1 = arith.addi %acc, %0 : i32
    linalg.yield %1 : i32
  } -> tensor<1x1x1x8xi32>
  return %s : tensor<1x1x1x8xi32>
}

// -----

#a = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>
// Computed weights are packed at run time.
// CHECK-LABEL: func @weights_are_not_constant
// CHECK: %[[P:.*]] = octet_kernel.pack ins(%{{.*}} : tensor<1x1x2x2xf32>)
// CHECK-SAME: -> tensor<1x32xf32>
// CHECK: octet_kernel.conv ins(%{{.*}}, %[[P]] : tensor<1x1x3x2xf32>, tensor<1x32xf32>)
// CHECK-SAME: weights_per_row
func.func @weights_are_not_constant(%x: tensor<3x2xf32>, %w: tensor<2x2xf32>) -> tensor<3x2xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x2xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  %s = linalg.generic {indexing_maps = [#a, #w, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<3x2xf32>, tensor<2x2xf32>) outs(%f : tensor<3x2xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %acc, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<3x2xf32>
  return %s : tensor<3x2xf32>
}

// -----

#t = affine_map<(b, h, s, d) -> (b, s, h, d)>
#id = affine_map<(b, h, s, d) -> (b, h, s, d)>
#a = affine_map<(b, h, m, n, k) -> (b, h, m, k)>
#w = affine_map<(b, h, m, n, k) -> (b, h, n, k)>
#c = affine_map<(b, h, m, n, k) -> (b, h, m, n)>
// Transpositions are read and written through strides; zero points take sums of
// columns, by the packing, and of rows.
// CHECK-LABEL: func @heads
// CHECK-DAG: %[[Q:.*]] = octet_kernel.permute %arg0, [0, 2, 1, 3] : tensor<2x5x3x8xi8> -> tensor<2x3x5x8xi8>
// CHECK-DAG: %[[K:.*]] = octet_kernel.permute %arg1, [0, 2, 3, 1] : tensor<2x7x3x8xi8> -> tensor<2x3x8x7xi8>
// CHECK: %[[P:.*]]:2 = octet_kernel.pack ins(%{{.*}} : tensor<2x3x8x7xi8>)
// CHECK-SAME: input_unsigned, input_zero = 4 : i64, source_unsigned
// CHECK-SAME: tensor<6x128xi8>, tensor<2x3x1x7xi32>
// CHECK: %[[R:.*]] = linalg.generic
// CHECK: %[[OUT:.*]] = octet_kernel.permute %{{.*}}, [0, 2, 1, 3] : tensor<2x5x3x7xi32> -> tensor<2x3x5x7xi32>
// CHECK: %[[C:.*]] = octet_kernel.conv ins(%{{.*}}, %[[P]]#0 : tensor<2x3x5x8xi8>, tensor<6x128xi8>)
// CHECK-SAME: epilogue(%[[P]]#1, %{{.*}} : tensor<2x3x1x7xi32>, tensor<2x3x5x1xi32>)
// CHECK-SAME: outs(%[[OUT]] : tensor<2x3x5x7xi32>)
// 5 - 128 = -123; 8 * 4 * -123 = -3936.
// CHECK: arith.constant 123 : i32
// CHECK: arith.constant -3936 : i32
// CHECK: octet_kernel.permute %[[C]], [0, 2, 1, 3] : tensor<2x3x5x7xi32> -> tensor<2x5x3x7xi32>
func.func @heads(%x: tensor<2x5x3x8xi8>, %y: tensor<2x7x3x8xi8>) -> tensor<2x5x3x7xi32> {
  %zero = arith.constant 0 : i32
  %ex = tensor.empty() : tensor<2x3x5x8xi8>
  %ey = tensor.empty() : tensor<2x3x7x8xi8>
  %q = linalg.generic {indexing_maps = [#t, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : tensor<2x5x3x8xi8>) outs(%ex : tensor<2x3x5x8xi8>) {
  ^bb0(%a: i8, %o: i8):
    linalg.yield %a : i8
  } -> tensor<2x3x5x8xi8>
  %k = linalg.generic {indexing_maps = [#t, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%y : tensor<2x7x3x8xi8>) outs(%ey : tensor<2x3x7x8xi8>) {
  ^bb0(%a: i8, %o: i8):
    linalg.yield %a : i8
  } -> tensor<2x3x7x8xi8>
  %e = tensor.empty() : tensor<2x3x5x7xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<2x3x5x7xi32>) -> tensor<2x3x5x7xi32>
  %s = linalg.generic {indexing_maps = [#a, #w, #c], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x5x8xi8>, tensor<2x3x7x8xi8>) outs(%f : tensor<2x3x5x7xi32>) {
  ^bb0(%a: i8, %b: i8, %acc: i32):
    %za = arith.constant 4 : i32
    %zb = arith.constant 5 : i32
    %0 = arith.extui %a : i8 to i32
    %1 = arith.subi %0, %za : i32
    %2 = arith.extui %b : i8 to i32
    %3 = arith.subi %2, %zb : i32
    %4 = arith.muli %1, %3 : i32
    %5 = arith.addi %acc, %4 : i32
    linalg.yield %5 : i32
  } -> tensor<2x3x5x7xi32>
  %eo = tensor.empty() : tensor<2x5x3x7xi32>
  %o = linalg.generic {indexing_maps = [#t, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%s : tensor<2x3x5x7xi32>) outs(%eo : tensor<2x5x3x7xi32>) {
  ^bb0(%a: i32, %out: i32):
    linalg.yield %a : i32
  } -> tensor<2x5x3x7xi32>
  return %o : tensor<2x5x3x7xi32>
}

// -----

#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func @table
// CHECK: ^bb0(%[[A:[a-z0-9_]+]]: i8
// CHECK: octet_kernel.lookup %[[A]], dense<5>
func.func @table(%x: tensor<4xi8>) -> tensor<4xi8> {
  %t = arith.constant dense<5> : tensor<256xi8>
  %e = tensor.empty() : tensor<4xi8>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xi8>) outs(%e : tensor<4xi8>) {
  ^bb0(%a: i8, %o: i8):
    %i = arith.index_castui %a : i8 to index
    %v = tensor.extract %t[%i] : tensor<256xi8>
    linalg.yield %v : i8
  } -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

#id = affine_map<(d0) -> (d0)>
// Read as -128 to 127: no such table.
// CHECK-LABEL: func @signed_index
// CHECK: tensor.extract
func.func @signed_index(%x: tensor<4xi8>) -> tensor<4xi8> {
  %t = arith.constant dense<5> : tensor<256xi8>
  %e = tensor.empty() : tensor<4xi8>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xi8>) outs(%e : tensor<4xi8>) {
  ^bb0(%a: i8, %o: i8):
    %i = arith.index_cast %a : i8 to index
    %v = tensor.extract %t[%i] : tensor<256xi8>
    linalg.yield %v : i8
  } -> tensor<4xi8>
  return %0 : tensor<4xi8>
}
