# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The networks of zoo.py: known architectures, made small, with random weights.

An entry builds a module and makes its inputs. Batch normalizations are given the
statistics of random images and random factors, so that values have the size and the
spread that they have in trained networks.
"""
import dataclasses
from typing import Callable, Optional

import torch
import torchvision.models as tv
from torch import nn
from torch.nn import functional as F

from zoo_sequences import (CRNN, GPT, Bert, Dlrm, Encoder, KeywordConv, Recurrent,
                           StreamingGRU, Temporal, conv)


@dataclasses.dataclass
class Entry:
    build: Callable
    inputs: Callable
    opset: int = 17
    exporters: tuple = ("torchscript", "dynamo")
    quick: bool = False
    batch_axis: Optional[str] = None  # the name of a free first dimension


def image(size, channels=3, batch=1):
    """Smooth structure and some noise, as photos have."""
    def make():
        coarse = F.interpolate(torch.randn(batch, channels, 5, 5), size=(size, size),
                               mode="bicubic")
        return (coarse + 0.2 * torch.randn(batch, channels, size, size),)
    return make


def signal(*shape):
    return lambda: (torch.randn(*shape),)


def tokens(vocabulary, length, masked=False):
    def make():
        ids = torch.randint(0, vocabulary, (1, length))
        if not masked:
            return (ids,)
        mask = torch.ones(1, length, dtype=torch.int64)
        mask[:, int(torch.randint(length // 2, length, ())):] = 0
        return ids, mask
    return make


# Blocks.
class Split(nn.Module):
    """YOLO's C2f."""

    def __init__(self, i, o):
        super().__init__()
        self.head = conv(i, o, 1, act=nn.SiLU)
        self.inner = nn.Sequential(conv(o // 2, o // 2, act=nn.SiLU),
                                   conv(o // 2, o // 2, act=nn.SiLU))
        self.tail = conv(o // 2 * 3, o, 1, act=nn.SiLU)

    def forward(self, x):
        parts = list(self.head(x).chunk(2, 1))
        parts.append(parts[-1] + self.inner(parts[-1]))
        return self.tail(torch.cat(parts, 1))


# Detection.
class Yolo(nn.Module):
    """Three scales, pooling pyramid, and decoding in the graph, as ultralytics exports."""

    def __init__(self, c=8, classes=8):
        super().__init__()
        down = lambda i, o: conv(i, o, 3, 2, act=nn.SiLU)
        self.stem = nn.Sequential(down(3, c), down(c, 2 * c), Split(2 * c, 2 * c))
        self.middle = nn.Sequential(down(2 * c, 4 * c), Split(4 * c, 4 * c))
        self.deep = nn.Sequential(down(4 * c, 8 * c), Split(8 * c, 8 * c))
        self.before = conv(8 * c, 4 * c, 1, act=nn.SiLU)
        self.after = conv(16 * c, 8 * c, 1, act=nn.SiLU)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.join4, self.join3 = Split(12 * c, 4 * c), Split(6 * c, 2 * c)
        self.heads = nn.ModuleList([nn.Conv2d(k, 64 + classes, 1)
                                    for k in (2 * c, 4 * c, 8 * c)])
        self.classes = classes

    def features(self, x):
        p3 = self.stem(x)
        p4 = self.middle(p3)
        y = [self.before(self.deep(p4))]
        for _ in range(3):
            y.append(self.pool(y[-1]))
        p5 = self.after(torch.cat(y, 1))
        q4 = self.join4(torch.cat([self.up(p5), p4], 1))
        return self.join3(torch.cat([self.up(q4), p3], 1)), q4, p5

    def forward(self, x):
        maps = [head(q) for head, q in zip(self.heads, self.features(x))]
        flat = torch.cat([m.flatten(2) for m in maps], 2)
        box, score = flat.split((64, self.classes), 1)
        count = flat.shape[2]
        parts = box.view(-1, 4, 16, count).transpose(2, 1).softmax(1)
        distance = (parts * torch.arange(16.).view(1, 16, 1, 1)).sum(1)
        low, high = distance.chunk(2, 1)
        anchors, strides = [], []
        for m, stride in zip(maps, (4., 8., 16.)):
            h, w = m.shape[2:]
            y, x = torch.meshgrid(torch.arange(h) + .5, torch.arange(w) + .5, indexing="ij")
            anchors.append(torch.stack([x.reshape(-1), y.reshape(-1)]))
            strides.append(torch.full((1, h * w), stride))
        anchors, strides = torch.cat(anchors, 1)[None], torch.cat(strides, 1)
        one, two = anchors - low, anchors + high
        box = torch.cat([(one + two) / 2, two - one], 1) * strides
        return torch.cat([box, score.sigmoid()], 1)


class SSD(nn.Module):
    """Depthwise backbone, boxes and class scores from three maps."""

    def __init__(self):
        super().__init__()
        block = lambda i, o, s: nn.Sequential(conv(i, i, 3, s, i, nn.ReLU6),
                                              conv(i, o, 1, act=nn.ReLU6))
        self.a = nn.Sequential(conv(3, 16, 3, 2, act=nn.ReLU6), block(16, 32, 2),
                               block(32, 48, 2))
        self.b, self.c = block(48, 64, 2), block(64, 64, 2)
        self.boxes = nn.ModuleList([nn.Conv2d(k, 16, 3, padding=1) for k in (48, 64, 64)])
        self.scores = nn.ModuleList([nn.Conv2d(k, 24, 3, padding=1) for k in (48, 64, 64)])

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        maps = (a, b, self.c(b))
        flat = lambda y, n: y.permute(0, 2, 3, 1).reshape(y.shape[0], -1, n)
        boxes = [flat(head(m), 4) for head, m in zip(self.boxes, maps)]
        scores = [flat(head(m), 6) for head, m in zip(self.scores, maps)]
        return torch.cat(boxes, 1), torch.softmax(torch.cat(scores, 1), -1)


class CenterNet(nn.Module):
    """A heat map with its local maxima kept, sizes and offsets beside."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(conv(3, 16, 3, 2), conv(16, 32, 3, 2), conv(32, 32))
        self.up = nn.Sequential(nn.ConvTranspose2d(32, 24, 4, 2, 1, bias=False),
                                nn.BatchNorm2d(24), nn.ReLU())
        self.heat, self.size = nn.Conv2d(24, 5, 1), nn.Conv2d(24, 4, 1)

    def forward(self, x):
        x = self.up(self.body(x))
        heat = self.heat(x).sigmoid()
        peak = F.max_pool2d(heat, 3, 1, 1)
        return heat * (peak == heat).float(), self.size(x)


# Dense prediction.
class UNet(nn.Module):
    def __init__(self, c=8):
        super().__init__()
        two = lambda i, o: nn.Sequential(conv(i, o), conv(o, o))
        self.d1, self.d2, self.d3 = two(3, c), two(c, 2 * c), two(2 * c, 4 * c)
        self.u2, self.c2 = nn.ConvTranspose2d(4 * c, 2 * c, 2, 2), two(4 * c, 2 * c)
        self.u1, self.c1 = nn.ConvTranspose2d(2 * c, c, 4, 2, 1), two(2 * c, c)
        self.out, self.pool = nn.Conv2d(c, 2, 1), nn.MaxPool2d(2)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(self.pool(a))
        c = self.d3(self.pool(b))
        b = self.c2(torch.cat([self.u2(c), b], 1))
        return torch.sigmoid(self.out(self.c1(torch.cat([self.u1(b), a], 1))))


class Segmenter(nn.Module):
    """Atrous pyramid, pooled context and bilinear upsampling, as in DeepLab."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(conv(3, 16, 3, 2), conv(16, 32, 3, 2))
        self.rates = nn.ModuleList([nn.Conv2d(32, 16, 3, padding=r, dilation=r)
                                    for r in (1, 2, 4)])
        self.context, self.out = nn.Conv2d(32, 16, 1), nn.Conv2d(64, 4, 1)

    def forward(self, x):
        y = self.body(x)
        context = F.interpolate(self.context(F.adaptive_avg_pool2d(y, 1)), size=y.shape[2:],
                                mode="bilinear", align_corners=False)
        y = self.out(torch.cat([F.relu(rate(y)) for rate in self.rates] + [context], 1))
        return F.interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=False)


class SuperResolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Conv2d(1, 32, 5, padding=2)
        self.body = nn.Sequential(nn.PReLU(32), nn.Conv2d(32, 32, 3, padding=1), nn.PReLU(32),
                                  nn.Conv2d(32, 9, 3, padding=1), nn.PixelShuffle(3))

    def forward(self, x):
        return self.body(self.head(x)) + F.interpolate(x, scale_factor=3, mode="bicubic")


class Style(nn.Module):
    """Reflected borders, instance norms, residual blocks, nearest upsampling."""

    def __init__(self, c=16):
        super().__init__()
        block = lambda i, o, s: nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(i, o, 3, s),
                                              nn.InstanceNorm2d(o, affine=True))
        self.down, self.deep = block(3, c, 2), block(c, c, 1)
        self.deeper, self.up = block(c, c, 1), block(c, c, 1)
        self.out = nn.Conv2d(c, 3, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.down(x))
        x = x + self.deeper(F.relu(self.deep(x)))
        x = F.relu(self.up(F.interpolate(x, scale_factor=2, mode="nearest")))
        return torch.tanh(self.out(x))


class ChannelsLast(nn.Module):
    """A graph as converters write it from TensorFlow: transposes around everything."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(3, 16, 3, 2, 1), nn.Conv2d(16, 16, 3, 1, 1, groups=16),
                                     nn.Conv2d(16, 32, 1), nn.Conv2d(32, 32, 3, 2, 1)])
        self.out = nn.Linear(32, 10)

    def forward(self, x):
        for layer in self.layers:
            x = F.hardswish(layer(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))
        return F.softmax(self.out(x.mean((1, 2))), -1)


def autoencoder():
    widths = (64, 32, 8, 32, 64)
    layers = []
    for i, o in zip(widths, widths[1:]):
        layers += [nn.Linear(i, o), nn.BatchNorm1d(o), nn.ELU()]
    return nn.Sequential(*layers[:-2])


def swin():
    return tv.swin_transformer.SwinTransformer([4, 4], 24, [2, 2], [3, 6], [4, 4],
                                               num_classes=20)


def convnext():
    row = tv.convnext.CNBlockConfig
    return tv.convnext.ConvNeXt([row(24, 48, 2), row(48, 96, 2), row(96, None, 2)],
                                num_classes=20)


def vit():
    return tv.VisionTransformer(image_size=32, patch_size=8, num_layers=2, num_heads=4,
                                hidden_dim=64, mlp_dim=128, num_classes=20)


def googlenet():
    return tv.googlenet(num_classes=20, aux_logits=False, init_weights=False)


ENTRIES = {
    # Classification.
    "squeezenet": Entry(lambda: tv.squeezenet1_1(num_classes=20), image(64), 9),
    "mobilenet_v2": Entry(lambda: tv.mobilenet_v2(num_classes=20, width_mult=.35), image(64),
                          13, batch_axis="N"),
    "mobilenet_v3": Entry(lambda: tv.mobilenet_v3_small(num_classes=20, width_mult=.5),
                          image(64), 14),
    "shufflenet": Entry(lambda: tv.shufflenet_v2_x0_5(num_classes=20), image(64), 11),
    "efficientnet": Entry(lambda: tv.efficientnet_b0(num_classes=20), image(64), 13),
    "resnet18": Entry(lambda: tv.resnet18(num_classes=20), image(64), 13, batch_axis="N"),
    "resnet50": Entry(lambda: tv.ResNet(tv.resnet.Bottleneck, [2, 3, 3, 2], num_classes=20),
                      image(64), 17),
    "densenet": Entry(lambda: tv.DenseNet(12, (3, 4, 4), 24, num_classes=20), image(64), 11),
    "googlenet": Entry(googlenet, image(64), 12),
    "mnasnet": Entry(lambda: tv.mnasnet0_5(num_classes=20), image(64), 13),
    "regnet": Entry(lambda: tv.regnet_y_400mf(num_classes=20), image(64), 16),
    "convnext": Entry(convnext, image(64), 17), "vit": Entry(vit, image(32), 17),
    "swin": Entry(swin, image(64), 17),
    "channels_last": Entry(ChannelsLast, lambda: (image(32)()[0].permute(0, 2, 3, 1),), 13,
                           quick=True),
    # Detection and dense prediction.
    "yolo": Entry(Yolo, image(64), 17), "ssd": Entry(SSD, image(96), 11),
    "centernet": Entry(CenterNet, image(48), 13, quick=True),
    "unet": Entry(UNet, image(48), 13), "segmenter": Entry(Segmenter, image(48), 13),
    "super_resolution": Entry(SuperResolution, image(24, 1), 13, quick=True),
    "style": Entry(Style, image(32), 11),
    # Speech.
    "keyword": Entry(KeywordConv, signal(1, 1, 4000), 11, quick=True),
    "temporal": Entry(Temporal, signal(1, 16, 80), 9),
    "lstm": Entry(lambda: Recurrent(nn.LSTM, num_layers=2, bidirectional=True),
                  signal(1, 20, 32), 17),
    "gru": Entry(lambda: Recurrent(nn.GRU), signal(1, 20, 32), 13),
    "rnn": Entry(lambda: Recurrent(nn.RNN), signal(1, 20, 32), 11),
    "streaming_gru": Entry(StreamingGRU, lambda: (torch.randn(1, 8, 20),
                                                  torch.tanh(torch.randn(1, 1, 48))), 14,
                           quick=True),
    "crnn": Entry(CRNN, image(32, 1), 17),
    # Language, recommendation, tables.
    "bert": Entry(Bert, tokens(200, 24, masked=True), 17, quick=True),
    "gpt": Entry(GPT, tokens(100, 24), 14), "encoder": Entry(Encoder, signal(1, 20, 64), 17),
    "dlrm": Entry(Dlrm, lambda: (torch.randn(8, 13), torch.randint(0, 100, (8, 6, 3))), 17,
                  quick=True),
    "autoencoder": Entry(autoencoder, signal(1, 64), 13, batch_axis="N"),
}


def settle(module, inputs):
    """The module, its batch normalizations with statistics of such inputs."""
    for part in module.modules():
        if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)):
            part.momentum = None
            part.reset_running_stats()
            nn.init.uniform_(part.weight, .5, 1.5)
            nn.init.normal_(part.bias, 0, .2)
        if hasattr(part, "p"):
            part.p = 0.0  # dropout and stochastic depth
        if isinstance(part, nn.Linear) and not part.weight.any():
            nn.init.normal_(part.weight, 0, part.in_features ** -.5)  # an untrained head
    module.train()
    with torch.no_grad():
        for _ in range(4):
            samples = zip(*(inputs() for _ in range(4)))
            try:
                module(*(torch.cat(parts) for parts in samples))
            except RuntimeError:  # a state whose first axis is not the batch
                module(*inputs())
    return module.eval()


def export(name, exporter, path):
    """Writes an entry's model."""
    entry = ENTRIES[name]
    torch.manual_seed(7)
    module = settle(entry.build(), entry.inputs)
    given = entry.inputs()
    options = dict(input_names=[f"x{i}" for i in range(len(given))])
    if exporter == "dynamo":
        if entry.batch_axis:
            free = torch.export.Dim(entry.batch_axis)
            options["dynamic_shapes"] = tuple({0: free} for _ in given)
        torch.onnx.export(module, given, str(path), dynamo=True, external_data=False,
                          verbose=False, opset_version=max(entry.opset, 18), **options)
        return
    if entry.batch_axis:
        options["dynamic_axes"] = {n: {0: entry.batch_axis} for n in options["input_names"]}
    torch.onnx.export(module, given, str(path), dynamo=False, opset_version=entry.opset,
                      **options)


def samples(name, count, seed):
    """Inputs by name, `count` calls stacked along the first axis."""
    torch.manual_seed(seed)
    calls = zip(*(ENTRIES[name].inputs() for _ in range(count)))
    return {f"x{i}": torch.cat(parts).numpy() for i, parts in enumerate(calls)}
