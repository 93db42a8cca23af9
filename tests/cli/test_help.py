"""Help is fast, and exit codes are 0 success, 1 failure, 2 wrong use, 130 interrupted."""

from __future__ import annotations

import resource
import subprocess
import sys
from inspect import cleandoc
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from ferkit.cli.main import _COMMANDS, _SECTIONS, cli, main
from ferkit.errors import DataError, FerkitError, UsageError
from ferkit.version import __version__


def run(*arguments: str) -> int:
    """Run `ferkit ARGUMENTS` in this process and return its exit code."""
    with pytest.raises(SystemExit) as request:
        main(list(arguments))
    code = request.value.code
    assert isinstance(code, int)
    return code


def seconds_of_children() -> float:
    """Return the processor time of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help_is_fast() -> None:
    seconds = []
    for _ in range(5):
        # Processor time: what else runs on the machine does not count.
        start = seconds_of_children()
        done = subprocess.run(
            [sys.executable, "-m", "ferkit", "--help"], capture_output=True, text=True, check=True
        )
        seconds.append(seconds_of_children() - start)
        assert "train " in done.stdout
    assert min(seconds) < 0.3


def test_help_lists_every_command_once() -> None:
    assert sorted(name for names in _SECTIONS.values() for name in names) == sorted(_COMMANDS)


def test_help_loads_no_command_and_no_array_library() -> None:
    code = (
        "import sys\n"
        "from ferkit.cli.main import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'numpy', 'keras', 'tensorflow', 'rich', 'ferkit.cli.train'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_installed_command_is_the_module() -> None:
    command = Path(sys.executable).with_name("ferkit")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"ferkit, version {__version__}"


def commands() -> list[tuple[str, ...]]:
    """Return every command as it is typed after `ferkit`, groups and their commands too."""

    def below(command: click.Command | None, typed: tuple[str, ...]) -> list[tuple[str, ...]]:
        if not isinstance(command, click.Group):
            return [typed]
        context = click.Context(command)
        children = command.list_commands(context)
        deeper = [below(command.get_command(context, name), (*typed, name)) for name in children]
        return [typed, *(found for child in deeper for found in child)]

    return below(cli, ())


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_has_help(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*command, "--help") == 0
    shown = capsys.readouterr().out
    assert " ".join(("Usage: ferkit", *command)) in shown
    assert "\\b" not in shown  # click's mark for lines that stay as they are, in a raw docstring


def test_every_command_is_called_as_it_is_listed() -> None:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.help


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-command",),
        ("--no-such-option",),
        ("train",),
        ("train", "no-such-recipe", "--out", "run"),
        ("train", "demo", "--out", "run", "--set", "epochs"),
        ("train", "demo", "--out", "run", "--set", "epoch=3"),
        ("train", "demo", "--out", "run", "--epochs", "many"),
    ],
)
def test_wrong_use_is_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert "Error: " in capsys.readouterr().err


def test_a_failure_is_1_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing.csv"
    assert run("train", "demo", "--data", str(missing), "--out", str(tmp_path / "run")) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("Error: ")
    assert str(missing) in line


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (DataError("The folder is empty."), 1, "Error: The folder is empty."),
        (UsageError("Give a number."), 2, "Error: Give a number."),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (click.Abort(), 130, "Interrupted."),
        (
            PermissionError(13, "Permission denied", "locked/metrics.json"),
            1,
            "Error: Cannot use locked/metrics.json: Permission denied; check the path and the "
            "rights to it.",
        ),
        (
            OSError(28, "No space left on device"),
            1,
            "Error: The system refuses: No space left on device; free some space or choose other "
            "files.",
        ),
        (
            ImportError("libGL.so.1: cannot open shared object file: No such file or directory"),
            1,
            "Error: The system lacks libGL.so.1, which OpenCV needs; on Debian and Ubuntu install "
            "it with: apt-get install "
            "libgl1 libglib2.0-0",
        ),
    ],
)
def test_an_error_becomes_its_exit_code(
    error: BaseException,
    code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @click.command()
    def fail() -> None:
        raise error

    monkeypatch.setitem(sys.modules, "failing_command", SimpleNamespace(fail=fail))
    monkeypatch.setitem(_COMMANDS, "fail", ("failing_command", "fail", "Fail."))
    assert run("fail") == code
    assert capsys.readouterr().err.strip() == message


@pytest.mark.parametrize("kind", [OSError, ImportError])
def test_a_defect_is_not_hidden(kind: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def fail() -> None:
        raise kind("a library's own words")

    monkeypatch.setitem(sys.modules, "failing_command", SimpleNamespace(fail=fail))
    monkeypatch.setitem(_COMMANDS, "fail", ("failing_command", "fail", "Fail."))
    with pytest.raises(kind, match="own words"):
        main(["fail"])


@pytest.mark.parametrize("command", ["report", "evaluate", "predict a.jpg --model"])
def test_a_too_long_name_is_one_line(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*command.split(), "x" * 300) in (1, 2)
    err = capsys.readouterr().err
    assert "Error: " in err
    assert "x" * 300 in err


def test_every_error_has_an_exit_code_of_its_kind() -> None:
    def leaves(kind: type[FerkitError]) -> list[type[FerkitError]]:
        return [kind, *(leaf for child in kind.__subclasses__() for leaf in leaves(child))]

    usage = leaves(UsageError)
    assert {kind.exit_code for kind in leaves(FerkitError) if kind not in usage} == {1}
    assert {kind.exit_code for kind in usage} == {2}


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_a_paragraph_of_help_has_one_indentation(name: str) -> None:
    """Else the reference in the documentation takes it for a list, and does not build."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    for paragraph in cleandoc(command.help or "").split("\n\n"):
        first, *others = paragraph.splitlines()
        if first != "\b":
            assert not [line for line in others if line.startswith(" ")], paragraph
