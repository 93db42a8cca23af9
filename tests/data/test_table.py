"""Tables: common spellings and archives, and all errors."""

from __future__ import annotations

import gzip
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ferkit.data.dataset import SkippedItem
from ferkit.data.load import load_fer2013
from ferkit.data.unlabelled import is_pixel_table, read_faces
from ferkit.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 2304))
GOOD = " ".join(map(str, PIXELS[0]))
HEADER = "emotion,pixels,Usage"
USAGES = ["Training", "Training", "PublicTest", "PrivateTest"]
LINES = [
    HEADER,
    *(f"{code},{' '.join(map(str, PIXELS[code]))},{USAGES[code]}" for code in range(4)),
]


def write(path: Path, lines: list[str], end: str = "\n", encoding: str = "utf-8") -> Path:
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return path


def load(path: Path, **options: bool):
    return load_fer2013(path, cache=False, **options)


def check(path: Path) -> None:
    data = load(path)
    assert data.images.dtype == np.uint8
    assert data.labels.dtype == np.int64
    assert (data.images == PIXELS.reshape(4, 48, 48, 1)).all()
    assert data.labels.tolist() == [0, 1, 2, 3]
    assert data.splits.tolist() == [0, 0, 1, 2]
    assert data.sources.tolist() == [f"{path.name}:{line}" for line in range(2, 6)]
    assert data.origin == str(path)


def test_plain(tmp_path: Path) -> None:
    check(write(tmp_path / "fer2013.csv", LINES))


def test_header_with_spaces_and_another_order_as_in_icml_face_data(tmp_path: Path) -> None:
    lines = ["emotion, Usage, pixels"]
    for line in LINES[1:]:
        code, pixels, usage = line.split(",")
        lines.append(f"{code},{usage},{pixels}")
    check(write(tmp_path / "icml_face_data.csv", lines))


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    check(write(tmp_path / "fer2013.csv", LINES, end="\r\n", encoding="utf-8-sig"))


def test_old_line_ends(tmp_path: Path) -> None:
    check(write(tmp_path / "fer2013.csv", LINES, end="\r"))
    faces = list(read_faces(write(tmp_path / "test.csv", ["pixels", GOOD], end="\r")))
    assert is_pixel_table(tmp_path / "test.csv")
    assert [(line, problem) for line, _, problem in faces] == [(2, None)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_quoted_pixels_on_several_lines(tmp_path: Path, end: str) -> None:
    lines = [HEADER]
    for line in LINES[1:]:
        code, pixels, usage = line.split(",")
        values = pixels.split()
        rows = [" ".join(values[i : i + 48]) for i in range(0, 2304, 48)]
        lines.append(f'{code},"{end.join(rows)}",{usage}')
    path = write(tmp_path / "fer2013.csv", lines, end=end)
    data = load(path)
    assert (data.images == PIXELS.reshape(4, 48, 48, 1)).all()
    assert data.sources.tolist() == [f"fer2013.csv:{2 + 48 * i}" for i in range(4)]
    assert [line for line, _, problem in read_faces(path) if not problem] == [2, 50, 98, 146]


def test_a_lone_quote_spoils_only_its_row(tmp_path: Path) -> None:
    lines = [HEADER, f'"{LINES[1]}', *LINES[2:]]
    data = load(write(tmp_path / "fer2013.csv", lines), skip_bad=True)
    assert data.labels.tolist() == [1, 2, 3]
    assert [item.source for item in data.skipped] == ["fer2013.csv:2"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_quotes(tmp_path: Path, encoding: str) -> None:
    quoted = [",".join(f'"{field}"' for field in line.split(",")) for line in LINES]
    check(write(tmp_path / "fer2013.csv", quoted, encoding=encoding))


def test_a_missing_last_line_end(tmp_path: Path) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text("\n".join(LINES))
    check(path)


def test_blank_lines_do_not_count_but_keep_their_number(tmp_path: Path) -> None:
    lines = [LINES[0], "", LINES[1], "   ", *LINES[2:], ""]
    data = load(write(tmp_path / "t.csv", lines))
    assert data.sources.tolist() == ["t.csv:3", "t.csv:5", "t.csv:6", "t.csv:7"]


def pack(path: Path, suffix: str) -> Path:
    packed = path.with_name(path.name + suffix)
    if suffix == ".gz":
        packed.write_bytes(gzip.compress(path.read_bytes()))
    elif suffix == ".xz":
        packed.write_bytes(lzma.compress(path.read_bytes()))
    else:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, f"fer2013/{path.name}")
            archive.writestr("fer2013/README", "about")
            archive.writestr("another.csv", "emotion,pixels\n")
    return packed


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zip"])
def test_packed(tmp_path: Path, suffix: str) -> None:
    check(pack(write(tmp_path / "fer2013.csv", LINES), suffix))


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zip"])
@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_damaged_package_is_one_sentence(tmp_path: Path, suffix: str, damage: str) -> None:
    path = pack(write(tmp_path / "fer2013.csv", LINES), suffix)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"not at all packed")
    with pytest.raises(DataError, match=rf"fer2013\.csv\{suffix} is cut off or not the \{suffix}"):
        load(path)


def test_a_bad_checksum_inside_a_zip(tmp_path: Path) -> None:
    path = pack(write(tmp_path / "fer2013.csv", LINES), ".zip")
    content = bytearray(path.read_bytes())
    content[600] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"is cut off or not the \.zip"):
        load(path)


@pytest.mark.parametrize("name", ["fer2013.csv", "train/happy/1.png"])
@pytest.mark.parametrize("damage", ["newer version", "name that is no UTF-8"])
def test_a_zip_whose_list_cannot_be_read(tmp_path: Path, name: str, damage: str) -> None:
    path = tmp_path / "faces.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"x")
        archive.writestr("\u00e9.txt", b"x")
    content = path.read_bytes()
    if damage == "newer version":
        place = content.index(b"PK\x01\x02") + 6
        content = content[:place] + b"\x63" + content[place + 1 :]
    else:
        content = content.replace("\u00e9".encode(), b"\xff\xfe")
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"faces\.zip is cut off or not the \.zip"):
        load(path)


def test_an_encrypted_zip_is_to_be_unpacked_first(tmp_path: Path) -> None:
    path = pack(write(tmp_path / "fer2013.csv", LINES), ".zip")
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the encryption flag, in the file's header and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"unpack it and give the \.csv file"):
        load(path)


BAD_ROWS = {
    "too few pixels": (f"0,{GOOD[:-4]},Training", "expected 2304 pixels (48x48), found 2303"),
    "too many pixels": (f"0,{GOOD} 1,Training", "expected 2304 pixels (48x48), found 2305"),
    "no pixels": ("0,,Training", "expected 2304 pixels (48x48), found 0"),
    "out of range": (
        f"0,256 {GOOD},Training",
        "expected pixels that are whole numbers 0..255, found '256' as pixel 1",
    ),
    "no number": (
        f"0,x {GOOD},Training",
        "expected pixels that are whole numbers 0..255, found 'x' as pixel 1",
    ),
    "unknown emotion": (f"7,{GOOD},Training", "unknown emotion '7', expected a code 0..6"),
    "emotion in words": (f"sad,{GOOD},Training", "unknown emotion 'sad', expected a code 0..6"),
    "no emotion": (f",{GOOD},Training", "unknown emotion '', expected a code 0..6"),
    "unknown usage": (
        f"0,{GOOD},training",
        "unknown usage 'training', expected Training, PublicTest, PrivateTest",
    ),
    "too few columns": (f"0,{GOOD}", "expected 3 columns, found 2"),
    "too many columns": (f"0,{GOOD},Training,", "expected 3 columns, found 4"),
    "an endless quote": (f'0,"{"1 " * 70000},Training', "expected 3 columns, found 1"),
    "no text": ("\xff\xfe,\x00,\xe9", "unknown emotion"),
}
ROW_NAMES = list(BAD_ROWS)


@pytest.mark.parametrize("name", ROW_NAMES)
def test_a_bad_row_is_named_with_file_and_line(tmp_path: Path, name: str) -> None:
    row, reason = BAD_ROWS[name]
    path = write(tmp_path / "fer2013.csv", [*LINES[:3], row, *LINES[3:]], encoding="latin-1")
    with pytest.raises(DataError) as caught:
        load(path)
    assert str(caught.value).startswith(f"fer2013.csv:4: {reason}")
    assert str(caught.value).endswith("leave it out with skip_bad=True.")
    data = load(path, skip_bad=True)
    assert data.labels.tolist() == [0, 1, 2, 3]
    assert (data.images == PIXELS.reshape(4, 48, 48, 1)).all()
    [skipped] = data.skipped
    assert skipped.source == "fer2013.csv:4"
    assert skipped.reason.startswith(reason)


def test_all_bad_rows_are_listed_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [row for row, _ in BAD_ROWS.values()]
    path = write(tmp_path / "fer2013.csv", [*LINES, *rows], encoding="latin-1")
    data = load(path, skip_bad=True)
    assert [item.source for item in data.skipped] == [
        f"fer2013.csv:{line}" for line in range(6, 6 + len(rows))
    ]
    with pytest.raises(DataError, match=r"fer2013\.csv:6: "):
        load(path)


def test_more_rows_than_are_parsed_at_once(tmp_path: Path) -> None:
    lines = [HEADER, *LINES[1:] * 300]
    lines[1000] = "0,1,Training"
    data = load(write(tmp_path / "t.csv", lines), skip_bad=True)
    assert len(data) == 1199
    assert data.skipped == (SkippedItem("t.csv:1001", "expected 2304 pixels (48x48), found 1"),)
    assert (data.images[-4:, ..., 0].reshape(4, 2304) == PIXELS).all()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "found an empty line"),
        (b"\n\n", "found an empty line"),
        (b"emotion,usage\n0,1\n", "found emotion, usage; is this the right file"),
        (b"emotion;pixels;Usage\n", "found emotion;pixels;usage; is this"),
        (b"\x89PNG\r\n\x1a\n", "is this the right file"),
    ],
)
def test_another_file_is_refused_at_its_first_line(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"fer2013\.csv:1: expected the columns emotion") as caught:
        load(path)
    assert words in str(caught.value)


def test_a_header_alone_holds_no_image(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"t\.csv holds no usable image: it is empty"):
        load(write(tmp_path / "t.csv", [HEADER]))


def test_only_bad_rows_gives_the_reason_of_the_first(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", [HEADER, "9,1,Training", "8,1,Training"])
    with pytest.raises(
        DataError,
        match=r"no usable image: all 2 items were skipped \(t\.csv:2: unknown emotion '9'",
    ):
        load(path, skip_bad=True)
