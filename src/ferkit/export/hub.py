"""A shipped model as a repository of the Hugging Face Hub, whose README is the model's card."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ferkit.errors import MissingDependencyError, OutputError, UsageError, first_line
from ferkit.export.cards.page import extra_labels, model_page
from ferkit.files import atomic_folder, read_json, write_json, write_text
from ferkit.targets import check_whole_folder
from ferkit.weights import keras_file, model_card, onnx_file

DOCUMENTATION: Final = "https://ferkit.github.io/ferkit"
CARD_FILE: Final = "ferkit-card.json"

_REPOSITORY = re.compile(r"[\w-]+(\.[\w-]+)*/[\w-]+(\.[\w-]+)*")
_TASK = "image-classification"
_SPLITS = {"validation": "PublicTest", "test": "PrivateTest"}
# Figures of the card, and their names on the hub.
_METRICS = {"accuracy": "accuracy", "macro_f1": "f1", "balanced_accuracy": "balanced_accuracy"}


def lay_out(name: str, out: str | os.PathLike[str]) -> Path:
    """Write the repository of a shipped model into a folder, without uploading anything.

    It contains `README.md`, which is the model's page with its figures as `model-index` metadata,
    the ONNX file, the Keras file if there is one, and the card as `ferkit-card.json`.

    Args:
        name: One of `ferkit.weights.shipped_models()`.
        out: The folder: a new one, an empty one, or an earlier layout, which is replaced as a
            whole.

    Returns:
        The folder.

    Raises:
        UsageError: There is no shipped model of this name.
        MissingDependencyError: huggingface_hub is not installed.
        ModelError: A file of the model is damaged.
        DownloadError: A file is not in this installation and cannot be downloaded.
        OutputError: The folder holds something else, or cannot be written.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     made = lay_out("nano-fer2013-int8", f"{folder}/hub")
        ...     print(*sorted(file.name for file in made.iterdir()))
        README.md ferkit-card.json nano-fer2013-int8.onnx
    """
    folder = Path(out)
    card = model_card(name)
    readme = hub_readme(card)
    check_whole_folder(folder, kind="a repository of ferkit's", own=(folder / CARD_FILE).is_file)
    files = [onnx_file(name)]
    if "keras" in card["files"] and "variant_of" not in card:
        files.append(keras_file(name))
    with atomic_folder(folder) as partial:
        for file in files:
            shutil.copyfile(file, partial / file.name)
        write_json(partial / CARD_FILE, card)
        write_text(partial / "README.md", readme)
    return folder


def hub_readme(card: dict[str, Any]) -> str:
    """Return the card as the README of a hub repository: metadata with `model-index`, then the
    model's page.

    Raises:
        MissingDependencyError: huggingface_hub is not installed.
    """
    hub = _import_hub()
    data = hub.ModelCardData(
        model_name=card["name"],
        license="mit",
        language="en",
        library_name="onnx",
        pipeline_tag=_TASK,
        tags=["facial-expression-recognition", "emotion-recognition", "fer2013", "ferkit"],
        metrics=["accuracy", "f1"],
        eval_results=[hub.EvalResult(**result) for result in _results(card)],
    )
    # The page's relative links refer to other pages of the documentation.
    page = re.sub(
        r"\]\((\.\./)?([\w-]+)\.md\)",
        lambda m: f"]({DOCUMENTATION}/{'' if m[1] else 'models/'}{m[2]}.html)",
        model_page(card),
    )
    return f"---\n{data.to_yaml(line_break=chr(10))}\n---\n\n{page}"


def upload(
    folder: str | os.PathLike[str],
    repository: str,
    *,
    private: bool = False,
    token: str | None = None,
    endpoint: str | None = None,
) -> str:
    """Upload a folder written by `lay_out` to the hub as one commit; a missing repository is
    created.

    Args:
        folder: The folder.
        repository: `OWNER/NAME`.
        private: Whether a new repository is private. Defaults to False.
        token: The owner's access token. Defaults to None: `HF_TOKEN`, or that of
            `hf auth login`.
        endpoint: The hub's address. Defaults to None: `HF_ENDPOINT`, or the public hub.

    Returns:
        The address of the repository.

    Raises:
        UsageError: `repository` is not of the form `OWNER/NAME`.
        MissingDependencyError: huggingface_hub is not installed.
        OutputError: The folder was not written by `lay_out`, or the hub refuses or cannot be
            reached.
    """
    check_repository(repository)
    if not (Path(folder) / CARD_FILE).is_file():
        raise OutputError(f"{folder} contains no {CARD_FILE}; write it with lay_out first.")
    card = read_json(Path(folder) / CARD_FILE)
    hub = _import_hub()
    api = hub.HfApi(endpoint=endpoint, token=token)
    try:
        made = api.create_repo(repository, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repository,
            folder_path=folder,
            commit_message=f"Publish {card['name']} of ferkit {card['ferkit']}",
        )
    except Exception as error:
        # The client raises its own exceptions and those of its HTTP library; for a large file,
        # one that says only that it could not be uploaded.
        reason = error.__cause__ if isinstance(error, RuntimeError) and error.__cause__ else error
        raise OutputError(
            f"Cannot publish to {repository}: {first_line(reason)[:300]}; check the network, and "
            "that the token (HF_TOKEN) has write access."
        ) from error
    return str(made)


def check_repository(name: str) -> None:
    """Check the name of a repository.

    Raises:
        UsageError: It is not of the form `OWNER/NAME`.
    """
    if not _REPOSITORY.fullmatch(name):
        raise UsageError(f"A repository must be named OWNER/NAME, not {name!r}.")


def _results(card: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the figures on each split with one pass, on votes and on photographs."""
    own = "FER-2013" + " (trained with extra labels)" * extra_labels(card)
    for split, official in _SPLITS.items():
        for key in _METRICS:
            yield _result("fer2013", own, official, key, card["evaluation"]["tta"]["none"][split])
    if "ferplus" in card:
        votes = card["ferplus"]["tta"]["flip"]["test"]
        yield _result("ferplus", "FER+ majority, with the mirror image", "test", "accuracy", votes)
    if "wild" in card:
        photographs = "news photographs that the model was chosen on, with the mirror image"
        yield _result("lfw", photographs, "all", "accuracy", card["wild"]["views"]["flip"])


def _result(
    dataset: str, name: str, split: str, key: str, figures: dict[str, Any]
) -> dict[str, Any]:
    return {
        "task_type": _TASK,
        "task_name": "Facial expression recognition",
        "dataset_type": dataset,
        "dataset_name": name,
        "dataset_split": split,
        "metric_type": _METRICS[key],
        "metric_name": key.replace("_", " "),
        "metric_value": figures[key],
    }


def _import_hub() -> Any:
    # No usage statistics, whatever the default.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import huggingface_hub
    except ImportError as error:
        raise MissingDependencyError.of("huggingface_hub", "Publishing", "hub") from error
    return huggingface_hub
