// RUN: octet-opt %s -octet-lower-kernels -split-input-file -verify-diagnostics | FileCheck %s

// 100 pixels by 64 channels: two units of 50 pixels, in tiles of 6 and 5.
// CHECK-LABEL: func @tiles
// CHECK-SAME: octet_kernel.work_extent = 2
// CHECK-SAME: passthrough = ["stackrealign"]
// CHECK: scf.for %{{.*}} = %arg4 to %arg5
// CHECK: scf.for
// The sums start at the bias: no addition is left of the region's.
// CHECK: scf.for {{.*}} -> ({{.*}}vector<16xi32>{{.*}}) {
// CHECK-COUNT-24: octet_kernel.dot4 {{.*}} {a_unsigned}
// CHECK-NOT: octet_kernel.dot4
// CHECK: scf.yield
// CHECK-NOT: arith.addi {{.*}} vector<16xi32>
// Nothing bounds what is truncated: masked, then packed, 64 bytes at a time.
// CHECK-COUNT-4: arith.andi
// CHECK-COUNT-2: llvm.x86.avx512.packssdw.512
// CHECK: llvm.x86.avx512.packuswb.512
// CHECK: vector.store {{.*}} vector<64xi8>
func.func @tiles(%x: memref<1x1x100x256xi8>, %w: memref<16384xi8>, %b: memref<64xi32>, %y: memref<1x1x100x64xi8>, %lo: index, %hi: index) attributes {octet_kernel.isa = #octet_kernel.isa<avx512vnni>} {
  octet_kernel.conv ins(%x, %w : memref<1x1x100x256xi8>, memref<16384xi8>) epilogue(%b : memref<64xi32>)
      outs(%y : memref<1x1x100x64xi8>) range(%lo, %hi)
      attributes {kernel = array<i64: 1, 1>, input_unsigned, packing = #octet_kernel.packing<columns>,
                  tile = #octet_kernel.tile<rows = 6, vectors = 4, unroll = 1>} {
  ^bb0(%sum: i32, %bias: i32):
    %0 = arith.addi %sum, %bias : i32
    %1 = arith.trunci %0 : i32 to i8
    octet_kernel.yield %1 : i8
  }
  return
}

// The packs saturate: they do the lower clamp and take the zero point.
// CHECK-LABEL: func @saturating
// CHECK-NOT: arith.maximumf
// CHECK: arith.minimumf {{.*}} fastmath<nnan,nsz> : vector<8xf32>
// CHECK: llvm.x86.avx.cvt.ps2dq.256
// CHECK: llvm.x86.avx2.packssdw
// CHECK: llvm.intr.sadd.sat
// CHECK: llvm.x86.avx2.packuswb
// CHECK: octet_kernel.lookup {{.*}} : vector<32xi8>
func.func @saturating(%x: memref<1x1x4x32xi8>, %w: memref<1024xi8>, %y: memref<1x1x4x32xi8>) attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  octet_kernel.conv ins(%x, %w : memref<1x1x4x32xi8>, memref<1024xi8>)
      outs(%y : memref<1x1x4x32xi8>)
      attributes {kernel = array<i64: 1, 1>, input_unsigned, packing = #octet_kernel.packing<columns>} {
  ^bb0(%sum: i32):
    %low = arith.constant -7.0 : f32
    %high = arith.constant 248.0 : f32
    %z = arith.constant 7 : i32
    %0 = arith.sitofp %sum : i32 to f32
    %1 = arith.maximumf %0, %low : f32
    %2 = arith.minimumf %1, %high : f32
    %3 = math.roundeven %2 : f32
    %4 = arith.fptosi %3 : f32 to i32
    %5 = arith.addi %4, %z : i32
    %6 = arith.trunci %5 : i32 to i8
    %7 = octet_kernel.lookup %6, dense<1> : tensor<256xi8> : i8
    octet_kernel.yield %7 : i8
  }
  return
}

// One channel of each pixel: stored by itself, not by a mask, of which LLVM makes
// a store of four bytes.
// CHECK-LABEL: func @one_channel
// CHECK-NOT: vector.maskedstore
// CHECK-COUNT-4: vector.store {{.*}} vector<1xi8>
func.func @one_channel(%x: memref<1x1x4x10xi8>, %w: memref<256xi8>, %y: memref<1x1x4x2xi8>) attributes {octet_kernel.isa = #octet_kernel.isa<avx512vnni>} {
  octet_kernel.conv ins(%x, %w : memref<1x1x4x10xi8>, memref<256xi8>) outs(%y : memref<1x1x4x2xi8>)
      attributes {kernel = array<i64: 1, 1>, groups = 2 : i64, input_unsigned, packing = #octet_kernel.packing<columns>} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}

// A depthwise 3x3: the columns of a row slide, two output rows share them, and
// a turn takes three pixels.
// CHECK-LABEL: func @depthwise
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<16xi8>, {{.*}}) {
// CHECK-COUNT-72: octet_kernel.dot4
// CHECK-NOT: octet_kernel.dot4
// CHECK: scf.yield
func.func @depthwise(%x: memref<1x6x12x16xi8>, %w: memref<384xi8>, %y: memref<1x4x10x16xi8>) attributes {octet_kernel.isa = #octet_kernel.isa<dotprod>} {
  octet_kernel.conv ins(%x, %w : memref<1x6x12x16xi8>, memref<384xi8>) outs(%y : memref<1x4x10x16xi8>)
      attributes {kernel = array<i64: 3, 3>, groups = 16 : i64, packing = #octet_kernel.packing<taps>} {
  ^bb0(%sum: i32):
    %1 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %1 : i8
  }
  return
}

// Floats: the sums of four pixels grow together, and what finishes them takes
// turns, so that none waits for its own last.
// CHECK-LABEL: func @depthwise_floats
// CHECK: scf.for
// CHECK: scf.for
// CHECK-COUNT-36: vector.fma
// CHECK-COUNT-4: math.exp
// CHECK-COUNT-4: arith.negf
// CHECK-COUNT-4: vector.store
// CHECK: }
// CHECK-COUNT-18: vector.fma
// CHECK-NOT: vector.fma
func.func @depthwise_floats(%x: memref<1x6x12x16xf32>, %w: memref<144xf32>, %y: memref<1x4x10x16xf32>) attributes {octet_kernel.isa = #octet_kernel.isa<avx512vnni>} {
  octet_kernel.conv ins(%x, %w : memref<1x6x12x16xf32>, memref<144xf32>) outs(%y : memref<1x4x10x16xf32>)
      attributes {kernel = array<i64: 3, 3>, groups = 16 : i64, packing = #octet_kernel.packing<taps>} {
  ^bb0(%sum: f32):
    %0 = math.exp %sum : f32
    %1 = arith.negf %0 : f32
    octet_kernel.yield %1 : f32
  }
  return
}

// A residual in a padded buffer: its rows do not follow each other, so that a
// pixel's number alone does not find it, and units take rows of 40 pixels.
// CHECK-LABEL: func @padded_residual
// CHECK-SAME: octet_kernel.work_extent = 3
// CHECK: vector.load %{{.*}}[%{{.*}}] : memref<{{.*}}xf32, strided<[1], offset: 688>>
func.func @padded_residual(%x: memref<1x3x40x16xf32>, %w: memref<256xf32>, %r: memref<1x5x42x16xf32>, %y: memref<1x3x40x16xf32>, %lo: index, %hi: index) attributes {octet_kernel.isa = #octet_kernel.isa<avx512vnni>} {
  %inside = memref.subview %r[0, 1, 1, 0] [1, 3, 40, 16] [1, 1, 1, 1] : memref<1x5x42x16xf32> to memref<1x3x40x16xf32, strided<[3360, 672, 16, 1], offset: 688>>
  octet_kernel.conv ins(%x, %w : memref<1x3x40x16xf32>, memref<256xf32>)
      epilogue(%inside : memref<1x3x40x16xf32, strided<[3360, 672, 16, 1], offset: 688>>)
      outs(%y : memref<1x3x40x16xf32>) range(%lo, %hi)
      attributes {kernel = array<i64: 1, 1>, packing = #octet_kernel.packing<columns>} {
  ^bb0(%sum: f32, %skip: f32):
    %0 = arith.addf %sum, %skip : f32
    octet_kernel.yield %0 : f32
  }
  return
}

// Channels of a wider buffer: evenly spaced pixels, two units of 60.
// CHECK-LABEL: func @into_concatenation
// CHECK-SAME: octet_kernel.work_extent = 2
func.func @into_concatenation(%x: memref<1x3x40x16xf32>, %w: memref<256xf32>, %c: memref<1x3x40x32xf32>, %lo: index, %hi: index) attributes {octet_kernel.isa = #octet_kernel.isa<avx512vnni>} {
  %half = memref.subview %c[0, 0, 0, 16] [1, 3, 40, 16] [1, 1, 1, 1] : memref<1x3x40x32xf32> to memref<1x3x40x16xf32, strided<[3840, 1280, 32, 1], offset: 16>>
  octet_kernel.conv ins(%x, %w : memref<1x3x40x16xf32>, memref<256xf32>)
      outs(%half : memref<1x3x40x16xf32, strided<[3840, 1280, 32, 1], offset: 16>>) range(%lo, %hi)
      attributes {kernel = array<i64: 1, 1>, packing = #octet_kernel.packing<columns>} {
  ^bb0(%sum: f32):
    octet_kernel.yield %sum : f32
  }
  return
}

// -----

func.func @not_packed(%x: memref<1x1x5x2xi8>, %w: memref<2x1x1x2xi8>, %y: memref<1x1x5x2xi32>) {
  // expected-error @below {{weights are not packed}}
  octet_kernel.conv ins(%x, %w : memref<1x1x5x2xi8>, memref<2x1x1x2xi8>) outs(%y : memref<1x1x5x2xi32>)
      attributes {kernel = array<i64: 1, 1>} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  }
  return
}

// -----

func.func @dynamic_strides(%x: memref<1x1x5x2xi8, strided<[?, ?, ?, 1]>>, %w: memref<64xi8>, %y: memref<1x1x5x2xi32>) {
  // expected-error @below {{strides must be static, and 1 along channels, got 'memref<1x1x5x2xi8, strided<[?, ?, ?, 1]>>'}}
  octet_kernel.conv ins(%x, %w : memref<1x1x5x2xi8, strided<[?, ?, ?, 1]>>, memref<64xi8>) outs(%y : memref<1x1x5x2xi32>)
      attributes {kernel = array<i64: 1, 1>, packing = #octet_kernel.packing<columns>} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  }
  return
}

// -----

func.func @on_tensors(%x: tensor<1x1x5x2xi8>, %w: tensor<64xi8>, %y: tensor<1x1x5x2xi32>) -> tensor<1x1x5x2xi32> {
  // expected-error @below {{must be on buffers, got 'tensor<1x1x5x2xi8>'}}
  %0 = octet_kernel.conv ins(%x, %w : tensor<1x1x5x2xi8>, tensor<64xi8>) outs(%y : tensor<1x1x5x2xi32>)
      attributes {kernel = array<i64: 1, 1>, packing = #octet_kernel.packing<columns>} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  } -> tensor<1x1x5x2xi32>
  return %0 : tensor<1x1x5x2xi32>
}

// -----

// Four tiles of sums, configured once; steps of 4 bytes that are no multiple of
// 16 have a tail in tiles of its own. The last of 50 pixels' four tiles begins
// early, at pixel 37.
// CHECK-LABEL: func @matrix
// CHECK: %[[SUMS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<1024xi32>
// CHECK: arith.constant dense<[1, {{(0, )+}}64, 0, 64, 0, 64, 0, 64, 0, 64, 0, 64, 0, 4, 0, 64, {{(0, )+}}13, 13, 13, 13, 13, 16, 13, 1, 0
// CHECK: llvm.call_intrinsic "llvm.x86.ldtilecfg"
// CHECK-NOT: llvm.x86.ldtilecfg
// CHECK: scf.for %{{.*}} = %arg3 to %arg4
// CHECK-COUNT-4: llvm.x86.tilezero
// CHECK-COUNT-5: llvm.x86.tileloadd64
// CHECK: llvm.x86.tdpbusd
// CHECK: llvm.x86.tilestored64
// CHECK: vector.load %[[SUMS]]
// CHECK: }
// CHECK: llvm.call_intrinsic "llvm.x86.tilerelease"() : () -> ()
// CHECK-NEXT: return
func.func @matrix(%x: memref<1x1x50x68xi8>, %w: memref<2176xi8>, %y: memref<1x1x50x32xi8>, %lo: index, %hi: index) attributes {octet_kernel.isa = #octet_kernel.isa<amx>} {
  octet_kernel.conv ins(%x, %w : memref<1x1x50x68xi8>, memref<2176xi8>)
      outs(%y : memref<1x1x50x32xi8>) range(%lo, %hi)
      attributes {kernel = array<i64: 1, 1>, input_unsigned, packing = #octet_kernel.packing<columns>,
                  tile = #octet_kernel.tile<rows = 32, vectors = 2, unroll = 16>} {
  ^bb0(%sum: i32):
    %1 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %1 : i8
  }
  return
}

// -----

// Short rows: a tile has two of them, and the two pixels of padding between.
// CHECK-LABEL: func @rows
// CHECK: arith.constant dense<[1, {{(0, )+}}64, 0, 64, 0, 64, 0, 64, 0, 48, 0, 48, 0, 48, 0, 64, {{(0, )+}}16, 16, 16, 16, 16, 16, 16, 12, 0
// CHECK: llvm.x86.tdpbssd
func.func @rows(%x: memref<1x9x9x16xi8>, %w: memref<6912xi8>, %y: memref<1x7x7x48xi8>) attributes {octet_kernel.isa = #octet_kernel.isa<amx>} {
  octet_kernel.conv ins(%x, %w : memref<1x9x9x16xi8>, memref<6912xi8>)
      outs(%y : memref<1x7x7x48xi8>)
      attributes {kernel = array<i64: 3, 3>, packing = #octet_kernel.packing<columns>} {
  ^bb0(%sum: i32):
    %1 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %1 : i8
  }
  return
}

// -----

// One row of pixels is read as fast as its weights arrive: vectors do it.
// CHECK-LABEL: func @vectors
// CHECK-NOT: llvm.x86.tdp
// CHECK: octet_kernel.dot4
func.func @vectors(%x: memref<1x1x1x2048xi8>, %w: memref<131072xi8>, %y: memref<1x1x1x64xi8>) attributes {octet_kernel.isa = #octet_kernel.isa<amx>} {
  octet_kernel.conv ins(%x, %w : memref<1x1x1x2048xi8>, memref<131072xi8>)
      outs(%y : memref<1x1x1x64xi8>)
      attributes {kernel = array<i64: 1, 1>, input_unsigned, packing = #octet_kernel.packing<columns>} {
  ^bb0(%sum: i32):
    %1 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %1 : i8
  }
  return
}
