"""`TrainingCurvesDisplay`: the curves, the best epoch, the drops of the learning rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from ferkit.displays import TrainingCurvesDisplay
from ferkit.errors import DataError, UsageError
from ferkit.files import write_json

HISTORY = {
    "accuracy": [0.3, 0.5, 0.6, 0.7],
    "loss": [1.8, 1.4, 1.1, 0.8],
    "val_accuracy": [0.35, 0.48, 0.52, 0.52],
    "val_loss": [1.7, 1.4, 1.3, 1.35],
    "learning_rate": [0.001, 0.0009, 0.0001, 0.00009],
}


def lines(ax: object) -> dict[str, tuple[list[float], list[float]]]:
    return {
        line.get_label(): (list(line.get_xdata()), list(line.get_ydata()))
        for line in ax.get_lines()  # type: ignore[attr-defined]
    }


def test_both_curves_in_both_panels() -> None:
    display = TrainingCurvesDisplay(HISTORY).plot()
    accuracy, loss = (lines(ax) for ax in display.ax_)
    assert accuracy["training"] == ([1, 2, 3, 4], pytest.approx([30, 50, 60, 70]))
    assert accuracy["validation"][1] == pytest.approx([35, 48, 52, 52])
    assert loss["training"][1] == pytest.approx([1.8, 1.4, 1.1, 0.8])
    assert [ax.get_title(loc="left") for ax in display.ax_] == ["Accuracy", "Loss"]


def test_the_best_epoch_is_the_first_of_ties_and_in_the_legend() -> None:
    display = TrainingCurvesDisplay(HISTORY).plot()
    assert display.best_epoch == 3
    words = [[t.get_text() for t in ax.get_legend().get_texts()] for ax in display.ax_]
    assert "best epoch, 3: 52.0 %" in words[0]
    assert "best epoch, 3: 1.300" in words[1]
    assert lines(display.ax_[0])["best epoch, 3: 52.0 %"] == ([3], pytest.approx([52]))


def test_drops_are_steps_and_not_a_smooth_decay() -> None:
    display = TrainingCurvesDisplay(HISTORY).plot()
    assert display.drops == [3], "epoch 3 is the first with a tenth of the rate"
    marks = [x for label, (x, _) in lines(display.ax_[0]).items() if "drops" in label]
    assert marks == [[2.5, 2.5]]


def test_the_plateau_factor_marks_drops_exactly() -> None:
    factor = [1.0, 1.0, 0.9, 0.9]
    assert TrainingCurvesDisplay({**HISTORY, "plateau_factor": factor}).drops == [3]


def test_without_validation_the_training_accuracy_decides() -> None:
    display = TrainingCurvesDisplay({"accuracy": [0.3, 0.5, 0.4], "loss": [1.8, 1.4, 1.5]}).plot()
    assert display.best_epoch == 2
    assert display.drops == []
    assert set(lines(display.ax_[0])) == {"training", "best epoch, 2: 50.0 %"}


def test_epochs_without_a_value_are_left_out() -> None:
    nan = float("nan")
    history = {**HISTORY, "val_accuracy": [0.3, nan, 0.4, nan], "val_loss": [nan] * 4}
    display = TrainingCurvesDisplay(history).plot()
    assert display.best_epoch == 3
    assert "validation" in lines(display.ax_[0])
    assert not any("best" in label for label in lines(display.ax_[1]))
    display.figure_.canvas.draw()  # type: ignore[no-untyped-call]
    every = TrainingCurvesDisplay({"accuracy": [nan, nan], "loss": [nan, nan]})
    assert every.best_epoch == 1
    every.plot()


def test_one_epoch_is_a_visible_point() -> None:
    display = TrainingCurvesDisplay({"accuracy": [0.3], "loss": [1.8]}).plot()
    assert all(line.get_marker() == "o" for line in display.ax_[0].get_lines())


def test_axes_given_one_or_two() -> None:
    figure = Figure()
    axes = figure.subplots(2, 1)
    display = TrainingCurvesDisplay(HISTORY).plot(axes)
    assert display.ax_.tolist() == axes.tolist()
    assert display.figure_ is figure
    single = Figure().subplots()
    alone = TrainingCurvesDisplay(HISTORY).plot(single, metrics=["loss"])
    assert alone.ax_.tolist() == [single]
    assert single.get_title(loc="left") == "Loss"
    with pytest.raises(UsageError, match="2 metrics need as many axes, got 1"):
        TrainingCurvesDisplay(HISTORY).plot(single)
    with pytest.raises(UsageError, match="metrics from accuracy, loss, got f1"):
        TrainingCurvesDisplay(HISTORY).plot(metrics=["f1"])


def test_from_a_file_a_keras_history_and_a_table(tmp_path: Path) -> None:
    import pandas as pd

    table = pd.DataFrame({"epoch": range(4), **HISTORY})
    table.to_csv(tmp_path / "history.csv", index=False)

    class History:
        history = HISTORY

    made = [
        TrainingCurvesDisplay.from_csv(tmp_path / "history.csv"),
        TrainingCurvesDisplay.from_history(table),
        TrainingCurvesDisplay.from_history(History()),
        TrainingCurvesDisplay.from_history(HISTORY),
    ]
    for display in made:
        assert set(display.history) == set(HISTORY)
        for name, values in HISTORY.items():
            assert np.allclose(display.history[name], values)


def test_the_best_epoch_is_the_one_the_run_saved(tmp_path: Path) -> None:
    history = {
        "accuracy": [0.3, 0.5, 0.6],
        "loss": [1.8, 1.4, 1.2],
        "val_accuracy": [0.3, 0.4, 0.5],
        "val_loss": [1.7, 1.5, 1.6],
    }
    assert TrainingCurvesDisplay(history).best_epoch == 3
    assert TrainingCurvesDisplay(history, monitor="val_loss").best_epoch == 2
    rows = zip(range(3), *history.values(), strict=True)
    table = [",".join(["epoch", *history]), *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "history.csv").write_text("\n".join(table) + "\n")
    assert TrainingCurvesDisplay.from_csv(tmp_path / "history.csv").best_epoch == 3
    # As demo and finetune choose.
    write_json(tmp_path / "config.json", {"checkpoint_monitor": "val_loss"})
    display = TrainingCurvesDisplay.from_csv(tmp_path / "history.csv")
    assert display.best_epoch == 2
    assert "best epoch, 2: 1.500" in lines(display.plot().figure_.axes[1])
    with pytest.raises(
        DataError, match="Expected a history with val_f1 to determine the best epoch"
    ):
        TrainingCurvesDisplay(history, monitor="val_f1")


def test_an_empty_cell_is_no_number(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("epoch,accuracy,loss,val_accuracy\n0,0.3,1.8,\n1,0.4,1.6,0.5\n")
    display = TrainingCurvesDisplay.from_csv(tmp_path / "h.csv")
    assert np.isnan(display.history["val_accuracy"][0])
    assert display.best_epoch == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch,accuracy\n0,0.3\n", "loss is missing; it has accuracy"),
        ("epoch,accuracy,loss\n", "accuracy and loss is missing; it has no columns"),
        ("epoch,accuracy,loss\n0,good,1.8\n", "Expected numbers in every column.*'good'"),
        ("epoch,accuracy,loss\n0,0.3,1.8,7\n", "Expected numbers in every column"),
    ],
)
def test_something_else_than_a_history_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        TrainingCurvesDisplay.from_csv(tmp_path / "history.csv")


def test_columns_of_different_length_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"same number of epochs in every column.*\[1, 2\]"):
        TrainingCurvesDisplay({"accuracy": [0.3, 0.4], "loss": [1.8]})
    with pytest.raises(DataError, match="was the training stopped in its first epoch"):
        TrainingCurvesDisplay({"accuracy": [], "loss": []})
    with pytest.raises(DataError, match=r"missing\.csv cannot be read"):
        TrainingCurvesDisplay.from_csv(tmp_path / "missing.csv")
