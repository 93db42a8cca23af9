"""A shared option has the same help, type and default in every command, or a stated reason."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from ferkit.cli.main import cli
from ferkit.cli.parts.settings import configure
from ferkit.data.ferplus_labels import LABELS
from ferkit.errors import UsageError
from ferkit.inference.sinks.create import FORMATS
from ferkit.training import TrainConfig

# Option -> commands that differ from the others, and why.
DIFFERENT = {
    "--annotate": {"predict": "a folder of pictures in place of one video"},
    "--batch-size": {"evaluate": "no recipe says it"},
    "--data": {
        "export": "without it the comparison is on noise",
        "finetune": "own images, which have no usual place",
        "train": "the recipe and --set say it, too",
        "tune": "the recipe and --set say it, too",
    },
    "--detector": {"serve": "a setting of the server, which a variable may give"},
    "--dry-run": {"publish": "the default, with --upload as its other side"},
    "--format": {"export": "of the model file, not of rows"},
    "--labels": {
        "average": "the runs say it, too",
        "evaluate": "a run says it, too",
        "export": "a run says it, too",
        "train": "the recipe and --set say it, too",
        "tune": "the recipe and --set say it, too",
    },
    "--model": {
        "explain": "heat maps need gradients, which an .onnx file has not",
        "page": "several, to choose from",
        "serve": "a setting of the server, which a variable may give",
    },
    "--out": {
        "audit": "a folder of tables and a page",
        "camera": "a file of rows",
        "demo": "a folder of its own by default",
        "evaluate": "a folder of figures, on request",
        "explain": "a picture",
        "export": "a model file",
        "page": "a folder of files for a web server",
        "predict": "a file of rows",
        "publish": "a folder that is a repository",
        "tune": "a folder of many runs",
        "video": "a file of rows",
    },
    "--top-k": {"explain": "two heat maps by default"},
    "--views": {"video": "smoothing over time does what the mirror image does"},
    "--per-class": {"demo": "a training needs two faces of each emotion"},
    "--seed": {
        "finetune": "--set says it, too",
        "train": "the recipe and --set say it, too",
        "tune": "the recipe and --set say it, too",
    },
    "--threads": {"serve": "a setting of the server, which a variable may give"},
}

Signature = tuple[str | None, str, object]


def walk(command: click.Command, name: str = "") -> dict[str, click.Command]:
    """Return all executable commands by their name on the command line."""
    if not isinstance(command, click.Group):
        return {name: command}
    context, found = click.Context(command), {}
    for child in command.list_commands(context):
        below = command.get_command(context, child)
        assert below is not None
        found |= walk(below, f"{name} {child}".strip())
    return found


def signatures() -> dict[str, dict[str, Signature]]:
    """Return help, type and default by option and command."""
    found: dict[str, dict[str, Signature]] = {}
    for name, command in walk(cli).items():
        for option in command.params:
            if isinstance(option, click.Option):
                kind = json.dumps(option.type.to_info_dict(), sort_keys=True, default=str)
                told = (option.help, kind, option.get_default(click.Context(command)))
                found.setdefault(option.opts[0], {})[name] = told
    return found


SIGNATURES = signatures()


@pytest.mark.parametrize("option", [name for name, by in SIGNATURES.items() if len(by) > 1])
def test_an_option_is_the_same_everywhere(option: str) -> None:
    by_command = SIGNATURES[option]
    differing = DIFFERENT.get(option, {})
    assert differing.keys() <= by_command.keys()
    alike = {told for command, told in by_command.items() if command not in differing}
    assert len(alike) <= 1, f"{option}: {by_command}"
    for command in differing:
        assert by_command[command] not in alike, f"{option} of {command} differs no more"


def test_every_difference_is_of_an_option_that_is_shared() -> None:
    assert DIFFERENT.keys() <= {name for name, by in SIGNATURES.items() if len(by) > 1}


@pytest.mark.parametrize("option", SIGNATURES)
def test_every_option_has_help(option: str) -> None:
    for command, (text, _, _) in SIGNATURES[option].items():
        told = (text or "").removesuffix(" (DEPRECATED)")
        assert told.endswith("."), f"{option} of {command}: {text}"


def choices(option: str, command: str) -> tuple[str, ...]:
    return tuple(json.loads(SIGNATURES[option][command][1])["choices"])


def test_choices_are_those_of_the_library() -> None:
    assert choices("--labels", "train") == LABELS
    assert choices("--format", "predict") == ("table", *FORMATS)


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["data", "info", "--figure", "samples.txt"], "'--figure': expected a name that ends in"),
        (["explain", "photo.jpg", "--out", "why.gif"], "'--out': expected a name that ends in"),
        (["train", "demo", "--out", "run", "--epochs", "0"], "'--epochs': 0 is not in the range"),
        (["train", "demo", "--out", "run", "--labels", "own"], "'--labels': 'own' is not one of"),
    ],
)
def test_a_value_out_of_range_is_refused_before_the_work(
    arguments: list[str], wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(click.BadParameter) as caught:
        cli.main(arguments, standalone_mode=False)
    assert wrong in caught.value.format_message()
    assert list(tmp_path.iterdir()) == []


def test_options_override_set_which_overrides_the_recipe() -> None:
    recipe = TrainConfig(epochs=9, batch_size=4, seed=5)
    typed = {"epochs": 3, "batch_size": None, "seed": 0, "skip_bad": False, "convert": True}
    config = configure(recipe, ("epochs=7", "batch_size=2", "skip_bad=true"), typed)
    assert (config.epochs, config.batch_size, config.seed) == (3, 2, 0)
    assert (config.skip_bad, config.convert) == (True, True)
    with pytest.raises(
        UsageError, match="--set takes FIELD=VALUE, such as epochs=10, not 'epochs'"
    ):
        configure(recipe, ("epochs",), {})
