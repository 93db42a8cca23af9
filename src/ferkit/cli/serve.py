"""`ferkit serve`."""

from __future__ import annotations

import logging
import webbrowser
from collections.abc import Callable
from typing import Any

import click

from ferkit.errors import MissingDependencyError

try:
    from pydantic.fields import FieldInfo

    from ferkit.serving.settings import ServeSettings, load_settings
except ModuleNotFoundError as error:
    raise MissingDependencyError.of(str(error.name), "ferkit serve", "serve") from error

# Tokens on a command line would be visible in the list of processes: use a variable or a file.
_NO_OPTION = ("tokens",)
_SWITCHES = {"insecure": "--insecure", "page": "--page /--no-page"}


def _settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command an option for every setting, so that each setting is described only once."""
    for name, field in reversed(ServeSettings.model_fields.items()):
        if name in _NO_OPTION:
            continue
        words: dict[str, Any] = {
            "help": field.description,
            "default": None,
            "show_default": _default(field),
        }
        option = "--" + name.replace("_", "-")
        if name in _SWITCHES:
            words["is_flag"] = True
        elif field.annotation in (int, float):
            words["type"] = field.annotation
        command = click.option(_SWITCHES.get(name, option), name, **words)(command)
    return command


def _default(field: FieldInfo) -> str | bool:
    if field.default_factory is not None:
        return "all cores, at most 8"
    return False if field.default in (None, (), True, False) else str(field.default)


@click.command()
@_settings_options
@click.option("--open", "open_page", is_flag=True, help="Open the page in a browser.")
@click.option("--verbose", "-v", is_flag=True, help="Log every request, without its content.")
def serve(open_page: bool, verbose: bool, **given: Any) -> None:
    """Serve the web page and the REST API, by default for this machine only.

    Every option is also an environment variable: --max-body-mb is FERKIT_MAX_BODY_MB. Tokens are
    given in FERKIT_TOKENS, separated by commas, or in the file of --token-file. SIGTERM or Ctrl-C
    ends the server after the current requests.

    \b
    Examples:
      ferkit serve --open
      curl --data-binary @photo.jpg http://127.0.0.1:8000/v1/recognize
      FERKIT_TOKENS=$(openssl rand -hex 24) ferkit serve --host 0.0.0.0
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.serving.run import run_server

    settings = load_settings(**given)
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(message)s")

    def started(url: str) -> None:
        what = "page at /, " if settings.page else ""
        click.echo(f"ferkit: serving at {url} ({what}API at /docs); Ctrl-C stops it", err=True)
        if open_page:
            webbrowser.open(url)

    run_server(settings, started)
