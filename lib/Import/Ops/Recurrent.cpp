//===- Recurrent.cpp - LSTM, GRU, RNN -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lengths are known, so a sequence becomes its steps, one after the other. The
// inputs of all steps meet their weights in one product before; a step's own
// product is with the state. Steps are alike, so their code exists once.
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"
#include "Shared.h"

#include "octet/IR/Hints.h"

using namespace mlir;
using namespace mlir::octet;

/// More steps than these would take minutes to compile.
static constexpr int64_t kMaxSteps = 160;

namespace {
/// What the three operators share, for one of one or two directions.
class Recurrence {
public:
  Recurrence(NodeContext &n, int64_t numGates)
      : n(n), element(n.getElement(0)), numGates(numGates) {}
  virtual ~Recurrence() = default;

  /// Checks operands and attributes.
  virtual LogicalResult read();
  Imported build();

protected:
  /// From the inputs' part [batch, gates * hidden] to the next hidden state.
  virtual Value step(Value inputs) = 0;
  virtual void startDirection(int64_t direction);
  /// The LSTM's second state.
  virtual Value getCell() const { return {}; }

  //===--- Building ---===//
  Value add(Value x, Value y) {
    return keepFloat(n.create<AddOp>(element, x, y, ClampAttr()));
  }
  Value sub(Value x, Value y) {
    return keepFloat(n.create<SubOp>(element, x, y, ClampAttr()));
  }
  Value mul(Value x, Value y) {
    return keepFloat(n.create<MulOp>(element, x, y, ClampAttr()));
  }
  /// Products are worth integers; what is between them, rounded at each step,
  /// would drift.
  Value keepFloat(Value x) {
    return annotate(
        x, kPrefersFloatName,
        getOverrulable(n.b.getContext(),
                       "a recurrence rounds its state at each step"));
  }
  Value annotate(Value x, StringRef name, StringAttr text) {
    Operation *op = x ? x.getDefiningOp() : nullptr;
    if (op && !isa<ConstantOp>(op))
      op->setAttr(name, text);
    return x;
  }
  /// The columns of one gate, or of `count` from it on.
  Value gate(Value all, int64_t index, int64_t count = 1) {
    return n.slice(all, 1, index * hidden, count * hidden);
  }
  /// One direction's part of operand `i`; null if the operand is absent.
  Value part(unsigned i, int64_t direction);
  /// The state that operand `i` gives, or zeros.
  Value startState(unsigned i, int64_t direction);
  /// Activation `index` of the direction, after the clip if there is one.
  Value activate(unsigned index, Value x);

  NodeContext &n;
  Type element;
  int64_t numGates, hidden = 0, batch = 0, length = 0, numDirections = 1;
  bool batchFirst = false;
  SmallVector<StringRef> activations;
  // Of the direction that is being built.
  int64_t current = 0;
  Value weight, bias, state;

private:
  Value apply(StringRef function, Value x);
  Value runDirection(int64_t direction, bool reverse);
  Value projectInputs(int64_t direction);
  LogicalResult readDirection();
  LogicalResult readActivations();
  virtual ArrayRef<StringRef> getDefaultActivations() const = 0;
  Value packState(Value x);

  bool startsReversed = false;
  double clip = 0;
  SmallVector<Value> lastHidden, lastCell;
};
} // namespace

//===----------------------------------------------------------------------===//
// Operands and attributes
//===----------------------------------------------------------------------===//

LogicalResult Recurrence::readDirection() {
  StringRef direction = n.getString("direction", "forward");
  if (direction != "forward" && direction != "reverse" &&
      direction != "bidirectional")
    return n.error() << "direction '" << direction << "' is not known";
  numDirections = direction == "bidirectional" ? 2 : 1;
  startsReversed = direction == "reverse";
  return success();
}

LogicalResult Recurrence::readActivations() {
  for (int64_t i = 0; i < numDirections; ++i)
    llvm::append_range(activations, getDefaultActivations());
  size_t expected = activations.size();
  if (auto names = dyn_cast_or_null<ArrayAttr>(n.getAttr("activations"))) {
    activations.clear();
    for (Attribute name : names)
      activations.push_back(cast<StringAttr>(name).getValue());
  }
  if (activations.size() != expected)
    return n.error() << "has " << activations.size()
                     << " activations, expected " << expected;
  for (StringRef name : activations)
    if (!llvm::is_contained({"sigmoid", "tanh", "relu", "softsign", "softplus"},
                            name.lower()))
      return n.error() << "activation '" << name << "' is not supported";
  return success();
}

LogicalResult Recurrence::read() {
  if (failed(readDirection()) || failed(readActivations()))
    return failure();
  batchFirst = n.getInt("layout", 0);
  clip = n.getFloat("clip", 0);
  if (n.getRank(0) != 3 || n.getRank(1) != 3 || n.getRank(2) != 3)
    return n.error() << "inputs have ranks " << n.getRank(0) << ", "
                     << n.getRank(1) << " and " << n.getRank(2)
                     << ", expected 3";
  hidden = n.getShapeOf(2)[2];
  length = n.getShapeOf(0)[batchFirst ? 1 : 0];
  batch = n.getShapeOf(0)[batchFirst ? 0 : 1];
  if (n.getShapeOf(1)[0] != numDirections ||
      n.getShapeOf(2)[0] != numDirections ||
      n.getShapeOf(1)[1] != numGates * hidden ||
      n.getShapeOf(2)[1] != numGates * hidden || length < 1)
    return n.error() << "the weights' shapes do not fit " << numDirections
                     << " directions and a hidden size of " << hidden;
  if (length > kMaxSteps / numDirections)
    return n.error() << "has " << length << " steps in " << numDirections
                     << " directions, of which at most " << kMaxSteps
                     << " are supported; export the model for shorter pieces "
                        "and carry the state over";
  if (!n.has(4))
    return success();
  auto lengths = n.readIntegersAt(4, "sequence_lens");
  if (failed(lengths))
    return failure();
  if (llvm::any_of(*lengths, [&](int64_t l) { return l != length; }))
    return n.error() << "sequence_lens other than the input's length " << length
                     << " is not supported; cut the input instead";
  return success();
}

Value Recurrence::part(unsigned i, int64_t direction) {
  if (!n.has(i))
    return {};
  Value all = n.in(i);
  Integers shape(getShape(all));
  shape.erase(shape.begin());
  return n.reshape(n.slice(all, 0, direction, 1), shape);
}

Value Recurrence::startState(unsigned i, int64_t direction) {
  if (!n.has(i))
    return n.splat(element, 0, {batch, hidden});
  Value slice = n.slice(n.in(i), batchFirst ? 1 : 0, direction, 1);
  return n.reshape(slice, {batch, hidden});
}

Value Recurrence::activate(unsigned index, Value x) {
  if (clip > 0)
    x = n.create<ClipOp>(element, x, n.b.getF64FloatAttr(-clip),
                         n.b.getF64FloatAttr(clip));
  size_t count = activations.size() / numDirections;
  return keepFloat(apply(activations[current * count + index].lower(), x));
}

Value Recurrence::apply(StringRef function, Value x) {
  if (function == "sigmoid")
    return n.create<SigmoidOp>(element, x);
  if (function == "tanh")
    return n.create<TanhOp>(element, x);
  if (function == "relu")
    return n.create<ReluOp>(element, x);
  if (function == "softsign")
    return n.create<SoftsignOp>(element, x);
  return n.create<SoftplusOp>(element, x);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

void Recurrence::startDirection(int64_t direction) {
  current = direction;
  weight = part(2, direction);
  Value both = part(3, direction);
  bias = n.slice(both, 0, numGates * hidden, numGates * hidden);
  state = startState(5, direction);
}

/// W x + Wb of all steps: [length * batch, gates * hidden].
Value Recurrence::projectInputs(int64_t direction) {
  int64_t size = n.getShapeOf(0)[2];
  Value x = batchFirst ? n.transpose(n.in(0), {1, 0, 2}) : n.in(0);
  x = n.reshape(x, {length * batch, size});
  Value inputBias = n.slice(part(3, direction), 0, 0, numGates * hidden);
  return buildMatMul(n, x, part(1, direction), inputBias, false, true, element);
}

/// A state as the operator gives it: [1, batch, hidden], or batch first.
Value Recurrence::packState(Value x) {
  return batchFirst ? n.reshape(x, {batch, 1, hidden})
                    : n.reshape(x, {1, batch, hidden});
}

/// All hidden states: [length, 1, batch, hidden].
Value Recurrence::runDirection(int64_t direction, bool reverse) {
  startDirection(direction);
  Value inputs = projectInputs(direction);
  std::string group = getNodeName(n.getLoc()) + "/" + std::to_string(direction);
  SmallVector<Value> states(length);
  for (int64_t i = 0; i < length; ++i) {
    int64_t time = reverse ? length - 1 - i : i;
    state = step(n.slice(inputs, 0, time * batch, batch));
    // With one scale the steps stay alike.
    annotate(state, kRangeGroupName, n.b.getStringAttr(group));
    states[time] = n.reshape(state, {1, 1, batch, hidden});
    if (!state)
      return {};
  }
  lastHidden.push_back(packState(state));
  if (getCell())
    lastCell.push_back(packState(getCell()));
  return length == 1
             ? states[0]
             : n.create<ConcatOp>(element, ValueRange(states), int64_t(0));
}

Imported Recurrence::build() {
  if (failed(read()))
    return failure();
  SmallVector<Value> sequences;
  for (int64_t d = 0; d < numDirections; ++d) {
    sequences.push_back(runDirection(d, startsReversed || d == 1));
    if (!sequences.back())
      return failure();
  }
  auto join = [&](ArrayRef<Value> parts, int64_t axis) {
    return parts.size() == 1
               ? parts[0]
               : n.create<ConcatOp>(element, ValueRange(parts), axis);
  };
  Value all = join(sequences, 1);
  int64_t axis = batchFirst ? 1 : 0;
  SmallVector<Value> results{batchFirst ? n.transpose(all, {2, 0, 1, 3}) : all,
                             join(lastHidden, axis)};
  if (!lastCell.empty())
    results.push_back(join(lastCell, axis));
  return results;
}

//===----------------------------------------------------------------------===//
// The operators
//===----------------------------------------------------------------------===//

namespace {
/// h' = f(Wx + Rh)
class Rnn final : public Recurrence {
public:
  explicit Rnn(NodeContext &n) : Recurrence(n, 1) {}

private:
  ArrayRef<StringRef> getDefaultActivations() const override {
    static const StringRef names[] = {"Tanh"};
    return names;
  }
  Value step(Value inputs) override {
    return activate(0, add(inputs, buildMatMul(n, state, weight, bias, false,
                                               true, element)));
  }
};

/// Gates update z, reset r, new h.
class Gru final : public Recurrence {
public:
  explicit Gru(NodeContext &n) : Recurrence(n, 3) {}

private:
  LogicalResult read() override {
    resetAfter = n.getInt("linear_before_reset", 0);
    return Recurrence::read();
  }
  ArrayRef<StringRef> getDefaultActivations() const override {
    static const StringRef names[] = {"Sigmoid", "Tanh"};
    return names;
  }
  Value rows(Value matrix, int64_t from, int64_t count) {
    return n.slice(matrix, 0, from * hidden, count * hidden);
  }
  Value step(Value inputs) override {
    int64_t together = resetAfter ? 3 : 2;
    Value recurrent =
        buildMatMul(n, state, rows(weight, 0, together),
                    rows(bias, 0, together), false, true, element);
    Value gates = activate(0, add(gate(inputs, 0, 2), gate(recurrent, 0, 2)));
    Value update = gate(gates, 0), reset = gate(gates, 1);
    Value own = resetAfter
                    ? mul(reset, gate(recurrent, 2))
                    : buildMatMul(n, mul(reset, state), rows(weight, 2, 1),
                                  rows(bias, 2, 1), false, true, element);
    Value fresh = activate(1, add(gate(inputs, 2), own));
    // (1 - z) h' + z h
    return add(fresh, mul(update, sub(state, fresh)));
  }
  bool resetAfter = false;
};

/// Gates input i, output o, forget f, cell c; with peepholes the first three
/// see the cell.
class Lstm final : public Recurrence {
public:
  explicit Lstm(NodeContext &n) : Recurrence(n, 4) {}

private:
  LogicalResult read() override {
    if (n.getInt("input_forget", 0))
      return n.error() << "input_forget is not supported";
    return Recurrence::read();
  }
  ArrayRef<StringRef> getDefaultActivations() const override {
    static const StringRef names[] = {"Sigmoid", "Tanh", "Tanh"};
    return names;
  }
  Value getCell() const override { return cell; }
  void startDirection(int64_t direction) override {
    Recurrence::startDirection(direction);
    cell = startState(6, direction);
    peepholes = part(7, direction);
  }
  Value peep(Value x, int64_t index, Value seen) {
    if (!peepholes)
      return x;
    return add(x, mul(n.slice(peepholes, 0, index * hidden, hidden), seen));
  }
  Value step(Value inputs) override {
    Value all =
        add(inputs, buildMatMul(n, state, weight, bias, false, true, element));
    Value fresh = activate(1, gate(all, 3)), input, output, forget;
    if (peepholes) {
      input = activate(0, peep(gate(all, 0), 0, cell));
      forget = activate(0, peep(gate(all, 2), 2, cell));
    } else {
      Value gates = activate(0, gate(all, 0, 3));
      input = gate(gates, 0);
      output = gate(gates, 1);
      forget = gate(gates, 2);
    }
    cell = add(mul(forget, cell), mul(input, fresh));
    if (peepholes)
      output = activate(0, peep(gate(all, 1), 1, cell));
    return mul(output, activate(2, cell));
  }

  Value cell, peepholes;
};
} // namespace

template <typename CellT> static Imported importRecurrent(NodeContext &n) {
  return CellT(n).build();
}

ArrayRef<Importer> mlir::octet::getRecurrentOps() {
  constexpr StringLiteral limits =
      "at most 160 steps of all directions; sequence_lens as long as the "
      "input; activations Sigmoid, Tanh, Relu, "
      "Softsign, Softplus; in int8 the products with weights are in integers, "
      "gates and states float";
  static const Importer table[] = {
      {"GRU", 7, kNewestOpset, 3, importRecurrent<Gru>, limits},
      {"LSTM", 7, kNewestOpset, 3, importRecurrent<Lstm>,
       "as GRU, and no input_forget"},
      {"RNN", 7, kNewestOpset, 3, importRecurrent<Rnn>, limits},
  };
  return table;
}
