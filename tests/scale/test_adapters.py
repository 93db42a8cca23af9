"""Recognition inside other engines: their tables in, rows out; on the real engine if installed."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from ferkit.scale import ScaleOptions
from ferkit.scale.adapters import dask_map, recognize_table, spark_mapper, spark_schema

pd = pytest.importorskip("pandas")

OPTIONS = ScaleOptions(model="nano-fer2013", detector="none", part_size=5)

SPARK = """
import json, sys
from pyspark.sql import SparkSession
from ferkit.scale import ScaleOptions
from ferkit.scale.adapters import spark_mapper, spark_schema

options = ScaleOptions(model="nano-fer2013", detector="none")
builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", False)
session = builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
names = session.createDataFrame([(name,) for name in sys.argv[1:]], ["path"]).repartition(2)
rows = names.mapInPandas(spark_mapper(options), schema=spark_schema(options)).collect()
print(json.dumps([[row.source, row.face, row.p_happy, row.error] for row in rows]))
"""


def test_tables_of_other_engines(pictures: Path) -> None:
    table = pd.DataFrame({"path": [str(pictures / "00.png"), str(pictures / "29.png")]})
    found = recognize_table(table, OPTIONS)
    assert found["source"].tolist() == table["path"].tolist()
    assert found["p_happy"].notna().tolist() == [True, False]
    assert found["error"].isna().tolist() == [True, False]
    (mapped,) = spark_mapper(OPTIONS)(iter([table]))
    pd.testing.assert_frame_equal(mapped, found)
    kinds = dict(part.split("` ") for part in spark_schema(OPTIONS).split(", "))
    assert list(kinds) == [f"`{name}" for name in found.columns]
    assert (kinds["`source"], kinds["`face"], kinds["`p_happy"]) == ("string", "bigint", "double")


def test_a_model_of_another_program_names_its_classes(pictures: Path, tmp_path: Path) -> None:
    model = tmp_path / "theirs.onnx"
    images = onnx.helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, ["n", 48, 48, 1])
    rows = onnx.helper.make_tensor_value_info("rows", onnx.TensorProto.FLOAT, ["n", 3])
    weights = onnx.numpy_helper.from_array(np.eye(1, 3, dtype=np.float32), "weights")
    nodes = [
        onnx.helper.make_node("ReduceMean", ["images"], ["means"], axes=[1, 2], keepdims=0),
        onnx.helper.make_node("MatMul", ["means", "weights"], ["logits"]),
        onnx.helper.make_node("Softmax", ["logits"], ["rows"], axis=1),
    ]
    graph = onnx.helper.make_graph(nodes, "theirs", [images], [rows], [weights])
    opset = [onnx.helper.make_opsetid("", 13)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), model)
    names = ("down", "flat", "up")
    how = ScaleOptions(str(model), "none", class_names=names, pixels="0-1")
    found = recognize_table(pd.DataFrame({"path": [str(pictures / "00.png")]}), how)
    assert found["emotion"].tolist() == ["down"]
    assert [name in spark_schema(how) for name in ("`p_down`", "`p_flat`", "`p_up`")] == [True] * 3


def test_dask_where_it_is_installed(pictures: Path) -> None:
    dd = pytest.importorskip("dask.dataframe", reason="dask is not installed")
    table = pd.DataFrame({"path": [str(pictures / "00.png"), str(pictures / "01.png")]})
    found = dask_map(dd.from_pandas(table, npartitions=2), OPTIONS).compute(scheduler="sync")
    assert found["face"].tolist() == [0, 0]


@pytest.mark.slow
def test_spark_where_it_is_installed(pictures: Path) -> None:
    if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip("needs Spark: pip install pyspark, apt-get install default-jre-headless")
    names = [str(pictures / f"{number:02d}.png") for number in (0, 1, 28, 29)]
    # In a separate process, whose sockets to Spark end with it.
    done = subprocess.run(
        [sys.executable, "-c", SPARK, *names],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"PYSPARK_PYTHON": sys.executable},
    )
    assert done.returncode == 0, done.stderr
    rows = {row[0]: row[1:] for row in json.loads(done.stdout.splitlines()[-1])}
    assert sorted(rows) == names
    (face, happy, error) = rows[names[0]]
    assert (face, error) == (0, None)
    assert 0 < happy < 1
    assert rows[names[3]][:2] == [None, None]
    assert rows[names[3]][2] == "the file is not an image"
