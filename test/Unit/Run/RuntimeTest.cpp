//===- RuntimeTest.cpp - The code linked into every model ------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of a model written by hand: threads, pools, arenas, instruction sets.
//
//===----------------------------------------------------------------------===//

#include "octet-c/Model.h"
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

extern "C" {
typedef struct octet_rt_context octet_rt_context;
int32_t octet_rt_pool_acquire(int32_t threads);
void octet_rt_pool_release(void);
void octet_rt_pool_run(int32_t count, octet_task task, void *context);
int octet_rt_cpu_has(const char *isa);
}

namespace {

/// A call with its buffers, and the results to expect.
struct TwoSteps {
  float x[8] = {1, 2, 3, 4, 8, 7, 6, 5};
  float bias[4] = {0, 0, 0.5, 0};
  float y[8] = {};
  int64_t top[2] = {-1, -1};
  alignas(64) float arena[32] = {};
  const void *inputs[2] = {x, bias};
  void *outputs[2] = {y, top};
  octet_call call = {};

  TwoSteps() {
    call.size = sizeof(call);
    call.inputs = inputs;
    call.outputs = outputs;
    call.arena = arena;
  }
  octet_status run() { return octet_get_model()->run(&call); }
  bool isRight() const {
    const float expected[8] = {1, 2, 3.5, 4, 8, 7, 6.5, 5};
    return std::memcmp(y, expected, sizeof(y)) == 0 && top[0] == 3 &&
           top[1] == 0;
  }
};

TEST(RuntimeTest, resultsDoNotDependOnThreads) {
  for (int threads : {0, 1, 2, 3, 4, 2, 1})
    for (int i = 0; i < 200; ++i) {
      TwoSteps model;
      model.call.num_threads = threads;
      ASSERT_EQ(model.run(), OCTET_OK);
      ASSERT_TRUE(model.isRight()) << threads << " threads";
    }
}

TEST(RuntimeTest, badArgumentsAreRefused) {
  const octet_model *model = octet_get_model();
  EXPECT_EQ(model->run(nullptr), OCTET_BAD_ARGUMENT);
  auto refuses = [](auto change) {
    TwoSteps steps;
    change(steps);
    return steps.run() == OCTET_BAD_ARGUMENT && steps.top[0] == -1;
  };
  EXPECT_TRUE(refuses([](TwoSteps &s) { s.call.size = 8; }));
  EXPECT_TRUE(refuses([](TwoSteps &s) { s.call.inputs = nullptr; }));
  EXPECT_TRUE(refuses([](TwoSteps &s) { s.call.outputs = nullptr; }));
  EXPECT_TRUE(refuses([](TwoSteps &s) { s.inputs[1] = nullptr; }));
  EXPECT_TRUE(refuses([](TwoSteps &s) { s.outputs[0] = nullptr; }));
  EXPECT_TRUE(refuses([](TwoSteps &s) { s.call.arena = s.arena + 1; }));
  EXPECT_TRUE(refuses([](TwoSteps &s) { s.call.num_threads = -1; }));
}

TEST(RuntimeTest, ownArenaServesOverlappingCalls) {
  std::atomic<int> right{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        TwoSteps model;
        model.call.arena = nullptr;
        model.call.num_threads = 1 + i % 3;
        right += model.run() == OCTET_OK && model.isRight();
      }
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(right, 2000);
}

struct CountingPool {
  std::atomic<int> tasks{0};
  int calls = 0;
};

void countingParallelFor(void *pool, int64_t count, octet_task task,
                         void *context) {
  auto *counting = static_cast<CountingPool *>(pool);
  ++counting->calls;
  std::vector<std::thread> threads;
  for (int64_t i = 0; i < count; ++i)
    threads.emplace_back([=] {
      ++counting->tasks;
      task(context, i);
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST(RuntimeTest, applicationsPoolIsUsed) {
  CountingPool pool;
  TwoSteps model;
  model.call.num_threads = 4;
  model.call.parallel_for = countingParallelFor;
  model.call.pool = &pool;
  ASSERT_EQ(model.run(), OCTET_OK);
  EXPECT_TRUE(model.isRight());
  EXPECT_EQ(pool.calls, 2);
  EXPECT_EQ(pool.tasks, 4 + 2); // the second step has two parts only
}

TEST(RuntimeTest, profileAddsToCounters) {
  uint64_t ns[3] = {1000000000, 1000000000, 7};
  TwoSteps model;
  model.call.node_ns = ns;
  ASSERT_EQ(model.run(), OCTET_OK);
  EXPECT_GT(ns[0], 1000000000u);
  EXPECT_GT(ns[1], 1000000000u);
  EXPECT_EQ(ns[2], 7u);
}

TEST(RuntimeTest, instructionSets) {
  const octet_model *model = octet_get_model();
  EXPECT_EQ(model->set_isa("no such"), OCTET_BAD_ISA);
  EXPECT_EQ(model->set_isa(model->isas[0]), OCTET_OK);
  EXPECT_EQ(model->isa(), 0);
  EXPECT_EQ(model->set_isa(nullptr), OCTET_OK);
  EXPECT_TRUE(octet_rt_cpu_has(model->isas[model->isa()]));
  for (int i = model->isa() + 1; i < model->num_isas; ++i)
    EXPECT_EQ(model->set_isa(model->isas[i]), OCTET_BAD_ISA);
  EXPECT_FALSE(octet_rt_cpu_has("sse9"));
}

TEST(RuntimeTest, quantizedEntry) {
  uint8_t x[8] = {10, 12, 14, 16, 10, 8, 6, 4};
  float bias[4] = {0, 0, 0, 0};
  int8_t y[8] = {};
  int64_t top[2] = {};
  const void *inputs[] = {x, bias};
  void *outputs[] = {y, top};
  octet_call call = {};
  call.size = sizeof(call);
  call.inputs = inputs;
  call.outputs = outputs;
  ASSERT_EQ(octet_get_model()->run_quantized(&call), OCTET_OK);
  EXPECT_EQ(y[3], 11);
  EXPECT_EQ(y[7], -13);
  EXPECT_EQ(top[1], 0);
}

/// Each part must run once, whatever the number of threads before.
TEST(PoolTest, everyPartRunsOnce) {
  struct Parts {
    std::atomic<int> runs[8];
  };
  for (int round = 0; round < 3000; ++round) {
    int count = 2 + round % 4;
    if (round % 1000 == 999)
      std::this_thread::sleep_for(std::chrono::milliseconds(5)); // asleep
    ASSERT_EQ(octet_rt_pool_acquire(count), count);
    Parts parts = {};
    octet_rt_pool_run(
        count,
        [](void *context, int64_t i) {
          ++static_cast<Parts *>(context)->runs[i];
        },
        &parts);
    octet_rt_pool_release();
    for (int i = 0; i < 8; ++i)
      ASSERT_EQ(parts.runs[i], i < count) << "round " << round;
  }
}

TEST(PoolTest, servesOneCallAtATime) {
  ASSERT_EQ(octet_rt_pool_acquire(2), 2);
  EXPECT_EQ(octet_rt_pool_acquire(2), 1);
  octet_rt_pool_release();
  EXPECT_EQ(octet_rt_pool_acquire(2), 2);
  octet_rt_pool_release();
}

TEST(PoolTest, forkedProcessStartsItsOwnThreads) {
  TwoSteps before;
  before.call.num_threads = 3;
  ASSERT_EQ(before.run(), OCTET_OK);
  pid_t child = fork();
  if (child == 0) {
    TwoSteps model;
    model.call.num_threads = 3;
    bool right = model.run() == OCTET_OK && model.isRight();
    std::exit(right ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

} // namespace
