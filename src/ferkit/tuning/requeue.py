"""Interrupted trials, which are queued again and continue after their last epoch."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ferkit.tuning.worker import is_dead

# A trial that kills its process this often, for example with too much memory, is given up.
MOST_DEATHS: Final = 3

FOLDER: Final = "folder"
ENDED: Final = "ended"
_DEATHS: Final = "deaths"


def requeue_dead(study: Any) -> None:
    """Queue trials again whose process was killed.

    Optuna itself would leave them running forever in a journal, and failed in a database.
    """
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        begun = trial.datetime_start or datetime.now()
        if is_dead(trial.user_attrs, begun.timestamp()):
            requeue(study, trial, died=True)


def requeue(study: Any, trial: Any, *, died: bool) -> None:
    """Queue a running trial again, with its values and its run folder.

    Args:
        study: The study.
        trial: Optuna's frozen trial.
        died: Whether its process died, rather than being stopped by the user.
    """
    from optuna.exceptions import UpdateFinishedTrialError
    from optuna.trial import TrialState

    deaths = trial.user_attrs.get(_DEATHS, 0) + died
    ends = deaths >= MOST_DEATHS
    storage = study._storage
    try:
        if ends:
            words = f"its process died {deaths} times"
            storage.set_trial_user_attr(trial._trial_id, ENDED, words)
        # Only one process succeeds here and queues it; for others that saw the same trial, the
        # update fails.
        state = TrialState.PRUNED if ends else TrialState.FAIL
        storage.set_trial_state_values(trial._trial_id, state)
    except UpdateFinishedTrialError:
        return
    if not ends:
        folder = trial.user_attrs.get(FOLDER, folder_name(trial.number))
        study.enqueue_trial(trial.params, user_attrs={FOLDER: folder, _DEATHS: deaths})


def folder_name(number: int) -> str:
    """Return the name of the run folder of a new trial."""
    return f"trial-{number:04d}"
