# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The few layers that train.py needs, in numpy: forward, backward, parameters.

Activations are N x H x W x C here; the exporter writes ONNX's N x C x H x W.
"""
import numpy as np


class Conv:
    """A convolution that keeps the image's size, as a sum over its taps."""

    def __init__(self, rng, inputs, outputs, size=3, depthwise=False):
        self.size, self.depthwise = size, depthwise
        fan_in = size * size * (1 if depthwise else inputs)
        shape = (size, size) + ((inputs,) if depthwise else (inputs, outputs))
        self.params = [rng.normal(0, (2 / fan_in) ** .5, shape).astype(np.float32)]

    def taps(self):
        return [(i, j) for i in range(self.size) for j in range(self.size)]

    def apply(self, x, w):
        return x * w if self.depthwise else x @ w

    def forward(self, x, training):
        n, h, w, _ = self.shape = x.shape
        pad = self.size // 2
        self.padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
        return sum(self.apply(self.padded[:, i:i + h, j:j + w], self.params[0][i, j])
                   for i, j in self.taps())

    def backward(self, dy):
        n, h, w, _ = self.shape
        pad = self.size // 2
        dx, dw = np.zeros_like(self.padded), np.zeros_like(self.params[0])
        for i, j in self.taps():
            tap, x = self.params[0][i, j], self.padded[:, i:i + h, j:j + w]
            if self.depthwise:
                dw[i, j] = (x * dy).sum((0, 1, 2))
                dx[:, i:i + h, j:j + w] += dy * tap
            else:
                dw[i, j] = np.tensordot(x, dy, ([0, 1, 2], [0, 1, 2]))
                dx[:, i:i + h, j:j + w] += dy @ tap.T
        self.grads = [dw]
        return dx[:, pad:pad + h, pad:pad + w]


class BatchNorm:
    EPSILON = 1e-5

    def __init__(self, channels):
        self.params = [np.ones(channels, np.float32), np.zeros(channels, np.float32)]
        self.mean = np.zeros(channels, np.float32)
        self.variance = np.ones(channels, np.float32)

    def forward(self, x, training):
        if training:
            mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
            self.mean += .1 * (mean - self.mean)
            self.variance += .1 * (variance - self.variance)
        else:
            mean, variance = self.mean, self.variance
        self.deviation = np.sqrt(variance + self.EPSILON)
        self.normal = (x - mean) / self.deviation
        return self.params[0] * self.normal + self.params[1]

    def backward(self, dy):
        axes = (0, 1, 2)
        self.grads = [(dy * self.normal).sum(axes), dy.sum(axes)]
        centered = dy - dy.mean(axes) - self.normal * (dy * self.normal).mean(axes)
        return self.params[0] / self.deviation * centered


class Relu:
    params, grads = [], []

    def forward(self, x, training):
        self.positive = x > 0
        return x * self.positive

    def backward(self, dy):
        return dy * self.positive


class MaxPool:
    """Over windows of 2 x 2."""
    params, grads = [], []

    def forward(self, x, training):
        n, h, w, c = x.shape
        windows = x.reshape(n, h // 2, 2, w // 2, 2, c)
        y = windows.max((2, 4), keepdims=True)
        self.largest = windows == y
        return y.reshape(n, h // 2, w // 2, c)

    def backward(self, dy):
        n, h, w, c = dy.shape
        share = self.largest / self.largest.sum((2, 4), keepdims=True)
        return (share * dy.reshape(n, h, 1, w, 1, c)).reshape(n, h * 2, w * 2, c)


class GlobalAveragePool:
    params, grads = [], []

    def forward(self, x, training):
        self.shape = x.shape
        return x.mean((1, 2))

    def backward(self, dy):
        n, h, w, c = self.shape
        return np.broadcast_to(dy[:, None, None] / (h * w), self.shape)


class Dense:
    def __init__(self, rng, inputs, outputs):
        weight = rng.normal(0, (1 / inputs) ** .5, (inputs, outputs))
        self.params = [weight.astype(np.float32), np.zeros(outputs, np.float32)]

    def forward(self, x, training):
        self.x = x
        return x @ self.params[0] + self.params[1]

    def backward(self, dy):
        self.grads = [self.x.T @ dy, dy.sum(0)]
        return dy @ self.params[0].T


class Residual:
    """x + body(x)."""

    def __init__(self, body):
        self.body = body

    params = property(lambda self: [p for layer in self.body for p in layer.params])
    grads = property(lambda self: [g for layer in self.body for g in layer.grads])

    def forward(self, x, training):
        y = x
        for layer in self.body:
            y = layer.forward(y, training)
        return x + y

    def backward(self, dy):
        dx = dy
        for layer in reversed(self.body):
            dx = layer.backward(dx)
        return dy + dx
