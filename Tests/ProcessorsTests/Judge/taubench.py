"""Real runs of an agent as an experiment's executions, and what the experiment must come to, by scipy.

usage: taubench.py FOLDER
FOLDER holds gpt-4o-airline.json.gz of tau-bench (sierra-research/tau-bench, MIT): 50 tasks, each tried four times. Prints
events in structured form, a line each, then a line {"expected": {experiment: {...}}}. In the experiment `trials` the first
two trials of a task are control and the others treatment, each run a unit of its own; in `users` each task is a user with
four runs, whose arm follows from its id as docs/experiments.md says.
"""

import gzip
import hashlib
import json
import math
import sys

import numpy as np
from scipy import stats

ATTRIBUTES = {"specversion": "1.0", "source": "/tau-bench", "organization": "acme", "agent": "airline"}


def event(type, id, minute, data):
    time = f"2026-01-01T{minute // 60:02d}:{minute % 60:02d}:00Z"
    print(json.dumps(ATTRIBUTES | {"id": id, "type": type, "time": time, "data": data}))


def assigned(user, experiment):
    digest = hashlib.sha256(f"{experiment}:{user}".encode()).digest()
    return "treatment" if (int.from_bytes(digest[:8], "big") >> 11) / 2**53 < 0.5 else "control"


def compared(values):
    """By arm lists of units' values."""
    control, treatment = values["control"], values["treatment"]
    test = stats.ttest_ind(treatment, control, equal_var=False)
    return {
        "units": [len(control), len(treatment)], "mean": [float(np.mean(control)), float(np.mean(treatment))],
        "variance": [float(np.var(control, ddof=1)), float(np.var(treatment, ddof=1))],
        "statistic": float(test.statistic), "p_value": float(test.pvalue)}


def main():
    runs = json.load(gzip.open(f"{sys.argv[1]}/gpt-4o-airline.json.gz"))
    for experiment, metric in (("trials", "task_completed"), ("users", "task_completed")):
        event("experiment.created", f"{experiment}-1", 0, {
            "experiment_id": experiment, "name": experiment, "primary_metric": metric, "minimum_samples": 10,
            "minimum_duration_hours": 1, "guardrail_metrics": ["duration_ms", "thumbs_up"]})
        event("experiment.changed", f"{experiment}-2", 1, {"experiment_id": experiment, "status": "running"})
    names = ("task_completed", "duration_ms", "thumbs_up")
    trials = {name: {"control": [], "treatment": []} for name in names}
    users = {}
    for number, run in enumerate(runs):
        id = f"{run['task_id']}-{run['trial']}"
        success = float(run["reward"] == 1)
        measured = {"task_completed": success, "duration_ms": len(run["traj"]) * 1250.5, "thumbs_up": success}
        arm = "control" if run["trial"] < 2 else "treatment"
        data = {"status": "ok", "task_completed": success == 1, "duration_ms": measured["duration_ms"]}
        event("execution.completed", f"{id}-trials", 2 + number % 60, data | {
            "execution_id": f"{id}-trials", "experiments": [{"experiment_id": "trials", "arm": arm}]})
        user = f"task-{run['task_id']}"
        event("execution.completed", f"{id}-users", 2 + number % 60, data | {
            "execution_id": f"{id}-users", "user_id": user,
            "experiments": [{"experiment_id": "users", "arm": assigned(user, "users")}]})
        for experiment in ("trials", "users"):
            event("feedback.given", f"{id}-{experiment}-feedback", 2 + number % 60, {
                "feedback_type": "thumbs_up" if success else "thumbs_down", "execution_id": f"{id}-{experiment}"})
        for name in names:
            trials[name][arm].append(measured[name])
            users.setdefault(user, {}).setdefault(name, []).append(measured[name])
    by_user = {name: {"control": [], "treatment": []} for name in names}
    for user, values in users.items():
        for name in names:
            by_user[name][assigned(user, "users")].append(math.fsum(values[name]) / len(values[name]))
    expected = {"trials": trials, "users": by_user}
    print(json.dumps({"expected": {
        name: {metric: compared(values) for metric, values in found.items()} for name, found in expected.items()}}))


main()
