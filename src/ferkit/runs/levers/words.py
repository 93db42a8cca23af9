"""A config in words, for reports."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any, TypeVar

from ferkit.runs.levers.lever import Lever, levers

C = TypeVar("C", bound=type)


def config_words(config: Mapping[str, Any], kind: type) -> dict[str, str]:
    """Return the words of a report about a config by heading: for every lever that is not at its
    default, and for those that are always mentioned.

    Args:
        config: Content of a `config.json`; levers that are missing in another version are left
            out.
        kind: The config's class.

    Example:
        >>> from ferkit.runs.config import TrainConfig
        >>> config_words({"seed": 3, "teacher": "", "label_smoothing": 0.1}, TrainConfig)
        {'Seed': '3', 'Optimizer': 'label smoothing 0.1'}
    """
    known = levers(kind)
    values = {name: known[name].read(config[name]) for name in known if name in config}
    told = {name: _own_words(known[name], values) for name in values}
    headings: dict[str, list[str]] = {}
    for name, value in values.items():
        lever, words = known[name], told[name]
        companion = lever.declared.told_with
        if lever.declared.heading == "" or (companion and told.get(companion)):
            continue
        heading = lever.declared.heading or _spoken(name)
        if not words:
            if value == lever.default:
                continue
            heading, words = _spoken(name), lever.text(value) or "none"
        headings.setdefault(heading, []).append(words)
    return {heading: ", ".join(words) for heading, words in headings.items()}


def _own_words(lever: Lever, values: Mapping[str, Any]) -> str:
    """Return a lever's words; none at its default, or if values that it needs are missing."""
    declared = lever.declared
    if values[lever.name] == lever.default and not declared.always:
        return ""
    try:
        if callable(declared.words):
            return declared.words(values)
        return declared.words.format_map(values)
    except KeyError:
        return ""


def _spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()


def documented(config: C) -> C:
    """Add the help of every lever to the docstring of a config class, for `help` and the
    reference.
    """
    if config.__doc__:  # python -OO removes docstrings
        told = [f"{name}: {each.declared.help}" for name, each in levers(config).items()]
        indents: dict[str, Any] = {
            "initial_indent": " " * 8,
            "subsequent_indent": " " * 12,
            "break_on_hyphens": False,
        }
        lines = [textwrap.fill(text, 96, **indents) for text in told]
        config.__doc__ = "\n".join([f"{config.__doc__}\n    Attributes:", *lines, ""])
    return config
