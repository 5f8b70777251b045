//===- Narrow.cpp - From 32-bit results to bytes ---------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Narrow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

//===----------------------------------------------------------------------===//
// What the region says
//===----------------------------------------------------------------------===//

static std::optional<double> getFloat(Value value) {
  APFloat constant(0.0f);
  if (!matchPattern(value, m_ConstantFloat(&constant)))
    return std::nullopt;
  return constant.convertToFloat();
}

/// Matches the two halves of the clamp, in either order.
static bool matchClamp(Value value, Requantization &found) {
  for (int half = 0; half < 2; ++half) {
    Operation *op = value.getDefiningOp();
    if (!op || !value.hasOneUse())
      return false;
    std::optional<double> bound =
        op->getNumOperands() == 2 ? getFloat(op->getOperand(1)) : std::nullopt;
    if (!bound)
      return false;
    if (auto max = dyn_cast<arith::MaximumFOp>(op); max && !found.max)
      found.max = max, found.low = *bound;
    else if (auto min = dyn_cast<arith::MinimumFOp>(op); min && !found.min)
      found.min = min, found.high = *bound;
    else
      return false;
    value = op->getOperand(0);
  }
  found.real = value;
  return true;
}

std::optional<Requantization> octet::matchRequantization(Value value) {
  Requantization found;
  if (auto add = value.getDefiningOp<arith::AddIOp>()) {
    APInt zeroPoint;
    if (!matchPattern(add.getRhs(), m_ConstantInt(&zeroPoint)))
      return std::nullopt;
    found.add = add;
    found.zeroPoint = zeroPoint.getSExtValue();
    value = add.getLhs();
  }
  found.convert = value.getDefiningOp<arith::FPToSIOp>();
  if (!found.convert || !value.hasOneUse())
    return std::nullopt;
  auto round = found.convert.getIn().getDefiningOp<math::RoundEvenOp>();
  if (!round || !round->hasOneUse() || !matchClamp(round.getOperand(), found))
    return std::nullopt;
  return found;
}

/// What is added to words that saturate must not bring them back into the range
/// of bytes.
static constexpr int64_t kMostZeroPoint = 1024;

/// A clamp in f32: the packs do its lower half and take the zero point. The
/// upper half stays, for there is no integer for what is far above.
static void matchFloatClamp(Narrowing &narrowing, bool hasPacks) {
  std::optional<Requantization> found = matchRequantization(narrowing.source);
  if (!found)
    return;
  double low = found->low + found->zeroPoint,
         high = found->high + found->zeroPoint;
  if (low >= 0 && high <= 255)
    narrowing.range = Narrowing::Unsigned;
  else if (low >= -128 && high <= 127)
    narrowing.range = Narrowing::Signed;
  else
    return;
  double least = narrowing.range == Narrowing::Unsigned ? 0 : -128;
  bool isLeast = low == least && std::abs(found->zeroPoint) < kMostZeroPoint &&
                 (!found->add || found->add->hasOneUse());
  if (!hasPacks || !isLeast)
    return;
  narrowing.replaced.push_back(found->max);
  if (found->add)
    narrowing.replaced.push_back(found->add);
  narrowing.zeroPoint = found->zeroPoint;
  narrowing.saturating = found->convert;
  narrowing.source = found->convert;
}

/// A clamp of integers, maximum first, is what packs do.
static void matchIntegerClamp(Narrowing &narrowing, bool hasPacks) {
  auto min = narrowing.source.getDefiningOp<arith::MinSIOp>();
  auto max = min ? min.getLhs().getDefiningOp<arith::MaxSIOp>() : nullptr;
  APInt low, high;
  if (!max || !min->hasOneUse() || !max->hasOneUse() ||
      !matchPattern(max.getRhs(), m_ConstantInt(&low)) ||
      !matchPattern(min.getRhs(), m_ConstantInt(&high)))
    return;
  int64_t from = low.getSExtValue(), to = high.getSExtValue();
  if (from >= 0 && to <= 255)
    narrowing.range = Narrowing::Unsigned;
  else if (from >= -128 && to <= 127)
    narrowing.range = Narrowing::Signed;
  if (narrowing.range == Narrowing::Any || from > to)
    return;
  auto words = max.getLhs().getDefiningOp<arith::TruncIOp>();
  narrowing.areWords =
      words && words->hasOneUse() && words.getIn().getType().isInteger(32);
  if (!hasPacks && !narrowing.areWords)
    return;
  bool isUnsigned = narrowing.range == Narrowing::Unsigned;
  if (from > (isUnsigned ? 0 : -128))
    narrowing.low = from;
  if (to < (isUnsigned ? 255 : 127))
    narrowing.high = to;
  llvm::append_range(narrowing.replaced, ArrayRef<Operation *>{min, max});
  narrowing.source = max.getLhs();
  if (narrowing.areWords) {
    narrowing.replaced.push_back(words);
    narrowing.source = words.getIn();
    return;
  }
  auto add = narrowing.source.getDefiningOp<arith::AddIOp>();
  APInt zeroPoint;
  if (add && add->hasOneUse() &&
      matchPattern(add.getRhs(), m_ConstantInt(&zeroPoint)) &&
      zeroPoint.abs().ult(kMostZeroPoint)) {
    narrowing.replaced.push_back(add);
    narrowing.zeroPoint = zeroPoint.getSExtValue();
    narrowing.source = add.getLhs();
  }
}

std::optional<Narrowing> octet::findNarrowing(Block &body,
                                              const IsaTraits &traits) {
  Narrowing narrowing;
  Value value = cast<YieldOp>(body.getTerminator()).getValue();
  while (auto lookup = value.getDefiningOp<LookupOp>()) {
    if (!lookup->hasOneUse())
      return std::nullopt;
    narrowing.lookups.insert(narrowing.lookups.begin(), lookup);
    narrowing.replaced.push_back(lookup);
    value = lookup.getIndex();
  }
  auto trunc = value.getDefiningOp<arith::TruncIOp>();
  if (!trunc || !value.hasOneUse() || !value.getType().isInteger(8) ||
      !isa<IntegerType>(trunc.getIn().getType()))
    return std::nullopt;
  narrowing.replaced.push_back(trunc);
  narrowing.source = trunc.getIn();
  matchFloatClamp(narrowing, traits.hasX86Packs());
  matchIntegerClamp(narrowing, traits.hasX86Packs());
  if (!narrowing.source.getType().isInteger(32))
    return std::nullopt;
  return narrowing;
}

//===----------------------------------------------------------------------===//
// Packs
//===----------------------------------------------------------------------===//

/// The pack of `lanes` 32-bit lanes' worth of bits, by its AVX-512 name.
static Value pack(KernelBuilder &b, StringRef name, int64_t lanes, Value x,
                  Value y) {
  std::string prefix = lanes == 16  ? "llvm.x86.avx512."
                       : lanes == 8 ? "llvm.x86.avx2."
                                    : "llvm.x86.sse2.";
  std::string suffix = lanes == 16 ? ".512" : lanes == 8 ? "" : ".128";
  bool toWords = name == "packssdw";
  VectorType type = b.vec(toWords ? 2 * lanes : 4 * lanes,
                          toWords ? b.getI16Type() : b.getI8Type());
  return b.callIntrinsic(prefix + name.str() + suffix, type, {x, y});
}

/// Applies the bounds that are narrower than those of the packs.
static Value clampBytes(KernelBuilder &b, Value bytes,
                        const Narrowing &narrowing) {
  int64_t count = cast<VectorType>(bytes.getType()).getNumElements();
  bool isSigned = narrowing.range == Narrowing::Signed;
  auto bound = [&](int64_t value) {
    return b.splat(count, b.getI8Type(), static_cast<int8_t>(value));
  };
  if (narrowing.low)
    bytes = isSigned ? arith::MaxSIOp::create(b, bytes, bound(*narrowing.low))
                           .getResult()
                     : arith::MaxUIOp::create(b, bytes, bound(*narrowing.low));
  if (narrowing.high)
    bytes = isSigned ? arith::MinSIOp::create(b, bytes, bound(*narrowing.high))
                           .getResult()
                     : arith::MinUIOp::create(b, bytes, bound(*narrowing.high));
  return bytes;
}

/// The low words of `x` and, above each of them, of `y`. LLVM makes slow
/// permutations of all ways to say so, hence assembly.
static Value mergeWords(KernelBuilder &b, const IsaTraits &traits, Value x,
                        Value y) {
  int64_t lanes = cast<VectorType>(x.getType()).getNumElements();
  VectorType type = b.vec(2 * lanes, b.getI16Type());
  SmallVector<Value> operands = {y, x};
  StringRef code, constraints;
  if (traits.vectorBits == 512) {
    // Bytes 2 and 3 of each dword, of `y` moved up by two bytes.
    auto mask = b.getIntegerAttr(b.getI64Type(), 0xcccccccccccccccc);
    operands.push_back(arith::ConstantOp::create(b, mask));
    code = "vpalignr $$14, $1, $1, $0 {$3}";
    constraints = "=v,v,0,^Yk";
  } else {
    operands[0] =
        arith::ShLIOp::create(b, y, b.splat(lanes, b.getI32Type(), 16));
    code = "vpblendw $$0xaa, $1, $2, $0";
    constraints = "=x,x,x";
  }
  Type plain = x.getType();
  Value merged =
      LLVM::InlineAsmOp::create(
          b, plain, operands, code, constraints, /*has_side_effects=*/false,
          /*is_align_stack=*/false, LLVM::TailCallKind::None,
          LLVM::AsmDialectAttr::get(b.getContext(), LLVM::AsmDialect::AD_ATT),
          /*operand_attrs=*/ArrayAttr())
          .getRes();
  return b.bitcast(merged, type.getNumElements(), b.getI16Type());
}

/// Merging leaves pairs of vectors byte by byte side by side: brings the bytes
/// of each vector in 128 bits together.
static Value separatePairs(KernelBuilder &b, Value bytes) {
  int64_t count = cast<VectorType>(bytes.getType()).getNumElements();
  SmallVector<int64_t> mask;
  for (int64_t byte = 0; byte < count; ++byte) {
    int64_t vector = byte % 16 / 4, lane = byte % 4;
    mask.push_back(byte / 16 * 16 + vector / 2 * 8 + lane * 2 + vector % 2);
  }
  return b.shuffle(bytes, bytes, mask);
}

static Value packX86(KernelBuilder &b, const IsaTraits &traits,
                     ArrayRef<Value> vectors, const Narrowing &narrowing,
                     LaneOrder order) {
  int64_t lanes = cast<VectorType>(vectors[0].getType()).getNumElements();
  SmallVector<Value> sources(vectors), words;
  if (narrowing.range == Narrowing::Any)
    for (Value &source : sources)
      source =
          arith::AndIOp::create(b, source, b.splat(lanes, b.getI32Type(), 255));
  for (int64_t i = 0; i < 4; i += 2) {
    if (narrowing.areWords) {
      words.push_back(mergeWords(b, traits, sources[i], sources[i + 1]));
      continue;
    }
    Value pair = pack(b, "packssdw", lanes, sources[i], sources[i + 1]);
    if (narrowing.zeroPoint)
      pair = LLVM::SAddSat::create(
          b, pair, b.splat(2 * lanes, b.getI16Type(), narrowing.zeroPoint));
    words.push_back(pair);
  }
  Value bytes =
      pack(b, narrowing.range == Narrowing::Signed ? "packsswb" : "packuswb",
           lanes, words[0], words[1]);
  bytes = clampBytes(b, bytes, narrowing);
  if (narrowing.areWords)
    bytes = separatePairs(b, bytes);
  if (order == LaneOrder::Interleaved || lanes == 4)
    return bytes;
  // Packs work within 128 bits: bring each vector's bytes together.
  SmallVector<int64_t> mask;
  for (int64_t vector = 0; vector < 4; ++vector)
    for (int64_t block = 0; block < lanes / 4; ++block)
      mask.push_back(block * 4 + vector);
  Value dwords = b.bitcast(bytes, lanes, b.getI32Type());
  return b.bitcast(b.shuffle(dwords, dwords, mask), 4 * lanes, b.getI8Type());
}

/// The low words, within the bounds.
static Value clampWords(KernelBuilder &b, Value all,
                        const Narrowing &narrowing) {
  int64_t count = cast<VectorType>(all.getType()).getNumElements();
  bool isSigned = narrowing.range == Narrowing::Signed;
  auto bound = [&](int64_t value) {
    return b.splat(count, b.getI16Type(), value);
  };
  Value words = arith::TruncIOp::create(b, b.vec(count, b.getI16Type()), all);
  words = arith::MaxSIOp::create(
      b, words, bound(narrowing.low.value_or(isSigned ? -128 : 0)));
  return arith::MinSIOp::create(
      b, words, bound(narrowing.high.value_or(isSigned ? 127 : 255)));
}

Value octet::packBytes(KernelBuilder &b, const IsaTraits &traits,
                       ArrayRef<Value> vectors, const Narrowing &narrowing,
                       LaneOrder order) {
  if (traits.hasX86Packs())
    return packX86(b, traits, vectors, narrowing, order);
  // Four lanes each, in which both orders agree.
  Value all = b.concat(b.concat(vectors[0], vectors[1]),
                       b.concat(vectors[2], vectors[3]));
  if (narrowing.areWords)
    all = clampWords(b, all, narrowing);
  return arith::TruncIOp::create(b, b.vec(16, b.getI8Type()), all);
}

Value octet::convertSaturating(KernelBuilder &b, Value floats) {
  int64_t lanes = cast<VectorType>(floats.getType()).getNumElements();
  VectorType type = b.vec(lanes, b.getI32Type());
  if (lanes != 16)
    return b.callIntrinsic(lanes == 8 ? "llvm.x86.avx.cvt.ps2dq.256"
                                      : "llvm.x86.sse2.cvtps2dq",
                           type, {floats});
  constexpr int64_t kAllLanes = -1, kCurrentRounding = 4;
  Value mask = arith::ConstantOp::create(
            b, b.getIntegerAttr(b.getI16Type(), kAllLanes)),
        rounding =
            arith::ConstantOp::create(b, b.getI32IntegerAttr(kCurrentRounding));
  return b.callIntrinsic("llvm.x86.avx512.mask.cvtps2dq.512", type,
                         {floats, b.zero(type), mask, rounding});
}
