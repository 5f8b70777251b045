# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tasks of accuracy.py: a model, its data, and a metric.

A task gives the inputs of its test set and of its calibration set as arrays with
the samples along the first axis, and turns the model's outputs into one number.
Where data has no labels the number is the agreement with the float model.
"""
import dataclasses
import os
import pathlib
from typing import Callable, Dict, Optional

import numpy as np

import detection

Arrays = Dict[str, np.ndarray]
ROOT = pathlib.Path(__file__).resolve().parents[1]


def models_directory():
    """Where the models and the data are; they are not part of the repository."""
    named = os.environ.get("OCTET_MODELS")
    return pathlib.Path(named) if named else ROOT.parent / "shared" / "models"


@dataclasses.dataclass
class Task:
    name: str
    metric: str
    model: pathlib.Path
    inputs: Arrays
    calibration: Optional[Arrays]
    score: Callable[[Arrays], float]
    # The worth of one test item, the smallest difference that means anything.
    item: float
    higher_is_better: bool = True
    # The most that int8 may lose against float; None where nothing is asked.
    tolerance: Optional[float] = 0.5
    # The float model's outputs by ONNX Runtime, where the score needs them.
    reference: Optional[Arrays] = None
    # True where the score only says how near outputs are to `reference`.
    scores_nearness: bool = False
    # Outputs that a call hands on to the next one's inputs (see stream.py), and the
    # calls whose inputs calibrate: the float model has to find the states first.
    feedback: Optional[Dict[str, str]] = None
    calibration_calls: range = range(0)
    bind: Optional[Dict[str, int]] = None

    def loss(self, reference, value):
        """How much worse value is than reference."""
        return reference - value if self.higher_is_better else value - reference


def top1(outputs, labels):
    scores = next(iter(outputs.values())).reshape(len(labels), -1)
    return 100 * float((scores.argmax(1) == labels).mean())


def classifier(name, data, input_name, scale=1):
    """A task whose score is the share of test items with the right class."""
    def make(directory):
        arrays = np.load(directory / data)
        convert = lambda x: {input_name: x.astype(np.float32) / np.float32(scale)}
        labels = arrays["y"]
        return Task(name, "top-1 %", directory / f"{name}.onnx", convert(arrays["x"]),
                    convert(arrays["calib"]), lambda out: top1(out, labels),
                    100 / len(labels))
    return make


def digits_example(_):
    directory = ROOT / "examples" / "digits"
    return dataclasses.replace(
        classifier("digits", "digits.npz", "image")(directory), name="digits (example)")


def bcancer(directory):
    arrays = np.load(directory / "bcancer.npz")
    labels = arrays["y"]

    def score(outputs):
        positive = next(iter(outputs.values())).reshape(-1) > .5
        return 100 * float((positive == labels).mean())
    return Task("bcancer_mlp", "top-1 %", directory / "bcancer_mlp.onnx",
                {"input": arrays["x"]}, {"input": arrays["calib"]}, score,
                100 / len(labels))


def bccd(directory):
    arrays = np.load(directory / "bccd.npz")
    convert = lambda x: {"input": x.astype(np.float32) / np.float32(255)}
    return Task("bccd_det", "mAP@0.5 %", directory / "bccd_det.onnx",
                convert(arrays["x"]), convert(arrays["calib"]),
                lambda out: 100 * detection.mean_average_precision(
                    next(iter(out.values())), arrays["gt"]),
                100 / len(arrays["gt"]))


def movielens(directory):
    arrays = np.load(directory / "movielens.npz")

    def score(outputs):
        error = next(iter(outputs.values())).reshape(-1) - arrays["y"]
        return float(np.sqrt((error.astype(np.float64) ** 2).mean()))
    return Task("ml_mf", "RMSE", directory / "ml_mf.onnx",
                {"user": arrays["user"], "item": arrays["item"]},
                {"user": arrays["calib_user"], "item": arrays["calib_item"]},
                score, 1e-4, higher_is_better=False, tolerance=0.005)


def charlm(directory):
    arrays = np.load(directory / "charlm.npz")
    windows = arrays["w"].astype(np.int64)

    def score(outputs):
        logits = next(iter(outputs.values())).astype(np.float64)
        logits -= logits.max(-1, keepdims=True)
        normal = np.log(np.exp(logits).sum(-1))
        rows, columns = np.indices(windows[:, 1:].shape)
        return float((normal - logits[rows, columns, windows[:, 1:]]).mean())
    return Task("charlm_llama", "nats/char", directory / "charlm_llama.onnx",
                {"tokens": windows[:, :-1]}, {"tokens": arrays["calib"].astype(np.int64)},
                score, 1e-3, higher_is_better=False, tolerance=0.02)


def speech(directory):
    """Voice activity of 16 kHz audio in chunks of 512 samples, each after 64 of the
    last. The first quarter calibrates; the score is the rest's area under the curve."""
    arrays = np.load(directory / "vad16k.npz")
    labels = arrays["speech"]
    audio = np.concatenate([np.zeros(64, np.float32), arrays["audio"] / np.float32(32768)])
    chunks = np.stack([audio[i * 512:i * 512 + 576] for i in range(len(labels))])
    first = len(labels) // 4

    def score(outputs):
        probability = outputs["output"].reshape(len(labels))[first:]
        order = np.argsort(np.argsort(probability, kind="stable"), kind="stable")
        positive = labels[first:]
        count = positive.sum()
        above = order[positive].sum() - count * (count - 1) / 2
        return 100 * float(above / (count * (~positive).sum()))
    return Task("silero_vad", "AUC %", directory / "silero_vad_op18_ifless.onnx",
                {"input": chunks[:, None].astype(np.float32),
                 "sr": np.full(len(labels), 16000, np.int64),
                 "state": np.zeros((2, 1, 128), np.float32)},
                None, score, .05, feedback={"stateN": "state"},
                calibration_calls=range(1, first, 3), bind={"batch": 1, "sequence": 576})


def photo_crops(size, count, seed):
    """Crops of scikit-learn's two photos, any place and scale, as size x size RGB."""
    from sklearn.datasets import load_sample_images
    rng = np.random.default_rng(seed)
    photos = load_sample_images().images
    crops = []
    for index in range(count):
        photo = photos[index % len(photos)]
        side = int(rng.integers(size // 2, min(photo.shape[:2]) + 1))
        top = rng.integers(0, photo.shape[0] - side + 1)
        left = rng.integers(0, photo.shape[1] - side + 1)
        crop = photo[top:top + side, left:left + side]
        crops.append(resized(crop[:, ::-1] if rng.integers(2) else crop, size))
    return np.stack(crops)


def resized(image, size):
    """The image at another size, by linear interpolation between pixel centres."""
    for axis in (0, 1):
        length = image.shape[axis]
        at = np.clip((np.arange(size) + .5) * length / size - .5, 0, length - 1)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, length - 1)
        weight = (at - low).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        image = (np.take(image, low, axis) * (1 - weight)
                 + np.take(image, high, axis) * weight)
    return image.astype(np.float32)


def real_images(directory, size, count, key, seed):
    """As many photo crops as enlarged CIFAR images; N x 3 x size x size, 0 to 255."""
    small = np.load(directory / "cifar10.npz")[key][:count // 2]
    images = [photo_crops(size, count - count // 2, seed)]
    images.append(np.stack([resized(image.astype(np.float32), size) for image in small]))
    return np.concatenate(images).transpose(0, 3, 1, 2)


def sqnr(reference, outputs):
    """The signal to noise ratio over all outputs, in dB."""
    signal = sum(float((v.astype(np.float64) ** 2).sum()) for v in reference.values())
    noise = sum(float(((outputs[k] - v).astype(np.float64) ** 2).sum())
                for k, v in reference.items())
    return 10 * np.log10(signal / max(noise, 1e-30))


def efficientnet(directory):
    convert = lambda x: {"input": (x - np.float32(127)) / np.float32(128)}
    task = Task("efficientnet_lite0", "agreement %", directory / "efficientnet_lite0.onnx",
                convert(real_images(directory, 224, 96, "x", 1)),
                convert(real_images(directory, 224, 64, "calib", 2)),
                None, 100 / 96, tolerance=None, scores_nearness=True)
    task.score = lambda out: top1(out, next(iter(task.reference.values())).argmax(1))
    return task


def unlabelled_detector(name, input_name, height, width, convert):
    """A detector without labelled data, scored by its outputs' signal to noise."""
    def make(directory):
        def images(key, seed):
            square = real_images(directory, max(height, width), 24, key, seed)
            return {input_name: convert(square[:, :, :height, :width])}
        task = Task(name, "SQNR dB", directory / f"{name}.onnx", images("x", 1),
                    images("calib", 2), None, .5, tolerance=None,
                    scores_nearness=True)
        task.score = lambda out: float(min(sqnr(task.reference, out), 140))
        return task
    return make


TASKS = {
    "digits": digits_example,
    "digits_cnn": classifier("digits_cnn", "digits.npz", "input"),
    "resnet8": classifier("resnet8", "cifar10.npz", "input"),
    "kws": classifier("kws", "kws.npz", "input"),
    "bccd_det": bccd,
    "bcancer_mlp": bcancer,
    "ml_mf": movielens,
    "efficientnet_lite0": efficientnet,
    "fastestdet": unlabelled_detector(
        "fastestdet", "input.1", 352, 352, lambda x: x / np.float32(255)),
    "slim320": unlabelled_detector(
        "slim320", "input", 240, 320, lambda x: (x - np.float32(127)) / np.float32(128)),
    "charlm_llama": charlm,
    "silero_vad": speech,
}
