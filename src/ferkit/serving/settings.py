"""Settings of a server: by name, by variable `FERKIT_NAME`, or by option of `ferkit serve`."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ferkit.errors import FerkitError, UsageError
from ferkit.inference.parallel import usable_cores
from ferkit.weights import DEFAULT_MODEL

PREFIX: Final = "FERKIT_"

# Variables that other parts of ferkit read, which are no typing mistakes.
OTHER_VARIABLES: Final = frozenset(
    {
        "FERKIT_CACHE",
        "FERKIT_DATA",
        "FERKIT_NOTEBOOK",
        "FERKIT_SHARED",
        "FERKIT_WEIGHTS",
        "FERKIT_YUNET",
    }
)

_Names = Annotated[tuple[str, ...], NoDecode]


class ServeSettings(BaseSettings):
    """The settings of a server; each is also the variable `FERKIT_NAME`.

    Lists are separated by commas. Arguments take precedence over variables, and variables over
    defaults. Use `load_settings` for errors of one sentence.

    Example:
        >>> ServeSettings(port=9000).port
        9000
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen at.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen at; 0: any free one.")
    insecure: bool = Field(
        False, description="Listen at addresses other than loopback without a token."
    )
    tokens: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="Bearer tokens, one of which every request must send."
    )
    token_file: Path | None = Field(None, description="File with one token per line.")
    allowed_hosts: _Names = Field(
        (),
        description="Host names of the server, separated by commas; localhost always works.",
    )
    page: bool = Field(True, description="Serve the web page at /.")

    model: str = Field(DEFAULT_MODEL, description="Model of requests that name none.")
    models: _Names = Field(
        (),
        description="Models for requests, shipped names or .onnx files, separated by commas; "
        "none: all shipped models.",
    )
    detector: str = Field("auto", description="Detector of requests that name none.")
    threads: int = Field(
        default_factory=usable_cores, ge=1, le=256, description="Pictures processed at once."
    )
    queue: int = Field(16, ge=0, le=10_000, description="Requests that may wait for a thread.")

    max_body_mb: float = Field(20, gt=0, le=4096, description="Largest body of a request, in MB.")
    max_megapixels: float = Field(
        50, gt=0, le=100, description="Largest picture, in millions of pixels."
    )
    max_images: int = Field(16, ge=1, le=1000, description="Most pictures in one request.")
    body_s: float = Field(30, gt=0, description="Seconds for a body to arrive.")
    answer_s: float = Field(30, gt=0, description="Seconds from body to answer.")
    header_s: float = Field(10, gt=0, description="Seconds for the header of a request to arrive.")
    drain_s: float = Field(30, ge=0, description="Seconds to finish requests after a stop signal.")

    max_live: int = Field(4, ge=0, le=1000, description="Most live sessions at once.")
    live_idle_s: float = Field(60, gt=0, description="Seconds without a frame that end a session.")

    max_jobs: int = Field(8, ge=0, le=1000, description="Most videos kept, waiting or done.")
    max_video_mb: float = Field(200, gt=0, description="Largest video, in MB.")
    max_frames: int = Field(54_000, ge=1, description="Most frames of a video.")
    video_body_s: float = Field(600, gt=0, description="Seconds for a video to arrive.")
    keep_s: float = Field(3600, gt=0, description="Seconds that a finished video is kept.")
    jobs_folder: Path | None = Field(
        None, description="Folder for videos in progress; none: in ferkit's cache folder."
    )

    @field_validator("tokens", "allowed_hosts", "models", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    def secrets(self) -> tuple[str, ...]:
        """Return all tokens, including those in `token_file`.

        Raises:
            UsageError: The file cannot be read or contains no token, or a token is shorter than 16
                characters or not ASCII.
        """
        found = [token.get_secret_value() for token in self.tokens]
        if self.token_file is not None:
            try:
                lines = self.token_file.read_text("utf-8").split()
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not text"
                raise UsageError(
                    f"Cannot read the token file {self.token_file}: {reason}."
                ) from error
            if not lines:
                raise UsageError(f"The token file {self.token_file} contains no token.")
            found += lines
        if any(len(token) < 16 or not token.isascii() for token in found):
            raise UsageError(
                "A token must have at least 16 ASCII characters; create one with: "
                "openssl rand -hex 24"
            )
        return tuple(found)


def load_settings(**given: Any) -> ServeSettings:
    """Return the settings from variables and arguments; arguments that are None do not count.

    Raises:
        UsageError: A value is out of range, a setting is unknown, or there is a variable
            `FERKIT_...` that nothing reads.

    Example:
        >>> load_settings(queue=-1)
        Traceback (most recent call last):
        ferkit.errors.UsageError: queue: Input should be greater than or equal to 0, not -1.
    """
    check_variables(os.environ)
    try:
        return ServeSettings(**{name: v for name, v in given.items() if v is not None})
    except ValidationError as error:
        raise _sentence(error) from None


def check_variables(variables: Mapping[str, str]) -> None:
    """Check that every variable with the prefix is known, to catch typing mistakes.

    Raises:
        UsageError: There is an unknown variable.

    Example:
        >>> check_variables({"FERKIT_TOKEN": "x"})
        Traceback (most recent call last):
        ferkit.errors.UsageError: There is no setting FERKIT_TOKEN; did you mean FERKIT_TOKENS?
    """
    known = {PREFIX + name.upper() for name in ServeSettings.model_fields} | OTHER_VARIABLES
    for name in sorted(variables):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), sorted(known), 1)
            hint = f"did you mean {near[0]}?" if near else "docs/serving.md lists them; unset it."
            raise UsageError(f"There is no setting {name}; {hint}")


def _sentence(error: ValidationError) -> FerkitError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"]) or "settings"
    secret = name.startswith("token")
    shown = "" if secret else f", not {first['input']}"
    return UsageError(f"{name}: {first['msg']}{shown}.")
