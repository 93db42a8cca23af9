"""A head for FER+ votes, fitted to the features of a finished network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ferkit.errors import MissingDependencyError, ModelError

if TYPE_CHECKING:
    import keras

# Weight of the squared coefficients, of features with a variance of 1.
_DECAY = 1e-4
_STEPS = 300


def with_fitted_votes(model: keras.Model, images: np.ndarray, votes: np.ndarray) -> keras.Model:
    """Return the same network with a head for votes in place of its head, fitted to its features.

    The network is not trained. The fit is a multinomial logistic regression on shares of votes of
    each image and its mirror image; its unique solution does not depend on a seed.

    Args:
        model: A network that ends in a Dense layer with softmax.
        images: uint8 `(n, 48, 48, 1)`, training images.
        votes: `(n, v)`, share of votes for each class; rows sum to 1, or to 0 without votes.

    Returns:
        A model with the weights of `model` and `v` classes.

    Raises:
        ModelError: There are no votes, or `model` does not end in a Dense layer.
        MissingDependencyError: SciPy is not installed.

    Reference:
        G. Alain, Y. Bengio, "Understanding intermediate layers using linear classifier probes",
        ICLR 2017 workshop.
    """
    import keras

    from ferkit.backend.feeding import predict

    last = model.layers[-1]
    if not isinstance(last, keras.layers.Dense):
        raise ModelError(f"{model.name} ends in {type(last).__name__}; expected a Dense layer.")
    voted = votes.sum(axis=1) > 0
    if not voted.any():
        raise ModelError("Expected images with votes, but none has any; name FER+'s file.")
    network = keras.Model(model.inputs, last.input)
    features = np.concatenate(
        [predict(network, rows, 256) for rows in (images[voted], images[voted][:, :, ::-1])]
    )
    kernel, bias = _fit(features.astype(np.float64), np.tile(votes[voted], (2, 1)))
    head = keras.layers.Dense(votes.shape[1], activation="softmax", dtype="float32", name="votes")
    probed = keras.Model(model.inputs, head(last.input), name=model.name)
    head.set_weights([kernel, bias])
    return probed


def _fit(features: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the kernel `(f, v)` and bias `(v,)` that minimise the penalised cross-entropy."""
    try:
        from scipy.optimize import minimize
    except ImportError as error:
        raise MissingDependencyError.of("scipy", "Fitting a head for votes", "train") from error
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-6
    inputs = (features - mean) / deviation
    n, size, classes = len(inputs), features.shape[1], shares.shape[1]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        kernel = parameters[: size * classes].reshape(size, classes)
        logits = inputs @ kernel + parameters[size * classes :]
        logits -= logits.max(axis=1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
        error = (np.exp(logits) - shares) / n
        slope = inputs.T @ error + _DECAY * kernel
        value = -(shares * logits).sum() / n + _DECAY / 2 * (kernel**2).sum()
        return float(value), np.concatenate([slope.ravel(), error.sum(axis=0)])

    begin = np.zeros(size * classes + classes)
    best = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}).x
    kernel = best[: size * classes].reshape(size, classes) / deviation[:, np.newaxis]
    return kernel, best[size * classes :] - mean @ kernel
