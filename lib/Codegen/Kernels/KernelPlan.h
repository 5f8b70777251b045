//===- KernelPlan.h - What is fixed about a kernel -------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All that is known of a convolution before its first loop is written: strides
// in elements, flat views of its buffers, packing, instruction set.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_KERNELS_KERNELPLAN_H
#define OCTET_LIB_CODEGEN_KERNELS_KERNELPLAN_H

#include "KernelBuilder.h"
#include "octet/Codegen/KernelTable.h"
#include "octet/IR/Kernel/Packing.h"
#include <array>

namespace mlir::octet {

/// A buffer that is addressed by image, row, pixel and channel; a stride is 0
/// along an axis that it is broadcast along.
struct View {
  Value flat;
  std::array<int64_t, 4> strides = {};
  /// Pixels of several rows never meet: a tile lies in one row.
  bool isRowByRow = false;

  /// One value for all pixels of a tile.
  bool isPerChannel() const {
    return (isRowByRow || (strides[0] == 0 && strides[1] == 0)) &&
           strides[2] == 0;
  }
  int64_t channelStride() const { return strides[3]; }
};

/// A position in the output.
struct Position {
  Value image, row, pixel, channel;
};

struct KernelPlan {
  octet_kernel::ConvOp op;
  const IsaTraits &traits;
  octet_kernel::WorkGrid grid;
  octet_kernel::WeightShape weightShape;
  octet_kernel::Packing packing;
  KernelType type;
  View input, out;
  SmallVector<View> operands;
  Value weights;
  /// Elements from the weights of a row to those of the next; 0 where all
  /// rows share them.
  int64_t rowWeights = 0;
  int64_t strideHeight, strideWidth, dilationHeight, dilationWidth;

  /// Writes the views before `op`.
  KernelPlan(octet_kernel::ConvOp op, KernelBuilder &b);

  /// Of an element.
  int64_t getInputBytes() const { return type == KernelType::F32 ? 4 : 1; }
  int64_t lanes() const { return traits.getLanes(); }
  /// Element of `view` at `at`.
  Value locate(KernelBuilder &b, const View &view, const Position &at) const;
  /// Element of the input that the first tap of output `at` meets, in its
  /// group's first channel.
  Value locateInput(KernelBuilder &b, const Position &at, Value channel) const;
  /// `count` packed weights from element `at` on; short floats as f32.
  Value loadWeights(KernelBuilder &b, Value at, int64_t count) const;
  /// Element of the packed weights, within a panel's range, of lane `lane`.
  int64_t weightOffset(int64_t lane) const {
    int64_t panel = octet_kernel::WeightShape::kPanel;
    return lane / panel * weightShape.getPanelStride(packing) +
           lane % panel * weightShape.getDepth(packing);
  }
};

/// Writes a convolution; `op` has buffers and packed weights.
void lowerConv(const KernelPlan &plan, KernelBuilder &b);
void lowerDepthwise(const KernelPlan &plan, KernelBuilder &b);
/// Writes the packing of a computed matrix, on buffers.
void lowerPack(octet_kernel::PackOp op, KernelBuilder &b);

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_KERNELS_KERNELPLAN_H
