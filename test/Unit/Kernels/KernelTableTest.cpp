//===- KernelTableTest.cpp - Tests of the table and its selector -*- C++
//-*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The selector takes the instruction set as an argument, so that what every CPU
// gets can be tested on any.
//
//===----------------------------------------------------------------------===//

#include "octet/Codegen/KernelTable.h"
#include "gtest/gtest.h"

using namespace mlir::octet;
using mlir::octet_kernel::Isa;

static const char *const kIsaNames[] = {
#define OCTET_X86_ISA(name, features, bits, vectorBits, byDefault) name,
#define OCTET_ARM_ISA(name, features, bits, vectorBits, byDefault) name,
#include "octet/Support/Isas.def"
};

TEST(KernelTable, EveryInstructionSetHasTilesOfBothTypes) {
  for (const char *name : kIsaNames) {
    std::optional<Isa> isa = mlir::octet_kernel::findIsa(name);
    ASSERT_TRUE(isa) << name;
    for (KernelType type : {KernelType::I8, KernelType::F32})
      EXPECT_TRUE(llvm::any_of(getKernelTable(), [&](const KernelRow &row) {
        return row.isa == *isa && row.type == type;
      })) << name;
  }
}

// The sums and one vector of input stay in registers, and the weights of a step
// too where several rows use them.
TEST(KernelTable, TilesFitTheRegisters) {
  for (const KernelRow &row : getKernelTable()) {
    if (row.type == KernelType::I8Matrix)
      continue;
    const IsaTraits &traits = getIsaTraits(row.isa);
    int64_t vectors =
        row.type == KernelType::F32
            ? row.vectors
            : llvm::divideCeil(4 * row.vectors, traits.getMatrixLanes());
    EXPECT_LE(row.rows * vectors + (row.rows > 1 ? vectors : 1) + 1,
              traits.registers)
        << row.rows << "x" << row.vectors;
  }
}

// Of eight tiles, two at least are for the factors; a tail has two of its own.
TEST(KernelTable, MatrixTilesLeaveSomeForTheFactors) {
  for (const KernelRow &row : getKernelTable())
    if (row.type == KernelType::I8Matrix)
      EXPECT_LE(row.rows / 16 * row.vectors + 4, 8)
          << row.rows << "x" << row.vectors;
}

TEST(KernelTable, LargeProductsGetTilesThatHideLatency) {
  KernelRow row =
      selectKernel(Isa::AVX512VNNI, KernelType::I8, {1, 64, 4, 128});
  EXPECT_GE(row.rows * row.vectors, 24);
  // Two pairs of rows: with three, what brings them together does not fit.
  row = selectKernel(Isa::I8MM, KernelType::I8, {1, 64, 16, 64});
  EXPECT_EQ(row.rows, 4);
  EXPECT_EQ(row.vectors, 6);
}

// Pixels 4 KiB apart share one set of L1, which has eight lines.
TEST(KernelTable, AlignedPixelsGetFewRows) {
  auto select = [](int64_t pixelBytes) {
    return selectKernel(Isa::AVX512VNNI, KernelType::F32,
                        {1, 84, 2, 1024, pixelBytes});
  };
  EXPECT_GT(select(4096 + 64).rows, 8);
  EXPECT_LE(select(4096).rows, 8);
}

TEST(KernelTable, ASinglePixelGetsAllVectors) {
  KernelRow row = selectKernel(Isa::AVX512VNNI, KernelType::I8, {1, 1, 4, 512});
  EXPECT_EQ(row.vectors, 4);
}

TEST(KernelTable, SeveralTilesShareAPanel) {
  TileWork work = {1, 64, 16, 64};
  KernelRow row = selectKernel(Isa::I8MM, KernelType::I8, work);
  double without = estimateCycles(row, work);
  work.panelPixels = 8;
  EXPECT_TRUE(work.canUsePanel(row));
  EXPECT_LT(estimateCycles(row, work), without);
  work.vectors = row.vectors;
  EXPECT_FALSE(work.canUsePanel(row));
}

TEST(KernelTable, OnlyAVX2MakesWords) {
  TileWork work = {1, 64, 8, 128, 0, 6, 8};
  EXPECT_GT(selectKernel(Isa::AVX2, KernelType::Words, work).rows, 0);
  EXPECT_EQ(selectKernel(Isa::AVX512VNNI, KernelType::Words, work).rows, 0);
}

TEST(KernelTable, PartsAreEvenAndComplete) {
  for (int64_t count = 1; count < 100; ++count)
    for (int64_t most = 1; most < 30; ++most) {
      EvenParts parts(count, most);
      EXPECT_EQ(parts.numLarge * (parts.size + 1) + parts.numSmall * parts.size,
                count);
      EXPECT_LE(parts.size + (parts.numLarge > 0), most);
    }
}

TEST(KernelTable, ShortRowsShareATile) {
  TileGrid grid({7, 7, 2, 64}, 14);
  EXPECT_EQ(grid.pixels.size, 7);
  EXPECT_EQ(grid.rows.numLarge + grid.rows.numSmall, 4);
}
