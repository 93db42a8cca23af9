"""Old option names work, with the new name printed once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ferkit.cli.main import main


@pytest.mark.parametrize("typed", [["--emotions", "0"], ["--emotions=0"]])
def test_an_old_name_works_with_advice(
    typed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["explain", "photo.jpg", "--out", str(tmp_path / "why.png"), *typed])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "ferkit: --emotions is called --top-k now; the old name goes" in told
    assert "Invalid value for '--top-k': 0 is not in the range x>=1." in told
