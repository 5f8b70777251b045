//===- PackWeights.cpp - Order constant weights for the tiles --*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelConstants.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "octet/Codegen/KernelTable.h"
#include "octet/Codegen/Kernels/Passes.h"
#include "octet/IR/Constants.h"
#include "octet/IR/Kernel/Packing.h"

namespace mlir::octet {
#define GEN_PASS_DEF_OCTETPACKWEIGHTS
#include "octet/Codegen/Kernels/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet_kernel;

/// The packing of a kernel's weights for an instruction set.
static Packing choosePacking(ConvOp op, const octet::IsaTraits &traits) {
  if (op.isDepthwise())
    return Packing::Taps;
  return op.isFloat() ? Packing::Columns : traits.packing;
}

/// Whether the instruction set multiplies such inputs as they are.
static bool servesInput(const octet::IsaTraits &traits, bool isUnsigned) {
  return isUnsigned ? traits.hasUnsignedDot : traits.hasSignedDot;
}

/// A kernel whose weights are packed at run time.
static void planComputed(ConvOp op) {
  if (!op.getWeightsPerRow() || op.getPacking())
    return;
  const octet::IsaTraits &traits = octet::getIsaTraits(getIsa(op));
  op.setPacking(choosePacking(op, traits));
  op.setFlipInput(!op.isFloat() && !servesInput(traits, op.getInputUnsigned()));
}

/// And what packs them: a flipped sign bit moves the input by 128.
static void planPacking(PackOp op) {
  if (op.getPacking())
    return;
  const octet::IsaTraits &traits = octet::getIsaTraits(getIsa(op));
  op.setPacking(op.isFloat() ? Packing::Columns : traits.packing);
  if (!op.isFloat() && !servesInput(traits, op.getInputUnsigned()))
    op.setInputZero(op.getInputZero() + (op.getInputUnsigned() ? -128 : 128));
}

namespace {
class OctetPackWeights
    : public octet::impl::OctetPackWeightsBase<OctetPackWeights> {
public:
  void runOnOperation() override {
    octet::KernelConstants constants(getOperation());
    getOperation().walk(planComputed);
    getOperation().walk([&](PackOp op) { planPacking(op); });
    WalkResult result = getOperation().walk([&](ConvOp op) {
      if (op.getPacking() || !isa<MemRefType>(op.getWeights().getType()))
        return WalkResult::advance();
      return WalkResult(pack(op, constants));
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    numShared += constants.numShared;
    eraseUnused();
  }

private:
  LogicalResult pack(ConvOp op, octet::KernelConstants &constants);
  const octet::ConstantData *read(memref::GlobalOp plain);
  bool isSafe(memref::GlobalOp packed);
  void flipInput(ConvOp op, function_ref<SmallVector<int32_t>()> getCorrections,
                 memref::GlobalOp plain, octet::KernelConstants &constants);
  void eraseUnused();

  SmallVector<memref::GlobalOp> replaced;
  /// What was read last: the versions of a step follow each other.
  memref::GlobalOp lastRead;
  std::optional<octet::ConstantData> lastData;
  /// Packed weights to whether no sum of two products saturates.
  DenseMap<Operation *, bool> safePairs;
};
} // namespace

LogicalResult OctetPackWeights::pack(ConvOp op,
                                     octet::KernelConstants &constants) {
  memref::GlobalOp plain = constants.find(op.getWeights());
  if (!plain)
    return op.emitOpError("weights are not a constant");
  const octet::IsaTraits &traits = octet::getIsaTraits(getIsa(op));
  Packing packing = choosePacking(op, traits);
  WeightShape shape(op);
  const octet::ConstantData *data = read(plain);
  if (!data)
    return op.emitOpError("weights are not readable");
  auto makePacked = [&] {
    ++numPacked;
    auto type = RankedTensorType::get({shape.getPackedElements(packing)},
                                      op.getWeightsType().getElementType());
    return octet::makeElements(type, packWeights(shape, packing, data->bytes));
  };
  // The convolution, and not only its weights, decides the order: the number
  // of segments tells what orders there are apart.
  std::string name = (plain.getSymName() + "_" + stringifyPacking(packing) +
                      Twine(shape.getSegments(packing)))
                         .str();
  memref::GlobalOp packed = constants.getOrCreate(plain, name, makePacked);

  OpBuilder b(op);
  op.getWeightsMutable().assign(constants.get(b, op.getLoc(), packed));
  op.setPacking(packing);
  replaced.push_back(plain);
  if (op.isFloat())
    return success();
  op.setSafePairs(isSafe(packed));
  if (!octet::usesMatrixUnit(op, traits.isa) &&
      !servesInput(traits, op.getInputUnsigned()))
    flipInput(
        op, [&] { return getFlipCorrections(shape, data->bytes); }, plain,
        constants);
  return success();
}

/// Null where the values cannot be read.
const octet::ConstantData *OctetPackWeights::read(memref::GlobalOp plain) {
  if (lastRead != plain) {
    lastRead = plain;
    lastData =
        octet::readElements(cast<ElementsAttr>(plain.getInitialValueAttr()));
  }
  return lastData ? &*lastData : nullptr;
}

bool OctetPackWeights::isSafe(memref::GlobalOp packed) {
  auto [it, isNew] = safePairs.try_emplace(packed, false);
  if (isNew) {
    auto values = cast<ElementsAttr>(packed.getInitialValueAttr());
    it->second = haveSafePairs(octet::readElements(values)->bytes);
  }
  return it->second;
}

/// Reads the input with its sign bit flipped, which moves it by 128, and adds
/// the correction to the sum, as one more operand of the epilogue.
void OctetPackWeights::flipInput(
    ConvOp op, function_ref<SmallVector<int32_t>()> getCorrections,
    memref::GlobalOp plain, octet::KernelConstants &constants) {
  bool toSigned = op.getInputUnsigned();
  auto makeCorrections = [&]() -> ElementsAttr {
    SmallVector<int32_t> values = getCorrections();
    for (int32_t &value : values)
      value = toSigned ? -value : value;
    auto type = RankedTensorType::get({static_cast<int64_t>(values.size())},
                                      IntegerType::get(op.getContext(), 32));
    return DenseElementsAttr::get(type, ArrayRef<int32_t>(values));
  };
  StringRef suffix = toSigned ? "_flip_signed" : "_flip_unsigned";
  memref::GlobalOp global = constants.getOrCreate(
      plain, (plain.getSymName() + suffix).str(), makeCorrections);
  OpBuilder b(op);
  op.getEpilogueOperandsMutable().append(constants.get(b, op.getLoc(), global));
  op.setFlipInput(true);
  Block &block = op.getEpilogue().front();
  Value sum = block.getArgument(0);
  Value correction = block.addArgument(b.getI32Type(), op.getLoc());
  b.setInsertionPointToStart(&block);
  auto corrected = arith::AddIOp::create(b, op.getLoc(), sum, correction);
  sum.replaceAllUsesExcept(corrected, corrected);
}

/// Erases the plain weights that nothing uses any more.
void OctetPackWeights::eraseUnused() {
  getOperation().walk([&](memref::GetGlobalOp get) {
    if (get->use_empty())
      get.erase();
  });
  llvm::SmallPtrSet<Operation *, 8> seen;
  for (memref::GlobalOp plain : replaced)
    if (seen.insert(plain).second && plain.isPrivate() &&
        SymbolTable::symbolKnownUseEmpty(plain, getOperation()))
      plain.erase();
}
