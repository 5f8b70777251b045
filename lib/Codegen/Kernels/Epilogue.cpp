//===- Epilogue.cpp - From sums to stored vectors --------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

/// The integer additions of per-channel arguments to the sum with which the
/// region begins; integers may be added in any order.
static SmallVector<Operation *> findHeadAdds(Block &body,
                                             ArrayRef<View> operands) {
  SmallVector<Operation *> adds;
  Value sum = body.getArgument(0);
  while (sum.hasOneUse()) {
    auto add = dyn_cast<arith::AddIOp>(*sum.user_begin());
    if (!add)
      break;
    Value other = add.getLhs() == sum ? add.getRhs() : add.getLhs();
    auto argument = dyn_cast<BlockArgument>(other);
    if (!argument || argument == sum ||
        !operands[argument.getArgNumber() - 1].isPerChannel())
      break;
    adds.push_back(add);
    sum = add;
  }
  return adds;
}

Epilogue::Epilogue(const KernelPlan &plan, KernelBuilder &b,
                   const Position &origin, int64_t channels, int64_t lanes,
                   LaneOrder order)
    : plan(plan), b(b), channels(channels), lanes(lanes), period(channels),
      order(order),
      body(const_cast<KernelPlan &>(plan).op.getEpilogue().front()),
      headAdds(findHeadAdds(body, plan.operands)),
      narrowing(findNarrowing(body, plan.traits)) {
  for (const View &view : plan.operands)
    arguments.push_back({&view, Value(), {}});
  moveTo(origin);
}

void Epilogue::moveTo(const Position &origin) {
  outOrigin = plan.locate(b, plan.out, origin);
  for (Argument &argument : arguments)
    if (argument.cached.empty())
      argument.origin = plan.locate(b, *argument.view, origin);
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

void Epilogue::preload() {
  for (Argument &argument : arguments)
    if (argument.view->isPerChannel())
      argument.cached = loadVectors(*argument.view, argument.origin);
  for (Operation &op : body.without_terminator())
    if (isa<arith::ConstantOp>(op))
      cloneConstant(op);
}

SmallVector<Value> Epilogue::loadVectors(const View &view, Value at) {
  int64_t count = order == LaneOrder::Interleaved ? 4 : countVectors();
  if (view.channelStride() == 0)
    return SmallVector<Value>(count,
                              b.broadcast(b.loadScalar(view.flat, at), lanes));
  SmallVector<Value> vectors;
  for (int64_t v = 0; v < count; ++v) {
    int64_t lane = view.isPerChannel() && v * lanes < channels
                       ? v * lanes % period
                       : v * lanes;
    vectors.push_back(
        b.loadPart(view.flat, b.add(at, lane), lanes, getValidLanes(v)));
  }
  return order == LaneOrder::Interleaved ? interleave(vectors) : vectors;
}

SmallVector<Value> Epilogue::interleave(ArrayRef<Value> natural) {
  Value low = b.concat(natural[0], natural[1]),
        high = b.concat(natural[2], natural[3]);
  SmallVector<Value> interleaved;
  for (int64_t v = 0; v < 4; ++v) {
    SmallVector<int64_t> mask;
    for (int64_t lane = 0; lane < lanes; ++lane)
      mask.push_back(lane / 4 * 16 + v * 4 + lane % 4);
    interleaved.push_back(b.shuffle(low, high, mask));
  }
  return interleaved;
}

Value Epilogue::loadArgument(Argument &argument, int64_t v,
                             int64_t pixelOffset) {
  const View &view = *argument.view;
  if (view.isPerChannel()) {
    if (argument.cached.empty())
      argument.cached = loadVectors(view, argument.origin);
    return argument.cached[v];
  }
  Value at = b.add(argument.origin, pixelOffset);
  if (order == LaneOrder::Interleaved)
    return loadVectors(view, at)[v];
  at = b.add(at, v * lanes * view.channelStride());
  if (view.channelStride() == 0)
    return b.broadcast(b.loadScalar(view.flat, at), lanes);
  return b.loadPart(view.flat, at, lanes, getValidLanes(v));
}

/// The argument of the region that an addition to the sum adds.
static unsigned getAddedArgument(Operation *add) {
  for (Value operand : llvm::reverse(add->getOperands()))
    if (auto argument = dyn_cast<BlockArgument>(operand))
      if (argument.getArgNumber() > 0)
        return argument.getArgNumber();
  llvm_unreachable("an addition of no argument");
}

Value Epilogue::getStart(int64_t v) {
  Value start;
  for (Operation *add : headAdds) {
    Value operand = loadArgument(arguments[getAddedArgument(add) - 1], v, 0);
    start =
        start ? arith::AddIOp::create(b, start, operand).getResult() : operand;
  }
  ConvOp op = plan.op;
  return start ? start : b.zero(b.vec(lanes, op.getSumType()));
}

//===----------------------------------------------------------------------===//
// The region
//===----------------------------------------------------------------------===//

/// Whether `value` only ever becomes an integer, by rounding: what it would be
/// for NaN, or the sign of its zero, is then of no account.
static bool onlyBecomesInteger(Value value) {
  return llvm::all_of(value.getUsers(), [](Operation *user) {
    if (isa<arith::FPToSIOp, arith::FPToUIOp>(user))
      return true;
    return isa<arith::MaximumFOp, arith::MinimumFOp, math::RoundEvenOp>(user) &&
           onlyBecomesInteger(user->getResult(0));
  });
}

Value Epilogue::cloneConstant(Operation &op) {
  Value &splat = constants[&op];
  if (!splat) {
    auto value = cast<TypedAttr>(cast<arith::ConstantOp>(op).getValue());
    splat = arith::ConstantOp::create(
        b, DenseElementsAttr::get(b.vec(lanes, value.getType()),
                                  Attribute(value)));
  }
  return splat;
}

/// Whether packing does what the op would.
bool Epilogue::isReplaced(Operation &op) const {
  return narrowing && llvm::is_contained(narrowing->replaced, &op);
}

Value Epilogue::cloneOp(Operation &op, IRMapping &map) {
  if (narrowing && &op == narrowing->saturating)
    return convertSaturating(
        b, map.lookup(op.getOperand(0).getDefiningOp()->getOperand(0)));
  // x86 rounds half to even in the conversion itself.
  if (auto convert = dyn_cast<arith::FPToSIOp>(op))
    if (auto round = convert.getIn().getDefiningOp<math::RoundEvenOp>())
      if (plan.traits.isX86() && convert.getType().isInteger(32) &&
          round.getType().isF32())
        return LLVM::LrintOp::create(b, b.vec(lanes, b.getI32Type()),
                                     map.lookup(round.getOperand()));
  Operation *clone = b.clone(op, map);
  Value result = clone->getResult(0);
  result.setType(b.vec(lanes, result.getType()));
  if (isa<arith::MaximumFOp, arith::MinimumFOp>(op) &&
      onlyBecomesInteger(op.getResult(0))) {
    auto flags = arith::FastMathFlags::nnan | arith::FastMathFlags::nsz;
    clone->setAttr("fastmath",
                   arith::FastMathFlagsAttr::get(b.getContext(), flags));
  }
  return result;
}

IRMapping Epilogue::mapArguments(const Sum &sum) {
  IRMapping map;
  map.map(body.getArgument(0), sum.value);
  if (startsAtOperands)
    for (Operation *add : headAdds)
      map.map(add->getResult(0), sum.value);
  for (auto [value, argument] :
       llvm::zip(body.getArguments().drop_front(), arguments))
    if (llvm::any_of(value.getUsers(), [&](Operation *user) {
          return !startsAtOperands || !llvm::is_contained(headAdds, user);
        }))
      map.map(value, loadArgument(argument, sum.vector,
                                  offsetOf(*argument.view, sum.pixel)));
  return map;
}

SmallVector<Value> Epilogue::cloneBody(ArrayRef<Sum> sums, Value result) {
  SmallVector<IRMapping> maps;
  for (const Sum &sum : sums)
    maps.push_back(mapArguments(sum));
  for (Operation &op : body.without_terminator()) {
    if (startsAtOperands && llvm::is_contained(headAdds, &op))
      continue;
    for (IRMapping &map : maps) {
      if (isReplaced(op)) {
        // What stays of a clamp takes what the replaced half would.
        if (Value operand = map.lookupOrNull(op.getOperand(0)))
          map.map(op.getResult(0), operand);
        continue;
      }
      bool isConstant = isa<arith::ConstantOp>(op);
      map.map(op.getResult(0),
              isConstant ? cloneConstant(op) : cloneOp(op, map));
    }
  }
  return llvm::map_to_vector(
      maps, [&](IRMapping &map) { return map.lookup(result); });
}

/// Vectors whose ops take turns, so that none waits for its own last: what a
/// function is made of is a long chain.
static constexpr size_t kTogether = 4;

void Epilogue::finish(ArrayRef<Pixel> pixels, ArrayRef<Value> sums) {
  if (narrowing)
    return finishBytes(pixels, sums);
  Value result = cast<YieldOp>(body.getTerminator()).getValue();
  int64_t perPixel = sums.size() / pixels.size();
  SmallVector<Sum> all;
  for (auto [i, sum] : llvm::enumerate(sums))
    all.push_back({sum, int64_t(i) % perPixel, pixels[i / perPixel]});
  SmallVector<Value> results;
  for (ArrayRef<Sum> rest = all; !rest.empty();
       rest = rest.drop_front(std::min(kTogether, rest.size())))
    llvm::append_range(results, cloneBody(rest.take_front(kTogether), result));
  for (auto [i, pixel] : llvm::enumerate(pixels)) {
    ArrayRef<Value> vectors = ArrayRef(results).slice(i * perPixel, perPixel);
    Value at = b.add(outOrigin, offsetOf(plan.out, pixel));
    if (order == LaneOrder::Interleaved)
      storeInterleaved(vectors, at);
    else
      storeNatural(vectors, at);
  }
}

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

/// Packs four vectors at a time, whatever pixels they belong to.
void Epilogue::finishBytes(ArrayRef<Pixel> pixels, ArrayRef<Value> sums) {
  int64_t perPixel = sums.size() / pixels.size(), total = sums.size();
  for (int64_t first = 0; first < total; first += 4) {
    int64_t count = std::min<int64_t>(4, total - first);
    SmallVector<Value> vectors;
    for (int64_t i = first; i < first + count; ++i)
      vectors.append(cloneBody(Sum{sums[i], i % perPixel, pixels[i / perPixel]},
                               narrowing->source));
    vectors.append(4 - count, vectors.back());
    Value bytes = packBytes(b, plan.traits, vectors, *narrowing, order);
    for (LookupOp lookup : narrowing->lookups)
      bytes = LookupOp::create(b, bytes.getType(), bytes, lookup.getTable());
    if (order == LaneOrder::Natural) {
      storeRuns(bytes, pixels.drop_front(first / perPixel), first % perPixel,
                count);
      continue;
    }
    Value at = b.add(outOrigin, offsetOf(plan.out, pixels[first / perPixel]));
    if (channels >= 4 * lanes)
      b.store(bytes, plan.out.flat, at);
    else
      storePart(bytes, at, channels);
  }
}

/// Stores the bytes of `count` vectors, the first of them vector `first` of the
/// first pixel: what a pixel has of them at once.
void Epilogue::storeRuns(Value bytes, ArrayRef<Pixel> pixels, int64_t first,
                         int64_t count) {
  int64_t perPixel = countVectors();
  for (int64_t done = 0; done < count; first = 0) {
    int64_t vectors = std::min(count - done, perPixel - first);
    Value run =
        vectors == 4 ? bytes : b.slice(bytes, done * lanes, vectors * lanes);
    Value at =
        b.add(outOrigin, offsetOf(plan.out, pixels.front()) + first * lanes);
    int64_t valid = std::min(vectors * lanes, channels - first * lanes);
    if (valid == vectors * lanes)
      b.store(run, plan.out.flat, at);
    else
      storePart(run, at, valid);
    done += vectors;
    pixels = pixels.drop_front();
  }
}

//===----------------------------------------------------------------------===//
// Stores
//===----------------------------------------------------------------------===//

/// Puts four interleaved vectors into the order of the channels.
void Epilogue::storeInterleaved(ArrayRef<Value> vectors, Value at) {
  SmallVector<int64_t> mask;
  for (int64_t channel = 0; channel < 4 * lanes; ++channel) {
    int64_t vector = channel % 16 / 4, lane = channel / 16 * 4 + channel % 4;
    mask.push_back(vector * lanes + lane);
  }
  Value all = b.shuffle(b.concat(vectors[0], vectors[1]),
                        b.concat(vectors[2], vectors[3]), mask);
  if (channels >= 4 * lanes)
    b.store(all, plan.out.flat, at);
  else
    storePart(all, at, channels);
}

void Epilogue::storeNatural(ArrayRef<Value> vectors, Value at) {
  for (auto [v, vector] : llvm::enumerate(vectors)) {
    Value vectorAt = b.add(at, v * lanes);
    if (getValidLanes(v) >= lanes)
      b.store(vector, plan.out.flat, vectorAt);
    else
      storePart(vector, vectorAt, getValidLanes(v));
  }
}

void Epilogue::storePart(Value vector, Value at, int64_t valid) {
  // LLVM 22 stores too much where a mask keeps one lane of a truncated vector.
  if (plan.traits.vectorBits == 512 && !llvm::isPowerOf2_64(valid)) {
    Value mask = vector::ConstantMaskOp::create(
        b,
        b.vec(cast<VectorType>(vector.getType()).getNumElements(),
              b.getI1Type()),
        ArrayRef<int64_t>{valid});
    vector::MaskedStoreOp::create(b, plan.out.flat, ValueRange{at}, mask,
                                  vector);
    return;
  }
  // Without masks: by powers of two, largest first.
  for (int64_t done = 0; done < valid;) {
    int64_t part = llvm::bit_floor(static_cast<uint64_t>(valid - done));
    b.store(b.slice(vector, done, part), plan.out.flat, b.add(at, done));
    done += part;
  }
}
