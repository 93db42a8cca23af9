"""A lever: one field of a config, declared once with its range, its words and its help."""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass
from functools import cache
from typing import Any

from ferkit.errors import UsageError
from ferkit.runs.levers.field import Declared, lever


@dataclass(frozen=True)
class Lever:
    """One field of a config.

    Attributes:
        name: Its name.
        kind: Type of its value, or of each of its values.
        several: Whether it has a tuple of values.
        optional: Whether it may be None, for no value.
        default: Its default.
        declared: Its help; the range `between` two numbers, both included; the `choices` of a text;
            the separator by which several values are `joined` on the command line; the `heading`
            and `words` of a report, which mentions it if it is not the default or `always`, or
            together with the lever `told_with`; and the range of a `search` for its best value.
    """

    name: str
    kind: type
    several: bool
    optional: bool
    default: Any
    declared: Declared

    def checked(self, value: Any) -> Any:
        """Return `value` in the type that the config stores.

        Raises:
            UsageError: It has the wrong type or lies outside its range.
        """
        if value is None and self.optional:
            return None
        if not self.several:
            return self._checked_one(value, value)
        if not isinstance(value, tuple | list):
            raise UsageError(f"{self.name} must be a tuple of {self.kind.__name__}, not {value!r}.")
        return tuple(self._checked_one(item, value) for item in value)

    def _checked_one(self, given: Any, whole: Any) -> Any:
        # JSON and the command line write 1 for 1.0; True is not a number here.
        value: Any = float(given) if self.kind is float and type(given) is int else given
        is_kind = type(value) is self.kind
        if not is_kind:
            expected = f"{'a tuple' if self.several else 'of type'} {'of ' * self.several}"
            raise UsageError(f"{self.name} must be {expected}{self.kind.__name__}, not {whole!r}.")
        if self.declared.between is not None:
            low, high = self.declared.between
            if not low <= value <= high:
                raise UsageError(f"{self.name} must lie in {low}..{high}, not {value}.")
        if self.declared.choices and value not in self.declared.choices:
            known = ", ".join(self.declared.choices)
            raise UsageError(f"{self.name} must be one of {known}, not {value!r}.")
        return value

    def parsed(self, text: str) -> Any:
        """Return the value of `text` as given on the command line.

        Raises:
            UsageError: It is not a value of the lever's type.
        """
        if not text and self.optional:
            return None
        if not self.several:
            return self._parsed_one(text, text)
        parts = text.split(self.declared.joined) if text else []
        return tuple(self._parsed_one(part.strip(), text) for part in parts)

    def _parsed_one(self, text: str, whole: str) -> Any:
        try:
            if self.kind is bool:
                return {"true": True, "false": False}[text.lower()]
            return self.kind(text)
        except (ValueError, KeyError):
            expected = "true or false" if self.kind is bool else f"of type {self.kind.__name__}"
            if self.several:
                expected = f"{self.kind.__name__} joined by '{self.declared.joined}'"
            raise UsageError(f"{self.name} must be {expected}, not '{whole}'.") from None

    def allowed(self) -> str:
        """Return the allowed values in words.

        Example:
            >>> from ferkit.runs.config import TrainConfig
            >>> [levers(TrainConfig)[name].allowed() for name in ("epochs", "convert", "optimizer")]
            ['1 to 100000', 'true, false', 'adam, nesterov, muon']
        """
        if self.declared.between is not None:
            low, high = self.declared.between
            return f"{low:.12g} to {high:.12g}"
        return ", ".join(self.declared.choices) or ("true, false" if self.kind is bool else "text")

    def text(self, value: Any) -> str:
        """Return `value` as text for the command line; no value is empty."""
        if value is None:
            return ""
        if self.kind is bool:
            return str(value).lower()
        return self.declared.joined.join(map(str, value)) if self.several else str(value)

    def read(self, value: Any) -> Any:
        """Return a value from a `config.json` of this version or an older one, which stored lists
        as joined text and no value as an empty text.
        """
        if isinstance(value, list):
            return tuple(value)
        if isinstance(value, str) and (self.several or (self.optional and not value)):
            return self.parsed(value)
        return value


def levers(config: type) -> dict[str, Lever]:
    """Return all levers of a config class by name, in the order of its fields.

    A field without `lever` is one without a range.
    """
    return _levers(config)


@cache
def _levers(config: type) -> dict[str, Lever]:
    hints = typing.get_type_hints(config)
    return {field.name: _lever(field, hints[field.name]) for field in dataclasses.fields(config)}


def _lever(field: dataclasses.Field[Any], hint: Any) -> Lever:
    optional = isinstance(hint, types.UnionType) and type(None) in hint.__args__
    if optional:
        (hint,) = (part for part in hint.__args__ if part is not type(None))
    several = typing.get_origin(hint) is tuple
    kind = typing.get_args(hint)[0] if several else hint
    declared = field.metadata.get("lever") or lever(None, "").metadata["lever"]
    return Lever(field.name, kind, several, optional, field.default, declared)
