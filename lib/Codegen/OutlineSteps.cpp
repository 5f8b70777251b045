//===- OutlineSteps.cpp - Computations become functions --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "octet/Codegen/Buffers.h"
#include "octet/Codegen/Passes.h"
#include "octet/Codegen/StepGroups.h"
#include "octet/IR/Kernel/OctetKernel.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::octet {
#define GEN_PASS_DEF_OUTLINESTEPS
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

namespace {
/// Makes the function of one group.
class StepBuilder {
public:
  StepBuilder(const StepGroup &group, ModuleOp module);

  func::FuncOp function;
  /// The buffers to call it with.
  llvm::SetVector<Value> roots;
  /// Of one more after these, for what the step's parts have of their own.
  MemRefType scratch;

private:
  void cloneWithOperands(OpBuilder &b, Operation *op);
  void mapOperand(OpBuilder &b, Value value);
  void cloneBorders(OpBuilder &b, ArrayRef<Operation *> borders);
  void placeScratch(Operation *op, int64_t extent);

  IRMapping mapping;
};

/// Functions made so far, by their text.
class StepFunctions {
public:
  explicit StepFunctions(ModuleOp module) : symbols(module) {}
  /// `function`, or an equal one made before in its stead.
  func::FuncOp unify(func::FuncOp function);
  int64_t size() const { return byText.size(); }

private:
  SymbolTable symbols;
  llvm::StringMap<func::FuncOp> byText;
};
} // namespace

/// Every value from outside that `op` or an op in it uses.
static llvm::SetVector<Value> getOutsideValues(Operation *op) {
  llvm::SetVector<Value> values;
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands()) {
      Operation *owner = operand.getParentBlock()->getParentOp();
      if (!op->isAncestor(owner))
        values.insert(operand);
    }
  });
  return values;
}

StepBuilder::StepBuilder(const StepGroup &group, ModuleOp module) {
  SmallVector<Location> locs;
  for (Operation *op : group.ops) {
    getAccessedRoots(op, roots, roots);
    locs.push_back(op->getLoc());
  }
  for (Operation *op : group.borders)
    getAccessedRoots(op, roots, roots);
  // Constants are named in the function; what is allocated in a loop stays.
  Block *model = group.ops.front()->getBlock();
  roots.remove_if([&](Value root) {
    return isConstantBuffer(root) || root.getParentBlock() != model;
  });

  OpBuilder b(module.getBodyRegion());
  b.setInsertionPointToEnd(module.getBody());
  SmallVector<Type> types(2, b.getIndexType());
  for (Value root : roots)
    types.push_back(root.getType());
  function = func::FuncOp::create(b, b.getFusedLoc(locs), "k",
                                  b.getFunctionType(types, {}));
  function.setPrivate();
  Block *body = function.addEntryBlock();
  for (auto [root, arg] : llvm::zip(roots, body->getArguments().drop_front(2)))
    mapping.map(root, arg);

  b.setInsertionPointToStart(body);
  cloneBorders(b, group.borders);
  for (Operation *op : group.ops) {
    cloneWithOperands(b, op);
    Operation *copy = &*std::prev(b.getInsertionPoint());
    if (auto kernel = dyn_cast<octet_kernel::SplittableOpInterface>(copy))
      kernel.setWorkRange(body->getArgument(0), body->getArgument(1));
    placeScratch(copy, group.extent);
  }
  func::ReturnOp::create(b, function.getLoc());
}

/// What turns of a parallel loop allocate becomes places in one buffer. A part
/// of the step does its turns one after the other in those of its first.
void StepBuilder::placeScratch(Operation *op, int64_t extent) {
  SmallVector<memref::AllocOp> allocs;
  op->walk([&](memref::AllocOp alloc) { allocs.push_back(alloc); });
  if (allocs.empty())
    return;
  SmallVector<int64_t> offsets;
  int64_t bytes = 0;
  for (memref::AllocOp alloc : allocs) {
    offsets.push_back(bytes);
    bytes += llvm::alignTo(getBufferBytes(alloc.getType()), kArenaAlignment);
  }
  OpBuilder b(op);
  Location loc = op->getLoc();
  scratch = MemRefType::get({extent * bytes}, b.getI8Type());
  unsigned index = function.getNumArguments();
  (void)function.insertArgument(index, scratch, nullptr, loc);
  Value size = arith::ConstantIndexOp::create(b, loc, bytes);
  Value own = arith::MulIOp::create(b, loc, function.getArgument(0), size);
  for (auto [alloc, offset] : llvm::zip(allocs, offsets)) {
    Value at = arith::AddIOp::create(
        b, loc, own, arith::ConstantIndexOp::create(b, loc, offset));
    Value place = memref::ViewOp::create(
        b, loc, alloc.getType(), function.getArgument(index), at, ValueRange());
    alloc.replaceAllUsesWith(place);
    alloc.erase();
  }
}

void StepBuilder::cloneBorders(OpBuilder &b, ArrayRef<Operation *> borders) {
  if (borders.empty())
    return;
  Location loc = borders.front()->getLoc();
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value isFirst = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                        function.getArgument(0), zero);
  auto first = scf::IfOp::create(b, loc, isFirst, /*withElseRegion=*/false);
  OpBuilder inner = first.getThenBodyBuilder();
  b.setInsertionPoint(first);
  for (Operation *border : borders)
    for (Value value : getOutsideValues(border))
      mapOperand(b, value);
  for (Operation *border : borders)
    inner.clone(*border, mapping)->removeAttr(kBorderAttrName);
  b.setInsertionPointAfter(first);
}

void StepBuilder::mapOperand(OpBuilder &b, Value value) {
  if (mapping.contains(value))
    return;
  if (Operation *op = value.getDefiningOp())
    cloneWithOperands(b, op);
}

void StepBuilder::cloneWithOperands(OpBuilder &b, Operation *op) {
  for (Value value : getOutsideValues(op))
    mapOperand(b, value);
  b.clone(*op, mapping);
}

func::FuncOp StepFunctions::unify(func::FuncOp function) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  function->print(stream, OpPrintingFlags().useLocalScope());
  auto [it, isNew] = byText.try_emplace(text, function);
  if (isNew) {
    function.setName("k" + std::to_string(byText.size() - 1));
    symbols.insert(function);
  } else {
    function.erase();
  }
  return it->second;
}

/// Steps hand over buffers only.
static LogicalResult verifyGroup(const StepGroup &group) {
  for (Operation *op : group.ops) {
    if (op->getNumResults() != 0)
      return op->emitError("computes a value that is no buffer");
    for (Value value : getOutsideValues(op)) {
      Value root = value;
      if (isa<BaseMemRefType>(value.getType()))
        root = getRoot(value);
      Operation *owner = root.getDefiningOp();
      if (owner && isComputation(owner))
        return op->emitError("uses a value that is no buffer");
      auto type = dyn_cast<MemRefType>(root.getType());
      if (type && (!type.hasStaticShape() || !type.getLayout().isIdentity()))
        return op->emitError("uses a buffer of no static shape: ") << type;
    }
  }
  return success();
}

namespace {
struct OutlineStepsPass
    : public mlir::octet::impl::OutlineStepsBase<OutlineStepsPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<SmallVector<func::FuncOp>> entries = getEntries(module);
    if (failed(entries))
      return signalPassFailure();
    StepFunctions functions(module);
    for (func::FuncOp entry : *entries)
      if (failed(outline(entry, functions)))
        return signalPassFailure();
    numFunctions = functions.size();
  }

  LogicalResult outline(func::FuncOp model, StepFunctions &functions) {
    Block &block = model.getBody().front();
    count = 0;
    for (const StepGroup &group : formStepGroups(block)) {
      if (failed(verifyGroup(group)))
        return failure();
      outline(group, getOperation(), functions);
    }
    eraseUnused(block);
    return success();
  }

  void outline(const StepGroup &group, ModuleOp module,
               StepFunctions &functions) {
    StepInfo info = describeStep(group);
    if (info.name.empty())
      info.name = "step" + std::to_string(count);
    ++count, ++numSteps;
    StepBuilder step(group, module);
    func::FuncOp function = functions.unify(step.function);
    OpBuilder b(group.ops.back());
    Location loc = group.ops.front()->getLoc();
    SmallVector<Value> operands = {
        arith::ConstantIndexOp::create(b, loc, 0),
        arith::ConstantIndexOp::create(b, loc, group.extent)};
    llvm::append_range(operands, step.roots);
    if (step.scratch)
      operands.push_back(memref::AllocOp::create(b, loc, step.scratch));
    auto call = func::CallOp::create(b, loc, function, operands);
    info.attach(call);
    for (Operation *op : group.ops)
      op->erase();
    for (Operation *op : group.borders)
      op->erase();
  }

  int64_t count = 0;

  /// Views and constants that only steps had use for.
  static void eraseUnused(Block &block) {
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(block.getOperations())))
      if (op.use_empty() && (isPartOfUser(&op) || isa<memref::AllocOp>(op)))
        op.erase();
  }
};
} // namespace
