"""Entry point of `ferkit`: lazy commands, one-line failures, exit codes."""

from __future__ import annotations

import importlib
import io
import os
import sys
from typing import Any

import click

from ferkit.cli.parts.flags import as_typed
from ferkit.errors import ExistingFileError, FerkitError
from ferkit.version import __version__

# Command name -> (module, function, help); the module is imported when the command is used.
_COMMANDS = {
    "audit": ("ferkit.cli.audit", "audit", "Find duplicates, leaks and likely label errors."),
    "average": ("ferkit.cli.average", "average", "Average the weights of several training cycles."),
    "camera": ("ferkit.cli.camera", "camera", "Recognise emotions live from a camera."),
    "data": ("ferkit.cli.data", "data", "Download, check, draw and preview data sets."),
    "demo": ("ferkit.cli.demo", "demo", "Run the whole process on synthetic faces."),
    "evaluate": ("ferkit.cli.evaluate", "evaluate", "Evaluate a model on a data set."),
    "explain": (
        "ferkit.cli.explain",
        "explain",
        "Show which regions of a face support its emotions.",
    ),
    "export": ("ferkit.cli.export", "export", "Write a model for another runtime."),
    "finetune": ("ferkit.cli.finetune", "finetune", "Fine-tune a model on your own images."),
    "models": ("ferkit.cli.models", "models", "List shipped models and architectures."),
    "page": ("ferkit.cli.page", "page", "Write the web page as static files."),
    "predict": ("ferkit.cli.predict", "predict", "Recognise emotions in photos and folders."),
    "publish": ("ferkit.cli.publish", "publish", "Prepare a shipped model for a model hub."),
    "recipes": ("ferkit.cli.recipes", "recipes", "List the training recipes."),
    "report": ("ferkit.cli.report", "report", "Rewrite the report of a run."),
    "serve": ("ferkit.cli.serve", "serve", "Serve the web page and the API."),
    "train": ("ferkit.cli.train", "train", "Train a recipe, evaluate it and write a report."),
    "tune": ("ferkit.cli.tune", "tune", "Search for better settings of a recipe."),
    "video": ("ferkit.cli.video", "video", "Recognise emotions in a video."),
}

# Heading in the help -> its commands, those that most people need first.
_SECTIONS = {
    "Recognise": ("predict", "video", "camera", "page", "serve", "explain"),
    "Train and measure": (
        "train",
        "evaluate",
        "finetune",
        "tune",
        "average",
        "report",
        "recipes",
        "demo",
    ),
    "Models": ("models", "export", "publish"),
    "Data": ("data", "audit"),
}


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are used, so that `--help` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names, sorted."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in _COMMANDS:
            return None
        module, function, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        width = max(map(len, _COMMANDS))
        for heading, names in _SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), _COMMANDS[name][2]) for name in names])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="ferkit")
def cli() -> None:
    """Recognise emotions in faces; train and evaluate models for it on FER-2013.

    \b
    Examples:
      ferkit predict photo.jpg
      ferkit train cnn6 --data auto --out runs/cnn6
    """  # noqa: D301 (click wants the backspace character itself)


def main(arguments: list[str] | None = None) -> Any:
    """Run `ferkit` and exit: 0 done, 1 failed, 2 wrong use, 130 interrupted."""
    _open_closed_streams()
    _print_anything()
    try:
        # Click returns the code of a command that asked to exit with one, and what another
        # returned.
        code = cli.main(arguments, prog_name="ferkit", standalone_mode=False)
    except click.exceptions.Exit as request:
        sys.exit(request.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except FerkitError as error:
        # The library does not know the options.
        hint = " --overwrite replaces it." if isinstance(error, ExistingFileError) else ""
        click.echo(f"Error: {as_typed(str(error))}{hint}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of the pipe (`| head`) has ended; nobody would see a message.
        sys.stderr.close()
        sys.exit(1)
    except ImportError as error:
        from ferkit.inference.opencv import missing_library

        told = missing_library(error)
        if told is None:
            raise
        click.echo(f"Error: {told}", err=True)
        sys.exit(1)
    except OSError as error:
        if error.errno is None:  # not from the system: a defect of ferkit or of a library
            raise
        click.echo(f"Error: {_sentence(error)}", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _open_closed_streams() -> None:
    """Give a process that was started with closed standard streams, `>&-`, empty ones.

    In this order, so that each gets its own number and no other file takes it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def _print_anything() -> None:
    r"""Write characters that standard output cannot encode as `\uXXXX`, as standard error does.

    On Windows, redirected output has an encoding of 256 characters; file names may contain others.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _sentence(error: OSError) -> str:
    """Return a message for an error of the system: missing permissions, a name too long, a full
    disk.
    """
    if error.filename is None:
        return f"The system refuses: {error.strerror}; free some space or choose other files."
    return f"Cannot use {error.filename}: {error.strerror}; check the path and the rights to it."
