# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models that are called again and again and hand a state from call to call."""
import numpy as np


def run_in_order(call, inputs, feedback):
    """Calls with one sample after another. `inputs` has samples along an axis of their
    own, except where `feedback` ({output: input}) names the input: there the first
    state. `call` takes and gives arrays by name. The outputs, stacked."""
    state = {name: inputs[name] for name in feedback.values()}
    samples = {name: array for name, array in inputs.items() if name not in state}
    steps = []
    for index in range(len(next(iter(samples.values())))):
        outputs = call({**state, **{k: np.asarray(v[index]) for k, v in samples.items()}})
        state = {name: outputs[output] for output, name in feedback.items()}
        steps.append(outputs)
    return {name: np.stack([step[name] for step in steps]) for name in steps[0]}


def samples_of(inputs, outputs, feedback, chosen):
    """What the calls with the numbers `chosen` were given, joined along the first axis;
    numbers start at 1, as the first call's state is nobody's output."""
    def joined(arrays):
        return np.concatenate([np.atleast_1d(array) for array in arrays])
    given = {name: joined([array[i] for i in chosen]) for name, array in inputs.items()
             if name not in feedback.values()}
    for output, name in feedback.items():
        given[name] = joined([outputs[output][i - 1] for i in chosen])
    return given
