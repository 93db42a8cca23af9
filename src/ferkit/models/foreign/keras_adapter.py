"""An adapter for the input of a Keras model from another program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferkit.data.convention import Convention, describe_input
from ferkit.errors import ModelError
from ferkit.labels import IMAGE_SIZE

if TYPE_CHECKING:
    import keras

# Whatever the precision of a training that begins with the model, or asks it: the adapted model is
# kept for later uses.
_DTYPE = "float32"


def adapt(
    model: keras.Model, convention: Convention, file: str
) -> tuple[keras.Model, tuple[str, ...]]:
    """Return a model from raw grey pixels `(n, 48, 48, 1)` to probabilities, and its classes.

    The assumptions and the conversion of the input are printed once.

    Args:
        model: A Keras model from grey or RGB images of any size to one number per class. A last
            Dense layer without an activation gets a softmax.
        convention: Its classes and pixels.
        file: Its name in messages.

    Raises:
        ModelError: Its input is not an image, or names and outputs do not match.
    """
    import keras

    height, width, channels = _image_shape(model, file)
    outputs = model.outputs[0].shape
    if len(model.outputs) != 1 or len(outputs) != 2 or outputs[1] is None:
        raise ModelError(
            f"{file} returns {[tuple(t.shape) for t in model.outputs]}; expected one row of "
            "probabilities for each image, (n, classes)."
        )
    names = convention.names_of(int(outputs[1]), file)
    pixels = inputs = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1), dtype=_DTYPE)
    if (height, width) != (IMAGE_SIZE, IMAGE_SIZE):
        # Not the layer Resizing: where a model is called without `training`, that one turns it on
        # for every layer behind it.
        pixels = keras.ops.image.resize(
            pixels, (height, width), interpolation="bilinear", data_format="channels_last"
        )
    factor, offset = convention.scale
    if (factor, offset) != (1.0, 0.0):
        pixels = keras.layers.Rescaling(factor, offset, dtype=_DTYPE)(pixels)
    if channels > 1:
        pixels = keras.layers.Concatenate(dtype=_DTYPE)([pixels] * channels)
    # Its layers one by one rather than the model as one of them: fine-tuning and export take one
    # flat graph.
    graph = keras.Model(model.inputs[0], model.outputs[0])
    rows = graph._run_through_graph(pixels, operation_fn=lambda layer: layer)
    if getattr(getattr(model.layers[-1], "activation", None), "__name__", "") == "linear":
        rows = keras.layers.Softmax(dtype=_DTYPE)(rows)
    convention.say(file, names, describe_input(height, width, channels))
    return keras.Model(inputs, rows, name=model.name), names


def takes_faces(model: keras.Model) -> bool:
    """Return whether a model accepts `(n, 48, 48, 1)` without an adapter."""
    shape = tuple(model.inputs[0].shape[1:])
    return len(model.inputs) == 1 and shape in ((IMAGE_SIZE, IMAGE_SIZE, 1), (None, None, 1))


def _image_shape(model: keras.Model, file: str) -> tuple[int, int, int]:
    shape = tuple(model.inputs[0].shape[1:]) if model.inputs else ()
    if len(model.inputs) != 1 or len(shape) != 3 or shape[2] not in (1, 3):
        taken = [tuple(t.shape) for t in model.inputs]
        raise ModelError(
            f"{file} takes {taken}; expected grey or RGB images with the channels last, "
            "(n, height, width, 1) or (n, height, width, 3)."
        )
    return shape[0] or IMAGE_SIZE, shape[1] or IMAGE_SIZE, shape[2]
