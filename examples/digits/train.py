# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains the example's network on scikit-learn's digits and writes

  digits.onnx   the float model: image (N x 1 x 8 x 8, values 0 to 16) -> scores (N x 10)
  digits.npz    x, y: 450 test images and their labels; calib: 200 other images

Both are in the repository; run this again only to change them:

  python3 examples/digits/train.py      (needs numpy, scikit-learn and onnx)
"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits

from layers import (BatchNorm, Conv, Dense, GlobalAveragePool, MaxPool, Relu,
                    Residual)

HERE = pathlib.Path(__file__).resolve().parent
TEST_IMAGES, CALIBRATION_IMAGES = 450, 200
EPOCHS, BATCH, LEARNING_RATE = 40, 64, 2e-3


def build(rng):
    """A stem, a depthwise-separable pair, a residual block, a classifier."""
    def normalized(conv, channels):
        return [conv, BatchNorm(channels), Relu()]
    return (normalized(Conv(rng, 1, 16), 16)
            + normalized(Conv(rng, 16, 16, depthwise=True), 16)
            + normalized(Conv(rng, 16, 32, size=1), 32)
            + [Residual(normalized(Conv(rng, 32, 32), 32)
                        + [Conv(rng, 32, 32), BatchNorm(32)]), Relu(), MaxPool()]
            + normalized(Conv(rng, 32, 48), 48)
            + [GlobalAveragePool(), Dense(rng, 48, 10)])


def forward(layers, x, training=False):
    for layer in layers:
        x = layer.forward(x, training)
    return x


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def shifted(rng, images):
    """Each image moved by up to one pixel, so that the network sees more."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    corners = rng.integers(0, 3, (len(images), 2))
    return np.stack([p[i:i + 8, j:j + 8] for p, (i, j) in zip(padded, corners)])


class Adam:
    def __init__(self, layers):
        self.layers, self.step = layers, 0
        self.moments = [(np.zeros_like(p), np.zeros_like(p))
                        for layer in layers for p in layer.params]

    def update(self, rate):
        self.step += 1
        pairs = [pair for layer in self.layers for pair in zip(layer.params, layer.grads)]
        for (param, grad), (first, second) in zip(pairs, self.moments):
            first += .1 * (grad - first)
            second += .001 * (grad * grad - second)
            mean = first / (1 - .9 ** self.step)
            scale = np.sqrt(second / (1 - .999 ** self.step)) + 1e-8
            param -= (rate * mean / scale).astype(np.float32)


def train(rng, layers, images, labels):
    optimizer = Adam(layers)
    steps = EPOCHS * (len(images) // BATCH)
    for epoch in range(EPOCHS):
        order, loss = rng.permutation(len(images)), 0
        for start in range(0, len(order) - BATCH + 1, BATCH):
            batch = order[start:start + BATCH]
            x = shifted(rng, images[batch])
            p = softmax(forward(layers, x, training=True))
            target = np.eye(10, dtype=np.float32)[labels[batch]]
            loss -= np.log((p * target).sum(1) + 1e-9).mean()
            gradient = ((p - target) / BATCH).astype(np.float32)
            for layer in reversed(layers):
                gradient = layer.backward(gradient)
            optimizer.update(LEARNING_RATE * .5
                             * (1 + np.cos(np.pi * optimizer.step / steps)))
        print(f"epoch {epoch + 1}: loss {loss / (len(order) // BATCH):.4f}", flush=True)


class Exporter:
    """Turns layers into ONNX nodes, names given by their order."""

    def __init__(self):
        self.nodes, self.weights, self.counts = [], [], {}

    def node(self, op, inputs, weights=(), output=None, **attributes):
        count = self.counts[op] = self.counts.get(op, 0) + 1
        name = f"{op.lower()}{count}"
        names = []
        for suffix, value in weights:
            names.append(f"{name}.{suffix}")
            self.weights.append(numpy_helper.from_array(
                np.ascontiguousarray(value, np.float32), names[-1]))
        self.nodes.append(helper.make_node(op, inputs + names, [output or name], name,
                                           **attributes))
        return output or name

    def conv(self, layer, x):
        w = layer.params[0]
        w = w[..., None].transpose(2, 3, 0, 1) if layer.depthwise else w.transpose(3, 2, 0, 1)
        pad = layer.size // 2
        return self.node("Conv", [x], [("weight", w)], pads=[pad] * 4,
                         kernel_shape=[layer.size] * 2,
                         group=len(w) if layer.depthwise else 1)

    def layer(self, layer, x):
        if isinstance(layer, Conv):
            return self.conv(layer, x)
        if isinstance(layer, BatchNorm):
            names = ("scale", "bias", "mean", "variance")
            values = layer.params + [layer.mean, layer.variance]
            return self.node("BatchNormalization", [x], list(zip(names, values)),
                             epsilon=layer.EPSILON)
        if isinstance(layer, Residual):
            return self.node("Add", [x, self.chain(layer.body, x)])
        if isinstance(layer, MaxPool):
            return self.node("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
        if isinstance(layer, GlobalAveragePool):
            return self.node("Flatten", [self.node("GlobalAveragePool", [x])], axis=1)
        if isinstance(layer, Dense):
            return self.node("Gemm", [x], [("weight", layer.params[0]),
                                           ("bias", layer.params[1])], output="scores")
        return self.node("Relu", [x])

    def chain(self, layers, x):
        for layer in layers:
            x = self.layer(layer, x)
        return x

    def model(self, layers):
        self.chain(layers, "image")
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes, "digits",
            [value("image", TensorProto.FLOAT, ["N", 1, 8, 8])],
            [value("scores", TensorProto.FLOAT, ["N", 10])], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)],
                                  producer_name="octet digits example", ir_version=7)
        onnx.checker.check_model(model)
        return model


def main():
    rng = np.random.default_rng(7)
    digits = load_digits()
    order = rng.permutation(len(digits.target))
    images = digits.images[order, :, :, None].astype(np.float32)
    labels = digits.target[order]
    test, rest = slice(0, TEST_IMAGES), slice(TEST_IMAGES, None)

    layers = build(rng)
    train(rng, layers, images[rest], labels[rest])
    scores = forward(layers, images[test])
    accuracy = (scores.argmax(1) == labels[test]).mean()
    print(f"float accuracy on {TEST_IMAGES} test images: {accuracy:.2%}")

    onnx.save(Exporter().model(layers), HERE / "digits.onnx")
    stored = images.transpose(0, 3, 1, 2).astype(np.uint8)
    np.savez_compressed(HERE / "digits.npz", x=stored[test],
                        y=labels[test].astype(np.uint8),
                        calib=stored[rest][:CALIBRATION_IMAGES])


if __name__ == "__main__":
    main()
