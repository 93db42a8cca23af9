"""`read_image`: any kind of picture as upright RGB, errors in one sentence, bounded memory."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bad_files import SIZE, encoded, exif, make_corpus, picture, png_of
from PIL import Image

from ferkit.errors import ImageError, UsageError
from ferkit.inference.pictures.images import read_image

WIDTH, HEIGHT = SIZE
RGB = np.asarray(picture())


def file_of(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_the_corpus_is_read_or_refused_in_words(tmp_path: Path) -> None:
    wanted = make_corpus(tmp_path)
    assert len(wanted) >= 80
    assert sum(part is not None for part in wanted.values()) >= 35
    wrong = {}
    for path, part in wanted.items():
        try:
            read = read_image(path)
            if part is not None or read.size not in (SIZE, SIZE[::-1]):
                wrong[path] = f"read as {read.size}"
        except ImageError as error:
            sentence = str(error)
            if part is None or part not in sentence or "\n" in sentence or len(sentence) > 300:
                wrong[path] = sentence
    assert not wrong


@pytest.mark.parametrize("kind", ["png", "tiff", "webp"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_photo_is_turned_upright(turn: int, kind: str) -> None:
    """The stored pixels, rotated by EXIF, are the scene again."""
    undone = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    stored = Image.fromarray(np.ascontiguousarray(undone[turn](RGB)))
    lossless = {"lossless": True} if kind == "webp" else {}
    read = read_image(file_of(stored, kind, exif=exif(turn), **lossless))
    assert read.size == SIZE
    assert np.array_equal(read.pixels, RGB)


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_an_animation_gives_its_first_frame(kind: str) -> None:
    black = Image.new("RGB", SIZE)
    file = file_of(picture(), kind, save_all=True, append_images=[black], duration=100)
    assert read_image(file).pixels.mean() == pytest.approx(RGB.mean(), abs=3)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_are_white(mode: str) -> None:
    image = Image.new("RGBA", SIZE, (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 30, HEIGHT))
    image.paste((0, 0, 0, 128), (30, 0, 40, HEIGHT))
    if mode == "P":
        image = Image.fromarray((np.arange(WIDTH) >= 30)[None].repeat(HEIGHT, 0).astype(np.uint8))
        image = image.convert("P")
        image.putpalette([255, 0, 0, 0, 0, 0])
        image.info["transparency"] = 0
    read = read_image(image.convert(mode) if mode == "LA" else image).pixels
    assert (read[:, :30] == 255).all()
    assert (read[:, 45:] == 0).all()
    if mode != "P":
        assert read[0, 35].tolist() == [127] * 3


@pytest.mark.parametrize("highest", [1.0, 255.0, 65535.0])
def test_float_arrays_are_scaled_to_0_to_255(highest: float) -> None:
    ramp = np.linspace(0, highest, WIDTH, dtype=np.float32)[None].repeat(HEIGHT, 0)
    read = read_image(file_of(Image.fromarray(ramp), "tiff")).pixels
    assert read[0, :, 0] == pytest.approx(np.linspace(0, 255, WIDTH), abs=0.6)
    assert (read[..., 0] == read[..., 2]).all()


def test_a_float_that_is_not_finite_leaves_the_others_as_they_are() -> None:
    ramp = np.linspace(0, 1, WIDTH, dtype=np.float32)[None].repeat(HEIGHT, 0)
    whole = read_image(Image.fromarray(ramp)).pixels
    ramp[0, :3] = [np.inf, -np.inf, np.nan]
    read = read_image(Image.fromarray(ramp)).pixels
    assert read[0, :3, 0].tolist() == [255, 0, 0]
    assert (read[1:] == whole[1:]).all()


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_a_picture_without_pixels_is_an_error(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match="no pixels"):
        read_image(Image.new("RGB", size))


def test_16_bit_pictures_keep_their_brightness() -> None:
    ramp = np.linspace(0, 65535, WIDTH).astype(np.uint16)[None].repeat(HEIGHT, 0)
    for source in (file_of(Image.fromarray(ramp), "png"), ramp, ramp[..., None]):
        read = read_image(source).pixels
        assert read[0, :, 0] == pytest.approx(np.linspace(0, 255, WIDTH), abs=1)


@pytest.mark.parametrize(("mode", "kind"), [("CMYK", "jpeg"), ("LAB", "tiff"), ("YCbCr", "jpeg")])
def test_colours_of_other_spaces_come_out_right(mode: str, kind: str) -> None:
    red = Image.new("RGB", SIZE, (200, 40, 30))
    if mode == "LAB":
        from PIL import ImageCms

        profiles = [ImageCms.createProfile(name) for name in ("sRGB", "LAB")]
        image = ImageCms.applyTransform(
            red, ImageCms.buildTransform(profiles[0], profiles[1], "RGB", "LAB")
        )
    else:
        image = red.convert(mode)
    assert image is not None
    assert read_image(file_of(image, kind)).pixels[0, 0].tolist() == pytest.approx(
        [200, 40, 30], abs=4
    )


def test_arrays_of_any_layout() -> None:
    grey = RGB[..., 0]
    assert np.array_equal(read_image(RGB).pixels, RGB)
    for source in (grey, grey[..., None]):
        assert np.array_equal(read_image(source).pixels, np.stack([grey] * 3, axis=2))
    half = np.dstack([np.zeros_like(RGB), np.full_like(grey, 128)])
    assert (read_image(half).pixels == 127).all()
    turned = read_image(RGB[::-1, ::-1])
    assert turned.pixels.flags.c_contiguous
    assert np.array_equal(turned.pixels, RGB[::-1, ::-1])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (np.zeros((4, 4), np.float32), "found float32"),
        (np.zeros((4, 4, 2), np.uint8), "found 2"),
        (np.zeros((0, 4), np.uint8), r"\(0, 4\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"\(2, 4, 4, 3\)"),
        (None, "not NoneType"),
        (3.5, "not float"),
    ],
)
def test_an_unsupported_type_is_wrong_use(source: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_image(source)


@pytest.mark.parametrize("kind", ["jpeg", "png"])
@pytest.mark.parametrize("size", [(4001, 3001), (8001, 6003)])
def test_a_very_large_picture_is_read_at_a_fraction(kind: str, size: tuple[int, int]) -> None:
    step = 2 if size[0] < 5000 else 4
    image = Image.new("L", size, "black")
    image.paste("white", (0, 0, size[0] // 2, size[1]))
    file = file_of(image, kind, **({"compress_level": 1} if kind == "png" else {}))
    read = read_image(file)
    assert read.size == size
    assert read.pixels.shape[:2] == (-(-size[1] // step), -(-size[0] // step))
    assert read.scale == pytest.approx((step, step), rel=1e-3)
    edge = size[0] // 2 // step
    assert read.pixels[0, : edge - 8].min() > 250
    assert read.pixels[0, edge + 8 :].max() < 5
    if size[0] < 5000:
        assert read_image(file, full=True).pixels.shape == (size[1], size[0], 3)


def test_a_large_array_is_read_at_a_fraction() -> None:
    read = read_image(np.zeros((3001, 4001), np.uint8))
    assert (read.pixels.shape, read.size) == ((1501, 2001, 3), (4001, 3001))


def test_too_many_pixels_are_refused_before_they_are_made() -> None:
    for source in (png_of(10_001, 10_000), png_of(60_000, 60_000)):
        with pytest.raises(ImageError, match="too large, more than 100 million pixels"):
            read_image(source)
    view = np.broadcast_to(np.uint8(0), (10_001, 10_000))
    with pytest.raises(ImageError, match="too large"):
        read_image(view)


def test_the_callers_picture_is_not_changed() -> None:
    image = Image.open(io.BytesIO(file_of(Image.new("RGB", (4002, 3002)), "jpeg")))
    read = read_image(image)
    assert read.size == image.size == (4002, 3002)
    assert read.pixels.shape == (1501, 2001, 3)


def test_memory_stays_bounded(tmp_path: Path) -> None:
    """96 million pixels, 288 MB as RGB, are never there as a whole in RGB."""
    path = tmp_path / "large.jpg"
    Image.new("L", (12_000, 8_000), 90).save(path)
    code = (
        "import resource, sys\n"
        "import PIL.Image, PIL.JpegImagePlugin, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from ferkit.inference.pictures.images import read_image\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "assert read_image(sys.argv[1]).size == (12000, 8000)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    pytest.importorskip("resource")
    answer = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert int(answer.stdout) < 120


def test_missing_permission_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded("jpeg"))

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ImageError, match=r"cannot be opened \(Permission denied\)"):
        read_image(path)
    with pytest.raises(ImageError, match=r"no such file|path cannot be used"):
        read_image("a\0b.jpg")


def test_heic_without_its_library_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError, match=r'pip install "ferkit\[heic\]"'):
        read_image(b"\0\0\0\x18ftypheic" + bytes(40))


def test_heic_is_read_where_the_library_is_installed() -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    try:
        file = file_of(picture(), "heif", quality=100)
    except (RuntimeError, KeyError, OSError):
        pytest.skip("this pillow-heif has no encoder")
    read = read_image(file)
    assert read.size == SIZE
    assert read.pixels.mean() == pytest.approx(RGB.mean(), abs=4)


def test_a_video_and_a_broken_picture_have_different_messages(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\0\0\0\x20ftypisom" + bytes(100))
    with pytest.raises(ImageError, match="is a video; use: ferkit video"):
        read_image(path)


def test_the_byte_order_of_an_array_does_not_matter() -> None:
    grey = (np.arange(48 * 48).reshape(48, 48) * 20).astype("<u2")
    native = read_image(grey).pixels
    assert native.dtype == np.uint8
    assert (read_image(grey.astype(">u2")).pixels == native).all()
    assert int(native.max()) == (47 * 48 + 47) * 20 // 257


@pytest.mark.parametrize(
    ("array", "remedy"),
    [
        (np.full((9, 9), 0.5), r"looks scaled to 0\.\.1; pass \(255 \* image\)\.astype"),
        (np.full((9, 9, 3), 200.0, np.float32), r"pass image\.clip\(0, 255\)\.astype"),
        (np.full((9, 9), 200, np.int64), r"pass image\.clip\(0, 255\)\.astype"),
        (np.full((9, 9), np.nan), r"looks scaled to 0\.\.1"),
        (np.ones((9, 9), bool), r"pass 255 \* image\.astype"),
        (np.full((9, 9), "a"), r"found <U1 \(9, 9\)\.$"),
    ],
)
def test_an_unsupported_array_names_the_remedy(array: np.ndarray, remedy: str) -> None:
    with pytest.raises(UsageError, match=remedy):
        read_image(array)
