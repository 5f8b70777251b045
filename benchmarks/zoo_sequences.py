# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks of zoo_models.py for speech, language and recommendation."""
import torch
from torch import nn
from torch.nn import functional as F


def conv(i, o, k=3, stride=1, groups=1, act=nn.ReLU):
    layers = [nn.Conv2d(i, o, k, stride, k // 2, groups=groups, bias=False),
              nn.BatchNorm2d(o)]
    return nn.Sequential(*layers, *([act()] if act else []))


# Speech.
class KeywordConv(nn.Module):
    """M5: one-dimensional convolutions on the wave."""

    def __init__(self):
        super().__init__()
        block = lambda i, o, k, s: [nn.Conv1d(i, o, k, s, k // 2), nn.BatchNorm1d(o),
                                    nn.ReLU(), nn.MaxPool1d(4)]
        self.body = nn.Sequential(*block(1, 16, 40, 8), *block(16, 32, 3, 1),
                                  *block(32, 32, 3, 1), nn.AdaptiveAvgPool1d(1), nn.Flatten(),
                                  nn.Linear(32, 12), nn.LogSoftmax(-1))

    def forward(self, x):
        return self.body(x)


class Temporal(nn.Module):
    """Causal dilated convolutions with residuals."""

    def __init__(self, c=32):
        super().__init__()
        self.head, self.out = nn.Conv1d(16, c, 1), nn.Linear(c, 5)
        self.convs = nn.ModuleList([nn.Conv1d(c, c, 3, dilation=2 ** k) for k in range(4)])
        self.norms = nn.ModuleList([nn.BatchNorm1d(c) for _ in range(4)])

    def forward(self, x):
        x = self.head(x)
        for k, (layer, norm) in enumerate(zip(self.convs, self.norms)):
            x = x + F.relu(norm(layer(F.pad(x, (2 * 2 ** k, 0)))))
        return self.out(x.mean(-1))


class Recurrent(nn.Module):
    """Convolution, recurrent layers over time, a projection of each step."""

    def __init__(self, kind, **options):
        super().__init__()
        self.conv = nn.Conv1d(20, 24, 5, 2, 2)
        self.rnn = kind(24, 32, batch_first=True, **options)
        self.out = nn.Linear(64 if options.get("bidirectional") else 32, 12)

    def forward(self, x):
        y, _ = self.rnn(F.relu(self.conv(x)).transpose(1, 2))
        return self.out(y).log_softmax(-1)


class StreamingGRU(nn.Module):
    """One chunk of frames, the state in and out."""

    def __init__(self):
        super().__init__()
        self.rnn, self.out = nn.GRU(20, 48, batch_first=True), nn.Linear(48, 12)

    def forward(self, x, h):
        y, h = self.rnn(x, h)
        return self.out(y[:, -1]), h


class CRNN(nn.Module):
    """Text recognition: columns of a convolutional map through an LSTM."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(conv(1, 16), nn.MaxPool2d(2), conv(16, 24),
                                  nn.MaxPool2d((2, 1)), conv(24, 32), nn.MaxPool2d((4, 1)))
        self.rnn = nn.LSTM(32, 32, bidirectional=True)
        self.out = nn.Linear(64, 37)

    def forward(self, x):
        x = self.body(x).mean(2).permute(2, 0, 1)
        return self.out(self.rnn(x)[0]).log_softmax(-1)


# Language and recommendation.
class Bert(nn.Module):
    """Embeddings, two post-norm layers, and the mean over the words that count."""

    def __init__(self, vocabulary=200, d=64, heads=4, layers=2, length=24):
        super().__init__()
        self.words, self.places = nn.Embedding(vocabulary, d), nn.Embedding(length, d)
        self.kinds, self.norm = nn.Embedding(2, d), nn.LayerNorm(d)
        self.heads = heads
        self.layers = nn.ModuleList([nn.ModuleDict(dict(
            q=nn.Linear(d, d), k=nn.Linear(d, d), v=nn.Linear(d, d), o=nn.Linear(d, d),
            n1=nn.LayerNorm(d), up=nn.Linear(d, 4 * d), down=nn.Linear(4 * d, d),
            n2=nn.LayerNorm(d))) for _ in range(layers)])

    def attend(self, layer, x, mask):
        b, t, d = x.shape
        split = lambda y: y.view(b, t, self.heads, d // self.heads).transpose(1, 2)
        q, k, v = (split(layer[name](x)) for name in "qkv")
        scores = q @ k.transpose(-1, -2) / (d // self.heads) ** .5 + mask
        return layer["o"]((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, d))

    def forward(self, ids, mask):
        places = torch.arange(ids.shape[1])[None]
        x = self.words(ids) + self.places(places) + self.kinds(torch.zeros_like(ids))
        x = self.norm(x)
        bias = (1 - mask[:, None, None, :].float()) * -10000.
        for layer in self.layers:
            x = layer["n1"](x + self.attend(layer, x, bias))
            x = layer["n2"](x + layer["down"](F.gelu(layer["up"](x))))
        weight = mask[..., None].float()
        return F.normalize((x * weight).sum(1) / weight.sum(1).clamp(min=1e-9), dim=-1)


class GPT(nn.Module):
    """Pre-norm, causal, tanh-approximated Gelu."""

    def __init__(self, vocabulary=100, d=64, heads=4, layers=2, length=32):
        super().__init__()
        self.words, self.places = nn.Embedding(vocabulary, d), nn.Embedding(length, d)
        self.heads, self.norm = heads, nn.LayerNorm(d)
        self.layers = nn.ModuleList([nn.ModuleDict(dict(
            n1=nn.LayerNorm(d), qkv=nn.Linear(d, 3 * d), o=nn.Linear(d, d),
            n2=nn.LayerNorm(d), up=nn.Linear(d, 4 * d), down=nn.Linear(4 * d, d)))
            for _ in range(layers)])
        self.out = nn.Linear(d, vocabulary, bias=False)

    def forward(self, ids):
        b, t = ids.shape
        x = self.words(ids) + self.places(torch.arange(t))
        causal = torch.tril(torch.ones(t, t, dtype=torch.bool))
        for layer in self.layers:
            parts = layer["qkv"](layer["n1"](x)).split(x.shape[-1], 2)
            q, k, v = (y.view(b, t, self.heads, -1).transpose(1, 2) for y in parts)
            scores = (q @ k.transpose(-1, -2)) / q.shape[-1] ** .5
            scores = scores.masked_fill(~causal, float("-inf")).softmax(-1)
            x = x + layer["o"]((scores @ v).transpose(1, 2).reshape(b, t, -1))
            x = x + layer["down"](F.gelu(layer["up"](layer["n2"](x)), approximate="tanh"))
        return self.out(self.norm(x))


class Encoder(nn.Module):
    """PyTorch's own encoder layer, with scaled_dot_product_attention inside."""

    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True,
                                                activation="gelu", norm_first=True)
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        return self.out(self.layer(x).mean(1))


class Dlrm(nn.Module):
    """Bags of embeddings, a bottom MLP, pairwise products, a top MLP."""

    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleList([nn.EmbeddingBag(100, 16, mode="sum") for _ in range(6)])
        self.bottom = nn.Sequential(nn.Linear(13, 64), nn.ReLU(), nn.Linear(64, 16), nn.ReLU())
        self.top = nn.Sequential(nn.Linear(16 + 21, 64), nn.ReLU(), nn.Linear(64, 1))
        row, column = torch.tril_indices(7, 7, -1)
        self.register_buffer("row", row)
        self.register_buffer("column", column)

    def forward(self, dense, ids):
        x = self.bottom(dense)
        bags = [F.embedding(ids[:, k], table.weight).sum(1)
                for k, table in enumerate(self.tables)]
        z = torch.stack([x] + bags, 1)
        products = torch.bmm(z, z.transpose(1, 2))[:, self.row, self.column]
        return torch.sigmoid(self.top(torch.cat([x, products], 1)))
