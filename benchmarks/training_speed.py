"""Images per second of training cnn6: ferkit against the notebook's way.

The notebook's way is that of the second project: `ImageDataGenerator.flow_from_directory` on the
unpacked JPEGs, zoom and flip, Keras's Adam, float32, batch 64. Ferkit's way is `ferkit train cnn6`:
arrays in memory, the same augmentation in the graph, `--precision auto`, batch 64. Both alternate,
each in a fresh process; the rate counts the steps after the first ten, and the peak memory is that
of the process.

    python benchmarks/training_speed.py --data fer2013-folders.zip
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from record import write_record

BATCH = 64
WARM_UP_STEPS = 10
WAYS = ("notebook", "ferkit")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="FER-2013, in any layout that ferkit reads")
    parser.add_argument("--pairs", type=int, default=3, help="how often each way runs")
    parser.add_argument("--steps", type=int, default=60, help="steps of each run")
    parser.add_argument("--record", type=Path, help="CSV file to write")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--images", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way == "notebook":
        print(json.dumps(measure(*notebook_way(arguments.images))))
    elif arguments.way == "ferkit":
        print(json.dumps(measure(*ferkit_way(arguments.images))))
    else:
        compare(arguments)


def compare(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        unpack(arguments.data, Path(folder), arguments.steps * BATCH)
        rows = []
        for pair in range(arguments.pairs):
            for way in WAYS:
                command = [
                    sys.executable,
                    __file__,
                    "--data",
                    "-",
                    "--images",
                    folder,
                    "--way",
                    way,
                ]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                rows.append({"pair": pair, "way": way, **json.loads(done.stdout.splitlines()[-1])})
                print(rows[-1], file=sys.stderr)
    rates = {way: [r["images_per_second"] for r in rows if r["way"] == way] for way in WAYS}
    ratios = [b / a for a, b in zip(*rates.values(), strict=True)]
    print(f"{'way':<10} {'precision':<10} {'images/s':>9} {'peak MB':>8}")
    for way in WAYS:
        of_way = [r for r in rows if r["way"] == way]
        memory = max(r["peak_mb"] for r in of_way)
        median = statistics.median(rates[way])
        print(f"{way:<10} {of_way[0]['precision']:<10} {median:>9.1f} {memory:>8.0f}")
    print(f"ratio, pair by pair: {', '.join(f'{r:.2f}' for r in ratios)}")
    print(f"median ratio: {statistics.median(ratios):.2f}")
    if arguments.record:
        write_record(arguments.record, rows)


def unpack(source: str, folder: Path, count: int) -> None:
    """Write the first `count` training images, evenly drawn, as JPEGs in folders by emotion."""
    import numpy as np
    from PIL import Image

    from ferkit.data.load import load_fer2013

    train = load_fer2013(source).split("train")
    for index in np.linspace(0, len(train) - 1, count).astype(int):
        path = folder / train.emotions[train.labels[index]] / f"Training_{index}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(train.images[index, ..., 0]).save(path, quality=95)


def notebook_way(images: Path) -> tuple[Any, Any, str]:
    from ferkit.backend.choosing import prepare_compute

    prepare_compute("float32")
    import keras
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    from ferkit.models import create_model

    # The project scales in the generator, ferkit's model in its first layer; it costs the same.
    generator = ImageDataGenerator(zoom_range=0.3, horizontal_flip=True)
    batches = generator.flow_from_directory(
        str(images), target_size=(48, 48), color_mode="grayscale", batch_size=BATCH
    )
    model = create_model("cnn6")
    model.compile(keras.optimizers.Adam(1e-4), "categorical_crossentropy", metrics=["accuracy"])
    return model, batches, "float32"


def ferkit_way(images: Path) -> tuple[Any, Any, str]:
    from ferkit.backend.choosing import prepare_compute

    compute = prepare_compute("auto")
    import numpy as np
    from PIL import Image

    from ferkit.backend.feeding import Batches, one_hot
    from ferkit.backend.fused_norm import with_fused_norm
    from ferkit.labels import EMOTIONS
    from ferkit.models import create_model
    from ferkit.training import get_recipe
    from ferkit.training.training_model import training_model

    files = sorted(images.glob("*/*.jpg"))
    pixels = np.stack([np.asarray(Image.open(file)) for file in files])[..., np.newaxis]
    labels = np.array([EMOTIONS.index(file.parent.name) for file in files])
    batches = Batches(pixels, one_hot(labels, 7), BATCH, seed=0)
    batches.set_epoch(0)
    core = with_fused_norm(create_model("cnn6"))
    return (
        training_model(core, get_recipe("cnn6").config, len(batches), classes=7),
        batches.for_fit(),
        compute.precision,
    )


def measure(model: Any, batches: Any, precision: str) -> dict[str, Any]:
    """Fit one epoch and return the rate of the steps after the warm-up, and the peak memory."""
    import keras

    class Clock(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.ends: list[float] = []

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.ends.append(time.perf_counter())

    clock = Clock()
    model.fit(batches, epochs=1, shuffle=False, verbose=0, callbacks=[clock])
    spent = clock.ends[-1] - clock.ends[WARM_UP_STEPS - 1]
    steps = len(clock.ends) - WARM_UP_STEPS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "precision": precision,
        "images_per_second": round(steps * BATCH / spent, 1),
        "peak_mb": round(peak),
    }


if __name__ == "__main__":
    main()
