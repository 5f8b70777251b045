# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Scores a detector of the form of bccd_det: mean average precision at IoU 0.5.

Its output is N x (classes + 4) x H x W: a heat map per class in which all but the
local peaks are zero, then width, height and the centre's offset in the cell.
"""
import numpy as np

STRIDE = 8        # pixels per cell
SIZE_UNIT = 32    # pixels per unit of width and height
MIN_SCORE = .01


def decode(output, classes):
    """Rows of image, class, score, x0, y0, x1, y1."""
    heat = output[:, :classes]
    image, kind, row, column = np.nonzero(heat > MIN_SCORE)
    width, height, dx, dy = output[image, classes:, row, column].T
    x, y = (column + dx) * STRIDE, (row + dy) * STRIDE
    w, h = width * SIZE_UNIT / 2, height * SIZE_UNIT / 2
    score = heat[image, kind, row, column]
    return np.stack([image, kind, score, x - w, y - h, x + w, y + h], 1)


def overlap(box, others):
    """Intersection over union of one box with each of the others."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), 1)
    area = lambda b: (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])
    return shared / (area(box) + area(others) - shared)


def average_precision(found, truth):
    """The area under the precision envelope over recall, for one class."""
    used = np.zeros(len(truth), bool)
    hits = []
    for box in found[np.argsort(-found[:, 2], kind="stable")]:
        same = np.nonzero(truth[:, 0] == box[0])[0]
        ious = overlap(box[3:], truth[same, 2:])
        best = same[ious.argmax()] if len(same) else None
        hit = best is not None and ious.max() >= .5 and not used[best]
        if hit:
            used[best] = True
        hits.append(hit)
    hits = np.cumsum(hits)
    recall, precision = hits / len(truth), hits / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0) * envelope).sum())


def mean_average_precision(output, truth):
    """truth: rows of image, class, x0, y0, x1, y1."""
    classes = output.shape[1] - 4
    found = decode(output, classes)
    return float(np.mean([average_precision(found[found[:, 1] == kind],
                                            truth[truth[:, 1] == kind])
                          for kind in range(classes)]))
