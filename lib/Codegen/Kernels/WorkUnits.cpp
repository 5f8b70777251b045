//===- WorkUnits.cpp - Loops over the units of a kernel --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WorkUnits.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

/// Writes `body` for a full block, or for the smaller last one where `block` is
/// that.
static void forEachSize(KernelBuilder &b, Value block, int64_t count,
                        int64_t size, function_ref<void(int64_t)> body) {
  int64_t rest = count % size, full = count / size;
  if (rest == 0)
    return body(size);
  if (full == 0)
    return body(rest);
  b.branch(b.isEqual(block, full), [&] { body(rest); }, [&] { body(size); });
}

/// The blocks that the number of a unit stands for.
struct UnitBlocks {
  Value image, row, pixel, group, channel;

  UnitBlocks(KernelBuilder &b, const WorkGrid &grid, Value unit) {
    int64_t together = grid.channelsTogether,
            perBlock = together * grid.spatialUnits();
    bool isAll = together == grid.channelUnits();
    Value within = isAll ? unit : b.rem(unit, perBlock);
    Value spatial = b.div(within, together), channels = b.rem(within, together);
    if (!isAll)
      channels = b.add(b.mul(b.div(unit, perBlock), together), channels);
    if (grid.spatialUnits() == 1)
      channels = unit, spatial = b.index(0);
    Value rows = b.div(spatial, grid.pixelBlocks());
    pixel = grid.pixelBlocks() == 1 ? b.index(0)
                                    : b.rem(spatial, grid.pixelBlocks());
    image = grid.images == 1 ? b.index(0) : b.div(rows, grid.rowBlocks());
    row = grid.images == 1 ? rows : b.rem(rows, grid.rowBlocks());
    group =
        grid.groups == 1 ? b.index(0) : b.div(channels, grid.channelBlocks());
    channel =
        grid.groups == 1 ? channels : b.rem(channels, grid.channelBlocks());
  }
};

static void writeUnit(const KernelPlan &plan, KernelBuilder &b, Value number,
                      function_ref<void(const WorkUnit &)> body) {
  const WorkGrid &grid = plan.grid;
  constexpr int64_t perUnit = WorkGrid::kChannelsPerUnit;
  UnitBlocks blocks(b, grid, number);
  WorkUnit unit;
  unit.group = blocks.group;
  unit.origin = {blocks.image, b.mul(blocks.row, grid.rowsPerUnit),
                 b.mul(blocks.pixel, grid.pixelsPerUnit),
                 b.mul(blocks.channel, perUnit)};
  auto withRows = [&](int64_t rows) {
    unit.rows = rows;
    forEachSize(b, blocks.pixel, grid.pixels, grid.pixelsPerUnit,
                [&](int64_t pixels) {
                  unit.pixels = pixels;
                  body(unit);
                });
  };
  forEachSize(b, blocks.channel, grid.channels, perUnit, [&](int64_t channels) {
    unit.channels = channels;
    forEachSize(b, blocks.row, grid.rows, grid.rowsPerUnit, withRows);
  });
}

void octet::forEachUnit(const KernelPlan &plan, KernelBuilder &b,
                        function_ref<void(const WorkUnit &)> body) {
  ConvOp op = plan.op;
  auto write = [&](Value number) { writeUnit(plan, b, number, body); };
  if (op.getLo())
    b.loop(op.getLo(), op.getHi(), write);
  else
    b.repeat(plan.grid.units(), write);
}
