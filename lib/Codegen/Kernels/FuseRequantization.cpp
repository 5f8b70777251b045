//===- FuseRequantization.cpp - Requantize by one multiply-add -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExactRequantize.h"
#include "KernelConstants.h"
#include "Narrow.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "octet/Codegen/Kernels/Passes.h"
#include "octet/IR/Constants.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/xxhash.h"
#include <cmath>

namespace mlir::octet {
#define GEN_PASS_DEF_OCTETFUSEREQUANTIZATION
#include "octet/Codegen/Kernels/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet_kernel;
using octet::findMultiplyAdd;
using octet::getIsaTraits;
using octet::KernelConstants;
using octet::matchRequantization;
using octet::MultiplyAdd;
using octet::readElements;
using octet::Requantization;

/// A chain of operations, each of which alone uses what the one before gives.
template <typename Op> static Op getPrivate(Value value) {
  return value.hasOneUse() ? value.getDefiningOp<Op>() : nullptr;
}

namespace {
/// Constants of a kernel's channels: one for each, or one for all.
template <typename T> class PerChannel {
public:
  /// Of a value in the region; fails where it is not constant.
  LogicalResult read(ConvOp op, Value value, KernelConstants &constants) {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return readOperand(op, argument.getArgNumber(), constants);
    Attribute attr;
    if (!matchPattern(value, m_Constant(&attr)))
      return failure();
    if constexpr (std::is_same_v<T, float>)
      values = {cast<FloatAttr>(attr).getValue().convertToFloat()};
    else
      values = {T(cast<IntegerAttr>(attr).getInt())};
    return success();
  }
  T operator[](size_t channel) const {
    return values[values.size() == 1 ? 0 : channel];
  }
  ArrayRef<T> get() const { return values; }

private:
  LogicalResult readOperand(ConvOp op, unsigned argument,
                            KernelConstants &constants) {
    if (argument == 0)
      return failure();
    memref::GlobalOp global =
        constants.find(op.getEpilogueOperands()[argument - 1]);
    if (!global || global.getType().getElementTypeBitWidth() != 8 * sizeof(T))
      return failure();
    ArrayRef<int64_t> shape = global.getType().getShape();
    int64_t count = global.getType().getNumElements();
    if (count != 1 && (count != op.getOutChannels() || shape.back() != count))
      return failure();
    auto data = readElements(cast<ElementsAttr>(global.getInitialValueAttr()));
    if (!data)
      return failure();
    values.assign(data->template as<T>().begin(), data->template as<T>().end());
    return success();
  }

  SmallVector<T> values;
};

/// The epilogue of one kernel, if it is nothing but a requantization.
class Requantizer {
public:
  Requantizer(ConvOp op, KernelConstants &constants)
      : op(op), constants(constants) {}

  bool match();
  /// The forms of all channels; empty where one has none.
  SmallVector<MultiplyAdd> findForms();
  void rewrite(ArrayRef<MultiplyAdd> forms);
  /// What the forms follow from.
  uint64_t getKey() const;

private:
  LogicalResult matchSum(Value total);
  bool readWeights();
  Value addOperand(StringRef name, ElementsAttr values);

  ConvOp op;
  KernelConstants &constants;
  memref::GlobalOp plain;
  std::vector<char> weights;
  arith::TruncIOp trunc;
  Requantization found;
  arith::MulFOp product;
  arith::SIToFPOp convert;
  Value scaleValue;
  /// What the sum starts from, by channel.
  SmallVector<int32_t> starts;
  PerChannel<float> scales;
};
} // namespace

bool Requantizer::match() {
  Value value =
      cast<YieldOp>(op.getEpilogue().front().getTerminator()).getValue();
  while (auto lookup = getPrivate<LookupOp>(value))
    value = lookup.getIndex();
  trunc = getPrivate<arith::TruncIOp>(value);
  if (!trunc || !value.getType().isInteger(8) ||
      !trunc.getIn().getType().isInteger(32))
    return false;
  std::optional<Requantization> matched = matchRequantization(trunc.getIn());
  if (!matched || std::nearbyint(matched->low) != matched->low ||
      std::nearbyint(matched->high) != matched->high ||
      matched->low > matched->high || std::abs(matched->low) > 1024 ||
      std::abs(matched->high) > 1024)
    return false;
  found = *matched;
  product = getPrivate<arith::MulFOp>(found.real);
  if (!product)
    return false;
  convert = getPrivate<arith::SIToFPOp>(product.getLhs());
  scaleValue = product.getRhs();
  return convert && succeeded(scales.read(op, scaleValue, constants)) &&
         succeeded(matchSum(convert.getIn())) && readWeights();
}

/// The kernel's sum plus constants.
LogicalResult Requantizer::matchSum(Value total) {
  starts.assign(op.getOutChannels(), 0);
  Value sum = op.getEpilogue().getArgument(0);
  while (total != sum) {
    auto add = getPrivate<arith::AddIOp>(total);
    if (!add)
      return failure();
    bool onLeft =
        add.getLhs() == sum || add.getLhs().getDefiningOp<arith::AddIOp>();
    PerChannel<int32_t> added;
    if (failed(added.read(op, onLeft ? add.getRhs() : add.getLhs(), constants)))
      return failure();
    for (auto [channel, start] : llvm::enumerate(starts))
      start = int32_t(uint32_t(start) + uint32_t(added[channel]));
    total = onLeft ? add.getLhs() : add.getRhs();
  }
  return success(sum.hasOneUse());
}

bool Requantizer::readWeights() {
  plain = constants.find(op.getWeights());
  if (!plain)
    return false;
  auto data = readElements(cast<ElementsAttr>(plain.getInitialValueAttr()));
  if (data)
    weights = std::move(data->bytes);
  return data.has_value();
}

uint64_t Requantizer::getKey() const {
  auto bytes = [](auto values) -> uint64_t {
    return llvm::xxh3_64bits(
        ArrayRef<uint8_t>(reinterpret_cast<const uint8_t *>(values.data()),
                          values.size() * sizeof(*values.data())));
  };
  ConvOp conv = op;
  uint64_t parts[] = {bytes(ArrayRef<char>(weights)),
                      bytes(ArrayRef<int32_t>(starts)),
                      bytes(scales.get()),
                      llvm::bit_cast<uint64_t>(double(found.low)),
                      llvm::bit_cast<uint64_t>(double(found.high)),
                      uint64_t(conv.getInputUnsigned())};
  return bytes(ArrayRef<uint64_t>(parts, std::size(parts)));
}

SmallVector<MultiplyAdd> Requantizer::findForms() {
  SmallVector<MultiplyAdd> forms;
  size_t perChannel = weights.size() / starts.size();
  int64_t inputLow = op.getInputUnsigned() ? 0 : -128;
  for (auto [channel, start] : llvm::enumerate(starts)) {
    int64_t least = start, most = start;
    for (char byte :
         ArrayRef<char>(weights).slice(channel * perChannel, perChannel)) {
      int64_t weight = static_cast<int8_t>(byte);
      least += weight * (weight > 0 ? inputLow : inputLow + 255);
      most += weight * (weight > 0 ? inputLow + 255 : inputLow);
    }
    std::optional<MultiplyAdd> form =
        findMultiplyAdd({scales[channel], int32_t(found.low),
                         int32_t(found.high), least, most});
    if (!form)
      return {};
    forms.push_back(*form);
  }
  return forms;
}

/// One more operand of the epilogue, a constant per channel.
Value Requantizer::addOperand(StringRef name, ElementsAttr values) {
  OpBuilder b(op);
  std::string unique =
      (plain.getSymName() + "_" + name + "_" + Twine::utohexstr(getKey()))
          .str();
  memref::GlobalOp global =
      constants.getOrCreate(plain, unique, [&] { return values; });
  op.getEpilogueOperandsMutable().append(
      KernelConstants::get(b, op.getLoc(), global));
  return op.getEpilogue().addArgument(values.getElementType(), op.getLoc());
}

/// The dead operations of the region, and the operands that only they used.
static void eraseDead(ConvOp op) {
  Block &body = op.getEpilogue().front();
  for (Operation &inner : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&inner))
      inner.erase();
  for (unsigned i = body.getNumArguments() - 1; i > 0; --i)
    if (body.getArgument(i).use_empty()) {
      body.eraseArgument(i);
      op.getEpilogueOperandsMutable().erase(i - 1);
    }
}

void Requantizer::rewrite(ArrayRef<MultiplyAdd> forms) {
  SmallVector<int32_t> newStarts;
  SmallVector<float> offsets;
  for (auto [form, start] : llvm::zip(forms, starts)) {
    newStarts.push_back(int32_t(uint32_t(form.start) + uint32_t(start)));
    offsets.push_back(form.offset);
  }
  MLIRContext *context = op.getContext();
  auto getType = [&](Type element) {
    return RankedTensorType::get({int64_t(forms.size())}, element);
  };
  Type i32 = IntegerType::get(context, 32), f32 = Float32Type::get(context);
  Value start = addOperand(
      "start", DenseElementsAttr::get(getType(i32), ArrayRef(newStarts)));
  Value offset = addOperand(
      "offset", DenseElementsAttr::get(getType(f32), ArrayRef(offsets)));

  ImplicitLocOpBuilder b(op.getLoc(), trunc);
  Value sum = op.getEpilogue().getArgument(0);
  sum.dropAllUses();
  auto integer = [&](double value) {
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(int32_t(value)));
  };
  Value total = arith::AddIOp::create(b, sum, start);
  // "contract" says that it rounds once on purpose: other multiply-adds are
  // split, so that floats are the same on every CPU.
  Value real =
      math::FmaOp::create(b, arith::BitcastOp::create(b, f32, total),
                          scaleValue, offset, arith::FastMathFlags::contract);
  Value result =
      arith::FPToSIOp::create(b, i32, math::RoundEvenOp::create(b, real));
  if (found.zeroPoint)
    result = arith::AddIOp::create(b, result, integer(found.zeroPoint));
  result =
      arith::MaxSIOp::create(b, result, integer(found.low + found.zeroPoint));
  result =
      arith::MinSIOp::create(b, result, integer(found.high + found.zeroPoint));
  trunc.getInMutable().assign(result);
  eraseDead(op);
}

namespace {
class OctetFuseRequantization
    : public octet::impl::OctetFuseRequantizationBase<OctetFuseRequantization> {
public:
  void runOnOperation() override {
    KernelConstants constants(getOperation());
    getOperation().walk([&](ConvOp op) {
      if (op.getPacking() || op.isFloat() || !getIsaTraits(getIsa(op)).hasFma ||
          !isa<MemRefType>(op.getWeights().getType()))
        return;
      Requantizer requantizer(op, constants);
      if (!requantizer.match())
        return;
      auto [forms, isNew] = known.try_emplace(requantizer.getKey());
      if (isNew)
        forms->second = requantizer.findForms();
      if (forms->second.empty()) {
        ++numUnproved;
        return;
      }
      requantizer.rewrite(forms->second);
      ++numFused;
    });
  }

private:
  /// By key: versions of a kernel for several instruction sets have one.
  DenseMap<uint64_t, SmallVector<MultiplyAdd>> known;
};
} // namespace
