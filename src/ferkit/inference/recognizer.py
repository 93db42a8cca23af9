"""`EmotionRecognizer`: pictures in, faces with emotions out."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

import numpy as np

from ferkit.errors import FerkitError, ImageError, UsageError
from ferkit.inference.classifier import EmotionClassifier
from ferkit.inference.crops import CropRule, crop_faces
from ferkit.inference.detectors.detail import DETAILS, detect_faces
from ferkit.inference.detectors.protocol import FaceDetector, Faces, crop_rule_of
from ferkit.inference.detectors.registry import create_detector
from ferkit.inference.given_faces import checked_boxes, checked_crops
from ferkit.inference.opencv import load_cv2
from ferkit.inference.parallel import in_order, usable_cores
from ferkit.inference.pictures.decoding import ReadImage
from ferkit.inference.pictures.images import named_errors, read_image
from ferkit.inference.results import FaceEmotions
from ferkit.renamed import advise, renamed_arguments
from ferkit.weights import DEFAULT_MODEL, sha256_of

_WHOLE = CropRule()
# A thread takes at least so many faces of a picture; fewer take less time than its start.
_PART = 2


class EmotionRecognizer:
    """Finds the faces in a picture and classifies their emotions; needs neither Keras nor
    TensorFlow.

    Args:
        model: The name of a shipped model, the path of an `.onnx` file (`ferkit export` makes one
            from a run folder), or an `EmotionClassifier`. Defaults to
            `DEFAULT_MODEL`, "small-wild".
        detector: `auto`, `yunet`, `mtcnn`, `none` (the image is the face), the name of your own
            detector (`@register_detector`), or an object with `name` and `detect(image)`. Defaults
            to "auto": YuNet if its file is available or can be downloaded within 5 seconds, else
            MTCNN, with one notice on standard error. `mtcnn` and `none` need no network.
        threads: Pictures of a list that are processed at once. Defaults to None: the cores that
            this process may use, at most 8.
        providers: ONNX Runtime's execution providers for the model, in order of preference.
            Defaults to None: the CPU.
        detail: `normal` searches large pictures at 800 pixels, `high` at full size, for faces down
            to 20 pixels. Defaults to "normal".
        min_face: Faces whose longer side is smaller, in pixels of the original, are left out.
            Defaults to 0.
        class_names: The classes of an `.onnx` file that does not name them, in the order of its
            columns. Defaults to the seven emotions in FER-2013's order.
        pixels: Pixel range of such a file: `"0-255"`, `"0-1"` or `"-1-1"`. Defaults to `"0-255"`.
        classes: 8 includes contempt, for a model that knows it. Defaults to None: the seven
            emotions.
        views: `"flip"`, the mean over a face and its mirror image, or `"one"`, in half the time.
            Defaults to "flip".

    Attributes:
        classifier: The `EmotionClassifier`.
        detector: The `FaceDetector`.
        emotions: Names of the classes.

    Raises:
        UsageError: There is no such model or detector, or an option is out of range.
        ModelError: The model's file is missing, broken or not a classifier of 48x48 grey faces.
        DownloadError: YuNet was requested and cannot be downloaded.
        MissingDependencyError: The system lacks a library that OpenCV needs.

    Example:
        >>> EmotionRecognizer("small-wild", detector="dlib")
        Traceback (most recent call last):
        ferkit.errors.UsageError: There is no detector 'dlib'; choose from auto, yunet, mtcnn, ...
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | EmotionClassifier = DEFAULT_MODEL,
        detector: str | FaceDetector = "auto",
        threads: int | None = None,
        providers: Sequence[str] | None = None,
        *,
        detail: str = "normal",
        min_face: float = 0,
        class_names: Sequence[str] | None = None,
        pixels: str | None = None,
        classes: int | None = None,
        views: str = "flip",
    ) -> None:
        if threads is not None and threads < 1:
            raise UsageError(f"threads expects 1 or more, not {threads}.")
        if detail not in DETAILS:
            raise UsageError(f"detail expects one of {', '.join(DETAILS)}, not {detail!r}.")
        if not 0 <= min_face < float("inf"):
            raise UsageError(f"min_face expects pixels, 0 or more, not {min_face}.")
        load_cv2()
        self._threads = threads
        self.threads = threads or usable_cores()
        self.detail = detail
        self.min_face = min_face
        self.detector = (
            create_detector(detector, threads=threads) if isinstance(detector, str) else detector
        )
        # Pictures are distributed over the threads; more threads within a network would slow them
        # down.
        self.classifier = (
            model
            if isinstance(model, EmotionClassifier)
            else EmotionClassifier(
                model,
                threads=1,
                providers=providers,
                class_names=class_names,
                pixels=pixels,
                classes=classes,
                views=views,
            )
        )
        self.emotions = self.classifier.emotions

    def __reduce__(self) -> tuple[Any, ...]:
        # The other process opens its own model and detector.
        make = functools.partial(type(self), detail=self.detail, min_face=self.min_face)
        return make, (self.classifier, self.detector, self._threads)

    @overload
    def __call__(self, image: list[Any] | tuple[Any, ...]) -> list[FaceEmotions]: ...
    @overload
    def __call__(self, image: Any) -> FaceEmotions: ...

    def __call__(self, image: Any) -> FaceEmotions | list[FaceEmotions]:
        """Recognise the emotions of all faces in a picture, or in each of a list.

        Args:
            image: A path, the bytes of a file, a PIL image, or an array (`uint8` or `uint16`; `(h,
                w)` grey, `(h, w, 3)` RGB, `(h, w, 4)` RGBA); or a list of these (for more than fit
                in memory, use `stream`).

        Returns:
            One `FaceEmotions`, or a list of them in the order of `image`. Boxes are in pixels of
            the original, upright picture. A picture without a face gives an empty result.

        Raises:
            ImageError: A picture cannot be read. (`stream` continues with the others.)
            UsageError: `image` is of another type.
        """
        if not isinstance(image, list | tuple):
            with named_errors(image):
                picture = self.read(image)
            return self.recognize(picture, threads=self.threads)
        results = []
        for index, result in enumerate(self.stream(image)):
            if isinstance(result, FerkitError):
                with named_errors(image[index]):
                    raise type(result)(f"Image {index} of the list: {result}") from result
            results.append(result)
        return results

    def stream(self, images: Iterable[Any]) -> Iterator[FaceEmotions | ImageError]:
        """Recognise any number of pictures in constant memory, in parallel, and yield the results
        in order.

        Args:
            images: Any iterable of pictures that `__call__` accepts, read as needed.

        Yields:
            The `FaceEmotions` of each picture, or the `ImageError` if it cannot be read.
        """
        yield from in_order(self._result, images, self.threads)

    def classify_crops(self, crops: Any) -> FaceEmotions:
        """Classify the emotions of given face crops.

        Args:
            crops: A list of pictures (each as accepted by `__call__`, of any size), or an array
                `(n, h, w)` grey or `(n, h, w, c)`.

        Returns:
            The faces in their order, the box of each around its own crop; `image_size` is that of
            the largest crop.

        Raises:
            ImageError: A crop cannot be read.
            UsageError: `crops` is one picture, or of another type or shape.
        """
        cut, sizes = [], []
        for crop in checked_crops(crops):
            with named_errors(crop):
                picture = read_image(crop)
            height, width = picture.pixels.shape[:2]
            cut.append(crop_faces(picture.pixels, [[0, 0, width, height]], _WHOLE)[0])
            sizes.append(picture.size)
        if not cut:
            return FaceEmotions.empty((1, 1), **self._about())
        return FaceEmotions(
            xyxy=np.array([[0, 0, *size] for size in sizes], np.float32),
            face_score=np.ones(len(cut)),
            probabilities=self.classifier.predict(np.stack(cut)),
            image_size=(max(s[0] for s in sizes), max(s[1] for s in sizes)),
            **self._about(),
        )

    def classify_boxes(self, image: Any, boxes: Any) -> FaceEmotions:
        """Classify the emotions of faces at given boxes in a picture.

        Args:
            image: A picture as accepted by `__call__`.
            boxes: `(n, 4)`, boxes `x1, y1, x2, y2` in pixels of that picture, as tight as those of
                a detector; they may extend beyond its edges.

        Returns:
            The faces in the same order, boxes clipped to the picture.

        Raises:
            ImageError: The picture cannot be read.
            UsageError: `boxes` have another shape, are not finite or empty, or lie outside the
                picture.
        """
        with named_errors(image):
            picture = read_image(image, full=True)
        return self.classify(picture.pixels, checked_boxes(boxes, picture.size))

    def faces(self, images: Any, boxes: Any = None) -> FaceEmotions:
        """Old name of `classify_crops` and, with `boxes`, of `classify_boxes`."""
        if boxes is not None:
            advise("faces(image, boxes=...)", "classify_boxes(image, boxes)")
            return self.classify_boxes(images, boxes)
        advise("faces(crops)", "classify_crops(crops)")
        return self.classify_crops(images)

    def detect(self, image: np.ndarray) -> Faces:
        """Find the faces in an upright `uint8` `(h, w, 3)` RGB array; boxes may extend beyond its
        edges.
        """
        return detect_faces(self.detector, image, self.detail)

    def classify(
        self,
        image: np.ndarray,
        faces: Faces,
        *,
        time_s: float | None = None,
        threads: int = 1,
    ) -> FaceEmotions:
        """Classify the emotions of faces in an upright `uint8` `(h, w, 3)` RGB array.

        Args:
            image: The picture or video frame.
            faces: Boxes in its pixels, from `detect`.
            time_s: Presentation time of the frame in seconds. Defaults to None.
            threads: Threads among which many faces are shared. Defaults to 1.

        Returns:
            The faces in the same order, boxes clipped to the picture.
        """
        crops = crop_faces(image, faces.xyxy, crop_rule_of(self.detector), faces.roll)
        size = (image.shape[1], image.shape[0])
        inside = faces.clipped(size)
        return FaceEmotions(
            xyxy=inside.xyxy,
            face_score=inside.score,
            probabilities=self._predicted(crops, threads),
            image_size=size,
            landmarks=inside.landmarks,
            time_s=time_s,
            **self._about(),
        )

    @renamed_arguments(smooth_s="smooth")
    def video(
        self,
        source: Any,
        *,
        every: int = 1,
        fps: float | None = None,
        detect_every: int = 1,
        smooth: float = 0.3,
    ) -> Iterator[FaceEmotions]:
        """Recognise the frames of a video in constant memory.

        Args:
            source: A path, the bytes of a file, or an open binary file.
            every: Only every n-th frame. Defaults to 1: all.
            fps: At most this many frames per second, by their times. Defaults to None: all.
            detect_every: Detect faces in every n-th of these frames and track them in between.
                Defaults to 1.
            smooth: Time constant in seconds of the average over time of each face's probabilities;
                0 for none. Defaults to 0.3.

        Yields:
            The `FaceEmotions` of each frame, with `time_s` and `track_id`; frames without a face
            give an empty one.

        Raises:
            VideoError: The file cannot be read; if it is truncated or damaged, the error is raised
                after the last readable frame.
            UsageError: An option is out of range.
            MissingDependencyError: The extra `video` is not installed.
        """
        from ferkit.inference.video import recognize_video

        return recognize_video(
            self, source, every=every, fps=fps, detect_every=detect_every, smooth=smooth
        )

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that results depend on: the model and its SHA-256, the detector, and
        options.
        """
        return {
            "model": self.classifier.name,
            "model_sha256": sha256_of(self.classifier.path),
            "detector": self.detector.name,
            "detail": self.detail,
            "min_face": self.min_face,
            "emotions": list(self.emotions),
            "pixels": self.classifier.pixels,
            "views": self.classifier.views,
        }

    def read(self, image: Any) -> ReadImage:
        """Read a picture as `__call__` does, for callers that also need its pixels.

        Raises:
            ImageError: It cannot be read.
        """
        return read_image(image, full=self.detail == "high")

    def recognize(self, picture: ReadImage, *, threads: int = 1) -> FaceEmotions:
        """Recognise the emotions of all faces in a picture that was read; boxes are in pixels of
        the original.

        Args:
            picture: The result of `read`.
            threads: Threads among which many faces are shared; more than one helps where no other
                picture is recognised meanwhile. Defaults to 1.
        """
        # Small faces and cut-off boxes are those of the original, so the scale comes first.
        x, y = picture.scale
        faces = self.detect(picture.pixels).at_least(self.min_face, scale=(x, y))
        result = self.classify(picture.pixels, faces, threads=threads)
        scaled = Faces(result.xyxy, result.face_score, result.landmarks).scaled(x, y)
        return result.with_(xyxy=scaled.xyxy, landmarks=scaled.landmarks, image_size=picture.size)

    def _predicted(self, crops: np.ndarray, threads: int) -> np.ndarray:
        parts = min(threads, len(crops) // _PART)
        if parts < 2:
            return self.classifier.predict(crops)
        shared = np.array_split(crops, parts)
        return np.concatenate(list(in_order(self.classifier.predict, shared, parts)))

    def _result(self, image: Any) -> FaceEmotions | ImageError:
        try:
            return self.recognize(self.read(image))
        except ImageError as error:
            return error

    def _about(self) -> dict[str, Any]:
        below = self.classifier.uncertain_below
        return {"emotions": self.emotions, "uncertain_below": below or 0.0}
