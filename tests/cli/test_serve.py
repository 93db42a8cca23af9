"""The options of `ferkit serve`, without serving."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi")

from ferkit.cli.main import main
from ferkit.serving import ServeSettings


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("arguments", "variable", "words"),
    [
        (["--host", "0.0.0.0"], None, "everyone on the network"),
        ([], "FERKIT_TOKEN", "did you mean FERKIT_TOKENS"),
        (["--queue", "-1"], None, "queue: Input should be greater than or equal to 0"),
        (["--model", "smal"], None, "There is no"),
    ],
)
def test_a_wrong_setup_does_not_start(
    arguments: list[str],
    variable: str | None,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if variable:
        monkeypatch.setenv(variable, "x")
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--port", "0", *arguments])
    err = capsys.readouterr().err
    assert caught.value.code == 2
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert words in err


def test_every_setting_but_the_tokens_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    shown = capsys.readouterr().out
    for name in ServeSettings.model_fields:
        assert (f"--{name.replace('_', '-')} " in shown) == (name != "tokens")
