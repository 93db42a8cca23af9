"""Out-of-fold predictions, and confident learning on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ferkit.audit import out_of_fold as module
from ferkit.audit.features import compress, gradient_histograms
from ferkit.audit.folds import N_FOLDS, picture_folds
from ferkit.audit.kernel_ridge import KernelRidge
from ferkit.audit.label_errors import label_error_findings
from ferkit.audit.out_of_fold import OutOfFold, out_of_fold, scores_temperature, softmax
from ferkit.audit.progress import AuditProgress
from ferkit.audit.rows import Rows
from ferkit.audit.state import AuditState
from ferkit.data.dataset import FerDataset


@pytest.fixture(scope="module")
def patterns(make_patterns: Callable[..., FerDataset]) -> FerDataset:
    return make_patterns({"train": 30, "validation": 6, "test": 6}, seed=2)


def predict(dataset: FerDataset, folder: Path, picture: np.ndarray | None = None) -> OutOfFold:
    picture = np.arange(len(dataset)) if picture is None else picture
    state = AuditState(folder, dataset, seed=0)
    return out_of_fold(dataset, picture, 0, state, AuditProgress(quiet=True))


def test_histograms_by_hand() -> None:
    y, x = np.mgrid[:48, :48]
    ramps = np.stack([4 * x, 4 * y, np.full_like(x, 9)]).astype(np.uint8)[..., np.newaxis]
    features = gradient_histograms(ramps)
    planes = features[:, : 4 * 8 * 25].reshape(3, 4, 8, 5, 5)
    # Where grey changes from left to right alone, all strength is in the first orientation.
    assert planes[0, :, 0, 2, 2] == pytest.approx(0.5, abs=0.01)
    assert planes[0, :, 1:, 2, 2] == pytest.approx(0, abs=0.01)
    assert planes[1, :, 4, 2, 2] == pytest.approx(0.5, abs=0.01)
    assert (features[2] == 0).all()


@pytest.mark.parametrize("n", [40, 900])  # fewer rows than features, and more
def test_compression_keeps_distances(n: int) -> None:
    rng = np.random.default_rng(0)
    features = (rng.normal(size=(n, 6)) @ rng.normal(size=(6, 700)) + 3).astype(np.float32)
    small = compress(features, np.ones(n, bool))
    assert small.shape == (n, 6)
    assert (small**2).sum(axis=1).mean() == pytest.approx(1, rel=1e-4)
    before = np.linalg.norm(features[0] - features, axis=1)
    after = np.linalg.norm(small[0] - small, axis=1)
    np.testing.assert_allclose(after / after[1], before / before[1], rtol=1e-3, atol=1e-4)


def test_folds_keep_copies_together_and_are_stratified() -> None:
    picture = np.repeat(np.arange(500), 2)
    labels = np.repeat(np.arange(500) % 7, 2)
    folds = picture_folds(picture, labels, seed=3)
    assert (folds[::2] == folds[1::2]).all()
    for label in range(7):
        counts = np.bincount(folds[labels == label], minlength=N_FOLDS)
        assert counts.max() - counts.min() <= 4
    assert (folds == picture_folds(picture, labels, seed=3)).all()
    assert (folds != picture_folds(picture, labels, seed=4)).any()


def test_predictions_of_a_fold_do_not_depend_on_its_labels() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(120, 5)).astype(np.float32) / 2
    labels = rng.integers(0, 3, 120)
    folds = np.repeat([0, 1, 2, -1], 30)
    model = KernelRidge(features, labels, folds, 3, seed=0)
    everything = np.arange(120)
    before = model.scores(model.fit(without=2), everything)
    changed = labels.copy()
    changed[60:90] = rng.permutation(labels[60:90])  # as many of each, so that the prior stays
    other = KernelRidge(features, changed, folds, 3, seed=0)
    np.testing.assert_allclose(other.scores(other.fit(without=2), everything), before, atol=1e-5)
    assert (
        np.abs(other.scores(other.fit(), everything) - model.scores(model.fit(), everything)).max()
        > 0.01
    )


def test_evaluation_splits_are_predicted_by_models_of_train_only(
    patterns: FerDataset, tmp_path: Path
) -> None:
    outside = patterns.splits > 0
    labels = patterns.labels.copy()
    labels[outside] = (labels[outside] + 1) % 7
    mine, other = (
        predict(data, tmp_path / str(i))
        for i, data in enumerate((patterns, replace(patterns, labels=labels)))
    )
    np.testing.assert_array_equal(mine.probabilities, other.probabilities)
    assert mine.temperature == other.temperature
    assert mine.accuracy(patterns.labels, patterns.splits == 2) > 0.9


def test_a_wrong_label_in_train_does_not_help_its_copies(
    patterns: FerDataset, tmp_path: Path
) -> None:
    test = int(np.flatnonzero(patterns.splits == 2)[0])
    images, labels = patterns.images.copy(), patterns.labels.copy()
    images[:2] = images[test]  # two copies in train with a label that is wrong
    labels[:2] = (labels[test] + 3) % 7
    data = replace(patterns, images=images, labels=labels)
    picture = np.arange(len(data))
    picture[:2] = picture[test]
    found = predict(data, tmp_path, picture)
    assert (found.probabilities[[0, 1, test]].argmax(axis=1) == patterns.labels[test]).all()


def test_a_stopped_computation_resumes(
    patterns: FerDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = predict(patterns, tmp_path / "whole")
    calls: list[int | None] = []
    fit = KernelRidge.fit

    def interrupted(self: KernelRidge, without: int | None = None) -> np.ndarray:
        calls.append(without)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return fit(self, without)

    monkeypatch.setattr(KernelRidge, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        predict(patterns, tmp_path / "state")
    assert calls == [0, 1, 2, 3]
    again = predict(patterns, tmp_path / "state")
    assert calls[4:] == [3, 4, None]
    np.testing.assert_array_equal(again.probabilities, whole.probabilities)

    monkeypatch.setattr(module, "KernelRidge", None)  # nothing is left to fit
    np.testing.assert_array_equal(
        predict(patterns, tmp_path / "state").probabilities, whole.probabilities
    )


def test_half_a_file_is_computed_again(patterns: FerDataset, tmp_path: Path) -> None:
    state = AuditState(tmp_path, patterns, 0)
    assert state.array("x", lambda: np.arange(5)).tolist() == [0, 1, 2, 3, 4]
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-8])
    assert state.array("x", lambda: np.arange(6)).tolist() == [0, 1, 2, 3, 4, 5]
    assert state.resumed == []
    assert state.array("x", lambda: np.arange(7)).tolist() == [0, 1, 2, 3, 4, 5]
    assert state.resumed == ["x"]


def test_state_of_other_data_is_ignored(patterns: FerDataset, tmp_path: Path) -> None:
    AuditState(tmp_path / "s", patterns, 0).array("x", lambda: np.arange(5))
    for other, seed in ((replace(patterns, labels=patterns.labels[::-1].copy()), 0), (patterns, 1)):
        AuditState(tmp_path / "s", patterns, 0).array("x", lambda: np.arange(5))
        state = AuditState(tmp_path / "s", other, seed)
        assert not (tmp_path / "s").exists()
        assert state.array("x", lambda: np.arange(2)).tolist() == [0, 1]


def test_other_files_are_kept(patterns: FerDataset, tmp_path: Path) -> None:
    foreign = [tmp_path / name for name in ("notes.txt", "mine.npy", "sub/x-0-0123456789ab.npy")]
    (tmp_path / "sub").mkdir()
    for file in foreign:
        file.write_text("mine")
    AuditState(tmp_path, patterns, 1).array("x", lambda: np.arange(5))
    (tmp_path / ".x-0-0123456789ab.01234567.npy").touch()  # what a kill left
    state = AuditState(tmp_path, patterns, 0)
    assert len(list(tmp_path.glob("*"))) == 3, "nothing of the other seed is left"
    state.array("x", lambda: np.arange(5))
    state.finish()
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == sorted(foreign)


def test_temperature_calibrates_probabilities() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20_000, 3))
    shares = softmax(scores / 0.4)
    labels = (rng.random((20_000, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    assert scores_temperature(scores, labels) == pytest.approx(0.4, abs=0.02)


def test_wrong_labels_are_found(patterns: FerDataset, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    train = np.flatnonzero(patterns.splits == 0)
    wrong = rng.choice(train, 12, replace=False)
    labels = patterns.labels.copy()
    labels[wrong] = (labels[wrong] + rng.integers(1, 7, 12)) % 7
    data = replace(patterns, labels=labels)
    findings = list(label_error_findings(Rows(data), predict(data, tmp_path).probabilities))
    found = {f.source: f.suggested for f in findings if f.split == "train"}
    truth = {str(data.sources[i]): data.emotions[patterns.labels[i]] for i in wrong}
    right = {source for source, name in found.items() if truth.get(source) == name}
    assert len(right) >= 10
    assert len(found) <= 15
    quality = [float(f.score) for f in findings if f.split == "train"]
    assert quality == sorted(quality)
    assert all(f.exclude == "yes" for f in findings if f.split == "train")


def test_a_label_that_a_split_lacks(patterns: FerDataset, tmp_path: Path) -> None:
    data = patterns.select(patterns.labels != 1)
    probabilities = predict(data, tmp_path).probabilities
    assert probabilities.shape == (len(data), 7)
    assert not [
        f for f in label_error_findings(Rows(data), probabilities) if f.suggested == "disgust"
    ]


def test_a_label_with_one_image_gives_no_warning(patterns: FerDataset) -> None:
    disgust = np.flatnonzero((patterns.labels == 1) & (patterns.splits == 0))
    kept = np.setdiff1d(np.arange(len(patterns)), disgust[1:])
    data = patterns.select(kept)
    sure = np.full((len(data), 7), 0.01)
    sure[np.arange(len(data)), data.labels] = 0.94
    assert not list(label_error_findings(Rows(data), sure))
