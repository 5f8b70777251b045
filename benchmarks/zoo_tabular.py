# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models of scikit-learn for zoo.py: fitted to random data, exported by skl2onnx."""
import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, RobustScaler, StandardScaler

FEATURES = 12
ENTRIES = {
    "mlp_classifier": lambda: make_pipeline(StandardScaler(), MLPClassifier((32, 16))),
    "mlp_regressor": lambda: make_pipeline(MinMaxScaler(),
                                           MLPRegressor(hidden_layer_sizes=(32,))),
    "logistic": lambda: make_pipeline(RobustScaler(), LogisticRegression()),
    "normalized": lambda: make_pipeline(Normalizer(), LogisticRegression()),
    "linear": LinearRegression,
}


def draw(count, seed):
    return np.random.default_rng(seed).normal(1, 2, (count, FEATURES)).astype(np.float32)


def export(name, path):
    """Fits and writes a model."""
    from skl2onnx import to_onnx
    x = draw(400, 0)
    model = ENTRIES[name]()
    score = x[:, :3].sum(1) * np.tanh(x[:, 3])
    last = model[-1] if hasattr(model, "steps") else model
    is_classifier = hasattr(last, "predict_proba")
    model.fit(x, np.digitize(score, np.quantile(score, [.3, .7])) if is_classifier else score)
    options = {"zipmap": False} if is_classifier else None
    path.write_bytes(to_onnx(model, x[:1], options=options).SerializeToString())


def samples(count, seed):
    return {"X": draw(count, seed)}
