"""`ferkit publish`."""

from __future__ import annotations

from pathlib import Path

import click

from ferkit.errors import UsageError


@click.command()
@click.argument("model")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of the repository: a new one, an empty one, or an earlier one.",
)
@click.option(
    "--dry-run/--upload",
    default=True,
    show_default=True,
    help="Only write the folder, or upload it to --repo.",
)
@click.option("--repo", metavar="OWNER/NAME", help="With --upload: the repository on the hub.")
@click.option("--private", is_flag=True, help="With --upload: make a new repository private.")
def publish(model: str, out: Path, dry_run: bool, repo: str | None, private: bool) -> None:
    """Write a shipped MODEL as a repository for the Hugging Face Hub; its README is the card.

    Nothing is uploaded without --upload, which reads the access token from HF_TOKEN.

    \b
    Examples:
      ferkit publish small-wild --out hub/small-wild
      HF_TOKEN=... ferkit publish small-wild --out hub/small-wild --upload --repo me/small-wild
    """  # noqa: D301 (click wants the backspace character itself)
    from ferkit.export.hub import check_repository, lay_out, upload

    if dry_run and (repo or private):
        raise UsageError(f"{'--repo' if repo else '--private'} needs --upload.")
    if not dry_run:
        if repo is None:
            raise UsageError("--upload needs the name of a repository: add --repo OWNER/NAME.")
        check_repository(repo)
    folder = lay_out(model, out)
    size = sum(file.stat().st_size for file in folder.iterdir())
    click.echo(f"Wrote {folder} ({size / 1e6:.1f} MB): {', '.join(_names(folder))}")
    if dry_run:
        click.echo("Nothing was uploaded; to upload it, add --upload --repo OWNER/NAME.")
        return
    assert repo is not None
    click.echo(f"Published {upload(folder, repo, private=private)}")


def _names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())
