"""Adapters for engines with their own tables: Spark's `mapInPandas`, Dask's `map_partitions`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ferkit.scale.options import ScaleOptions

if TYPE_CHECKING:
    import pandas as pd

    from ferkit.inference.face_row import Column
    from ferkit.scale.worker import Worker


def spark_mapper(
    options: ScaleOptions, column: str = "path"
) -> Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]]:
    """Return the function for `DataFrame.mapInPandas`; its schema is `spark_schema`.

    Args:
        options: Options of recognition.
        column: Column with paths or addresses that every worker can open. Defaults to "path".

    Example:
        >>> import pandas as pd
        >>> mapper = spark_mapper(ScaleOptions("nano-fer2013", "none"))
        >>> [rows] = mapper(iter([pd.DataFrame({"path": ["missing.jpg"]})]))
        >>> rows["error"].notna().tolist()
        [True]
    """

    def mapper(tables: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        return (recognize_table(table, options, column) for table in tables)

    return mapper


def spark_schema(options: ScaleOptions) -> str:
    """Return the columns of the rows in Spark's DDL, for the second argument of `mapInPandas`.

    Raises:
        ModelError: The model is missing or broken.
    """
    kinds = {"text": "string", "whole": "bigint", "truth": "boolean", "number": "double"}
    return ", ".join(f"`{column.name}` {kinds[column.kind]}" for column in _columns(options))


def dask_map(table: Any, options: ScaleOptions, column: str = "path") -> Any:
    """Return a lazy Dask table of rows for a table with a column of paths.

    Args:
        table: A Dask DataFrame.
        options: Options of recognition.
        column: Column with paths or addresses that every worker can open. Defaults to "path".

    Raises:
        ModelError: The model is missing or broken.
    """
    return table.map_partitions(recognize_table, options, column, meta=_typed([], options))


def recognize_table(
    table: pd.DataFrame, options: ScaleOptions, column: str = "path"
) -> pd.DataFrame:
    """Return the rows of every source in a column of a pandas table, in the order of the table.

    Raises:
        ModelError: The model is missing or broken.
    """
    from ferkit.inference.records import flat_rows

    worker = _worker(options)
    records = (record for name in table[column] for record in worker.records(str(name)))
    rows = [row for record in records for row in flat_rows(record)]
    return _typed(rows, options)


def _typed(rows: list[dict[str, Any]], options: ScaleOptions) -> pd.DataFrame:
    import pandas as pd

    kinds = {"text": "string", "whole": "Int64", "truth": "boolean", "number": "float64"}
    types = {column.name: kinds[column.kind] for column in _columns(options)}
    return pd.DataFrame(rows, columns=list(types)).astype(types)


@lru_cache(maxsize=1)
def _worker(options: ScaleOptions) -> Worker:
    from ferkit.scale.worker import Worker

    return Worker(options, ".")


@lru_cache(maxsize=1)
def _columns(options: ScaleOptions) -> tuple[Column, ...]:
    from ferkit.inference.classifier import EmotionClassifier
    from ferkit.inference.face_row import columns

    classifier = EmotionClassifier(
        options.model,
        class_names=options.class_names,
        pixels=options.pixels,
        classes=options.classes,
    )
    return tuple(columns(classifier.emotions))
