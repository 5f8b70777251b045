//===- FuseRequantization.cpp - Requantize by one multiply-add -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelConstants.h"
#include "Narrow.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "octet/Codegen/Kernels/Passes.h"
#include "octet/IR/Constants.h"
#include "octet/Support/ExactRequantize.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/xxhash.h"
#include <cmath>

namespace mlir::octet {
#define GEN_PASS_DEF_OCTETFUSEREQUANTIZATION
#include "octet/Codegen/Kernels/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet_kernel;
using octet::ChannelRequantization;
using octet::findMultiplyAdd;
using octet::findRoundingAdd;
using octet::getIsaTraits;
using octet::KernelConstants;
using octet::matchRequantization;
using octet::MultiplyAdd;
using octet::readElements;
using octet::Requantization;
using octet::RoundingAdd;

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

/// What sums start from and what is added to products, by channel.
struct Forms {
  SmallVector<int32_t> starts;
  SmallVector<float> offsets;
  /// The multiply-adds round to integers.
  bool areRounding = false;

  void add(int32_t start, float offset) {
    starts.push_back(start);
    offsets.push_back(offset);
  }
};

/// The epilogue of one kernel, if it is nothing but a requantization.
class Requantizer {
public:
  Requantizer(ConvOp op, KernelConstants &constants)
      : op(op), constants(constants) {}

  bool match();
  /// The forms of all channels; empty where one has none.
  Forms findForms();
  void rewrite(const Forms &forms);
  /// What the forms follow from.
  uint64_t getKey() const;

private:
  LogicalResult matchSum(Value total);
  bool readWeights();
  ChannelRequantization getChannel(size_t channel);
  Value addResult(ImplicitLocOpBuilder &b, Value real, bool isRounded);
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
                      uint64_t(found.zeroPoint),
                      uint64_t(conv.getInputUnsigned())};
  return bytes(ArrayRef<uint64_t>(parts, std::size(parts)));
}

Forms Requantizer::findForms() {
  auto collect = [&](auto find) {
    Forms forms;
    for (size_t channel = 0; channel < starts.size(); ++channel) {
      auto form = find(getChannel(channel));
      if (!form)
        return Forms();
      forms.add(form->start, form->offset);
    }
    return forms;
  };
  Forms forms = collect([&](const ChannelRequantization &channel) {
    return findRoundingAdd(channel, found.zeroPoint);
  });
  forms.areRounding = !forms.starts.empty();
  return forms.areRounding ? forms : collect(findMultiplyAdd);
}

/// A channel, and the least and most that its weights can sum up to.
ChannelRequantization Requantizer::getChannel(size_t channel) {
  size_t perChannel = weights.size() / starts.size();
  int64_t inputLow = op.getInputUnsigned() ? 0 : -128;
  ChannelRequantization result = {scales[channel], int32_t(found.low),
                                  int32_t(found.high), starts[channel],
                                  starts[channel]};
  for (char byte :
       ArrayRef<char>(weights).slice(channel * perChannel, perChannel))
    result.addProduct(static_cast<int8_t>(byte), inputLow);
  return result;
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

/// The integer that the multiply-add gave, within the bounds.
Value Requantizer::addResult(ImplicitLocOpBuilder &b, Value real,
                             bool isRounded) {
  Type i32 = b.getI32Type(), type = isRounded ? b.getI16Type() : i32;
  auto integer = [&](double value) {
    return arith::ConstantOp::create(b, b.getIntegerAttr(type, int64_t(value)));
  };
  Value result;
  if (isRounded) {
    Value bits = arith::BitcastOp::create(b, i32, real);
    result = arith::TruncIOp::create(b, type, bits);
  } else {
    result =
        arith::FPToSIOp::create(b, i32, math::RoundEvenOp::create(b, real));
    if (found.zeroPoint)
      result = arith::AddIOp::create(b, result, integer(found.zeroPoint));
  }
  result =
      arith::MaxSIOp::create(b, result, integer(found.low + found.zeroPoint));
  return arith::MinSIOp::create(b, result,
                                integer(found.high + found.zeroPoint));
}

void Requantizer::rewrite(const Forms &forms) {
  SmallVector<int32_t> newStarts;
  for (auto [form, start] : llvm::zip(forms.starts, starts))
    newStarts.push_back(int32_t(uint32_t(form) + uint32_t(start)));
  MLIRContext *context = op.getContext();
  auto getType = [&](Type element) {
    return RankedTensorType::get({int64_t(starts.size())}, element);
  };
  Type i32 = IntegerType::get(context, 32), f32 = Float32Type::get(context);
  Value start = addOperand(
      "start", DenseElementsAttr::get(getType(i32), ArrayRef(newStarts)));
  Value offset = addOperand(
      "offset", DenseElementsAttr::get(getType(f32), ArrayRef(forms.offsets)));

  ImplicitLocOpBuilder b(op.getLoc(), trunc);
  Value sum = op.getEpilogue().getArgument(0);
  sum.dropAllUses();
  Value total = arith::AddIOp::create(b, sum, start);
  // "contract" says that it rounds once on purpose: other multiply-adds are
  // split, so that floats are the same on every CPU.
  Value real =
      math::FmaOp::create(b, arith::BitcastOp::create(b, f32, total),
                          scaleValue, offset, arith::FastMathFlags::contract);
  trunc.getInMutable().assign(addResult(b, real, forms.areRounding));
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
      if (forms->second.starts.empty()) {
        ++numUnproved;
        return;
      }
      requantizer.rewrite(forms->second);
      ++numFused;
      numRounding += forms->second.areRounding;
    });
  }

private:
  /// By key: versions of a kernel for several instruction sets have one.
  DenseMap<uint64_t, Forms> known;
};
} // namespace
