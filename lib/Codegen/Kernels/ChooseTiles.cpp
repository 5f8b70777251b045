//===- ChooseTiles.cpp - Register tiles that were measured -----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Codegen/KernelTable.h"
#include "octet/Codegen/Kernels/Passes.h"
#include "octet/Codegen/Kernels/Tiles.h"
#include "llvm/ADT/StringExtras.h"

namespace mlir::octet {
#define GEN_PASS_DEF_OCTETCHOOSETILES
#include "octet/Codegen/Kernels/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

static std::string joinExtents(ArrayRef<int64_t> extents) {
  return llvm::join(
      llvm::map_range(extents, [](int64_t v) { return std::to_string(v); }),
      "x");
}

/// What a tile's time depends on: the shapes, the types, and how much the
/// epilogue reads.
static std::string nameKernel(ConvOp op) {
  std::string name;
  llvm::raw_string_ostream os(name);
  Type input = op.getInputType().getElementType(),
       weights = op.getWeightsType().getElementType();
  os << stringifyIsa(getIsa(op)) << " "
     << joinExtents(op.getInputType().getShape()) << "x" << input << " "
     << joinExtents({op.getOutChannels(), op.getKernel()[0], op.getKernel()[1],
                     op.getGroupChannels()});
  if (weights != input)
    os << "x" << weights;
  os << " strides " << joinExtents(op.getStrides()) << " dilations "
     << joinExtents(op.getDilations()) << " "
     << op.getOutType().getElementType() << " "
     << op.getEpilogueOperands().size();
  return name;
}

SmallVector<TileAttr> octet::getTiles(MLIRContext *context, Isa isa,
                                      KernelType type) {
  SmallVector<TileAttr> tiles;
  for (const KernelRow &row : getKernelTable())
    if (row.isa == isa && (row.type == type || (type == KernelType::I8 &&
                                                row.type != KernelType::F32)))
      tiles.push_back(
          TileAttr::get(context, row.rows, row.vectors, row.unroll));
  return tiles;
}

namespace {
struct OctetChooseTiles
    : public octet::impl::OctetChooseTilesBase<OctetChooseTiles> {
  using OctetChooseTilesBase::OctetChooseTilesBase;

  void runOnOperation() override {
    tiles = getOperation()->getAttrOfType<DictionaryAttr>(kTilesAttrName);
    if (!tiles && candidate < 0)
      return;
    getOperation().walk([&](ConvOp op) {
      // Depthwise kernels have one form; a tile that is there was asked for.
      if (op.isDepthwise() || op.getTileAttr())
        return;
      if (TileAttr tile = candidate < 0 ? getMeasured(op) : getCandidate(op)) {
        op.setTileAttr(tile);
        ++numChosen;
      }
    });
  }

  TileAttr getMeasured(ConvOp op) {
    return tiles.getAs<TileAttr>(nameKernel(op));
  }

  TileAttr getCandidate(ConvOp op) {
    SmallVector<TileAttr> all =
        getTiles(&getContext(), getIsa(op),
                 op.isFloat() ? KernelType::F32 : KernelType::I8);
    if (candidate >= int64_t(all.size()))
      return nullptr;
    Operation *function = op->getParentOfType<FunctionOpInterface>();
    Builder b(&getContext());
    function->setAttr(kMeasuredAttrName, b.getDictionaryAttr(b.getNamedAttr(
                                             nameKernel(op), all[candidate])));
    return all[candidate];
  }

  DictionaryAttr tiles;
};
} // namespace
