"""Settings by argument and by environment variable; errors in one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ferkit.errors import UsageError
from ferkit.serving.settings import OTHER_VARIABLES, ServeSettings, load_settings

SOURCE = Path(__file__).resolve().parents[2] / "src"


def test_arguments_override_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERKIT_QUEUE", "3")
    monkeypatch.setenv("FERKIT_PORT", "9000")
    monkeypatch.setenv("FERKIT_ALLOWED_HOSTS", "a.example, b.example")
    settings = load_settings(port=9001, queue=None)
    assert (settings.queue, settings.port) == (3, 9001)
    assert settings.allowed_hosts == ("a.example", "b.example")


def test_an_unknown_variable_is_an_error_that_names_the_likely_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FERKIT_TOKNS", "0123456789abcdef")
    with pytest.raises(UsageError, match="no setting FERKIT_TOKNS; did you mean FERKIT_TOKENS"):
        load_settings()


def test_every_variable_that_ferkit_reads_is_known() -> None:
    texts = [
        path.read_text("utf-8") for path in SOURCE.rglob("*.py") if path.parent.name != "serving"
    ]
    read = {name for text in texts for name in re.findall(r"FERKIT_[A-Z]+(?:_[A-Z]+)*", text)}
    own = {f"FERKIT_{name.upper()}" for name in ServeSettings.model_fields}
    assert read - own <= OTHER_VARIABLES


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"port": 70_000}, "port: Input should be less than or equal to 65535, not 70000"),
        ({"threads": 0}, "threads: Input should be greater"),
        ({"ports": 1}, "ports: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_value_is_one_sentence(given: dict[str, int], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        load_settings(**given)


def test_tokens_come_from_a_file_too_and_must_be_long(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("b" * 16 + "\n" + "c" * 20 + "\n")
    settings = ServeSettings(tokens="a" * 16, token_file=file)
    assert settings.secrets() == ("a" * 16, "b" * 16, "c" * 20)
    assert "aaaa" not in repr(settings)
    with pytest.raises(UsageError, match="at least 16 ASCII"):
        ServeSettings(tokens="short").secrets()
    file.write_text(" \n")
    with pytest.raises(UsageError, match="contains no token"):
        ServeSettings(token_file=file).secrets()
    with pytest.raises(UsageError, match="No such file"):
        ServeSettings(token_file=tmp_path / "none").secrets()
