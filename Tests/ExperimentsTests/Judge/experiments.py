"""Makes up experiments and computes what becomes of them, written apart from the fold, for it to be compared with.

usage: experiments.py COUNT SEED
Prints JSON Lines: {"design", "events", "analysed_at", "expected"}. Times are hours since the experiment began.
Events come in any order; what counts, by user, is what docs/experiments.md says.
"""

import collections
import hashlib
import json
import math
import random
import sys
import warnings

warnings.simplefilter("ignore")

import numpy as np
from gbstats.frequentist.tests import SequentialConfig, SequentialTwoSidedTTest
from gbstats.gbstats import check_srm
from gbstats.models.statistics import SampleMeanStatistic
from scipy import stats
from statsmodels.stats.multitest import multipletests

METRICS = {"task_completed": ("mean", "higher"), "duration_ms": ("mean", "lower"), "renewal": ("rate", "higher"),
           "rating": ("mean", "higher"), "cost_usd": ("mean", "lower"), "complaint": ("rate", "lower")}


def assigned(experiment, user, share):
    digest = hashlib.sha256(f"{experiment}:{user}".encode()).digest()
    return "treatment" if (int.from_bytes(digest[:8], "big") >> 11) / 2**53 < share else "control"


def value(chance, metric, is_treatment, effect):
    shift = effect if is_treatment else 0
    return {
        "task_completed": lambda: float(chance.random() < min(1, max(0, 0.6 + 0.2 * shift))),
        "duration_ms": lambda: chance.lognormvariate(6 + 0.3 * shift, 1),
        "renewal": lambda: float(chance.random() < 0.3 + 0.1 * shift),
        "rating": lambda: float(min(5, max(1, round(chance.gauss(3.5 + shift, 1))))),
        "cost_usd": lambda: chance.random() * (0.1 + 0.05 * shift), "complaint": lambda: float(chance.random() < 0.1),
    }[metric]()


def made_up(chance, number):
    names = list(METRICS)
    chance.shuffle(names)
    share = chance.choice([0.5, 0.5, 0.2])
    design = {
        "id": f"experiment-{number}", "treatment_share": share, "minimum_duration_hours": chance.choice([0, 0, 24, 168]),
        "minimum_samples": chance.choice([5, 5, 40, 1000]), "scope": chance.choice(["per_arm", "total"]),
        "primary": names[0], "guardrails": names[1:chance.randrange(1, 4)]}
    ends = chance.choice([None, None, 30, 200])
    effect = chance.choice([0, 2, 1, -2])
    broken = chance.random() < 0.15  # half of the treatment's users are not recorded
    events, serial = [], 0
    for user in range(chance.choice([2, 12, 60, 300])):
        unit = f"user:u{user}"
        arm = assigned(design["id"], f"u{user}", share)
        if broken and arm == "treatment" and chance.random() < 0.6:
            continue
        kind = chance.random()
        known = arm if kind > 0.03 else None
        for _ in range(chance.choice([1, 1, 2, 5])):
            serial += 1
            seen = arm if kind > 0.06 or chance.random() < 0.5 else ("control" if arm == "treatment" else "treatment")
            measures = [
                [metric, value(chance, metric, arm == "treatment", effect), False]
                for metric in names if chance.random() < 0.7]
            event = {"unit": unit, "arm": seen if known else None, "time": round(chance.uniform(-5, 260), 4),
                     "event": serial if chance.random() < 0.3 else 0, "measures": measures}
            events.append(event)
            if event["event"] and chance.random() < 0.3:
                events.append(event)
            if measures and chance.random() < 0.1:
                metric, taken, _ = chance.choice(measures)
                events.append({"unit": unit, "arm": event["arm"], "time": event["time"], "event": 0,
                               "measures": [[metric, taken, True]]})
    return design, ends, events


def summary(values, kind):
    if not values:
        return None
    mean = float(np.mean(values))
    variance = mean * (1 - mean) if kind == "rate" else (float(np.var(values, ddof=1)) if len(values) > 1 else 0.0)
    return {"units": len(values), "mean": mean, "variance": variance, "sorted": sorted(values)}


def comparison(control, treatment):
    if not control or not treatment or min(control["units"], treatment["units"]) < 2:
        return None
    if control["variance"] + treatment["variance"] <= 0:
        return None
    test = stats.ttest_ind_from_stats(
        treatment["mean"], math.sqrt(treatment["variance"]), treatment["units"],
        control["mean"], math.sqrt(control["variance"]), control["units"], equal_var=False)

    class Known(SampleMeanStatistic):
        mean = property(lambda self: self.known["mean"])
        unadjusted_mean = mean
        variance = property(lambda self: self.known["variance"])

    arms = []
    for arm in (control, treatment):
        statistic = Known(n=arm["units"], sum=0, sum_squares=0)
        object.__setattr__(statistic, "known", arm)
        arms.append(statistic)
    sequential = SequentialTwoSidedTTest(*arms, SequentialConfig(difference_type="absolute"))
    always = sequential.confidence_interval
    return {"difference": treatment["mean"] - control["mean"], "statistic": float(test.statistic),
            "p_value": float(test.pvalue), "sequential_p_value": float(sequential.p_value),
            "sequential_low": float(always[0]), "sequential_high": float(always[1])}


def folded(design, ends, events):
    """By user: where it belongs, and all of its values."""
    arms, values, seen = collections.defaultdict(set), collections.defaultdict(list), set()
    units = []
    for event in events:
        if event["time"] < 0 or (ends is not None and event["time"] >= ends):
            continue
        if event["event"]:
            if (event["unit"], event["event"]) in seen:
                continue
            seen.add((event["unit"], event["event"]))
        if event["unit"] not in units:
            units.append(event["unit"])
        if event["arm"]:
            arms[event["unit"]].add(event["arm"])
        for metric, number, is_taken_back in event["measures"]:
            if is_taken_back:
                values[event["unit"], metric].remove(number)
            else:
                values[event["unit"], metric].append(number)
    side = {unit: next(iter(arms[unit])) for unit in units if len(arms[unit]) == 1}
    return units, arms, side, values


def expected(design, ends, events, now):
    units, arms, side, values = folded(design, ends, events)
    count = {arm: sum(found == arm for found in side.values()) for arm in ("control", "treatment")}
    share = design["treatment_share"]
    total = sum(count.values())
    ratio = None
    if total * min(share, 1 - share) >= 5:
        ratio = float(stats.chisquare(
            [count["control"], count["treatment"]], [total * (1 - share), total * share]).pvalue)
        assert abs(ratio - check_srm([count["control"], count["treatment"]], [1 - share, share])) < 1e-9
    metrics = {}
    for metric, (kind, better) in METRICS.items():
        by_arm = {}
        for arm in ("control", "treatment"):
            of_arm = [values[unit, metric] for unit, found in side.items() if found == arm]
            if kind == "mean":
                by_arm[arm] = summary([math.fsum(v) / len(v) for v in of_arm if v], kind)
            else:
                by_arm[arm] = summary([float(any(x > 0 for x in v)) for v in of_arm], kind)
        metrics[metric] = by_arm | {"better": better, "comparison": comparison(by_arm["control"], by_arm["treatment"])}
    met = {metric for _, metric in values}
    guardrails = [name for name in design["guardrails"] if metrics[name]["comparison"]]
    others = [name for name in sorted(met) if name != design["primary"] and name not in design["guardrails"]
              and metrics[name]["comparison"]]
    for family, p, method in ((guardrails, "sequential_p_value", "holm"), (others, "p_value", "fdr_bh")):
        if family:
            adjusted = multipletests([metrics[name]["comparison"][p] for name in family], method=method)[1]
            for name, number in zip(family, adjusted):
                metrics[name]["adjusted"] = float(number)
    return {"units": count, "crossed": sum(len(arms[unit]) == 2 for unit in units),
            "unassigned": sum(not arms[unit] for unit in units), "ratio": ratio, "metrics": metrics,
            **verdict(design, ends, now, ratio, metrics)}


def is_worse(metric):
    difference = metric["comparison"]["difference"]
    return difference < 0 if metric["better"] == "higher" else difference > 0


def verdict(design, ends, now, ratio, metrics):
    primary = metrics[design["primary"]]
    sizes = [arm["units"] if arm else 0 for arm in (primary["control"], primary["treatment"])]
    enough = (min(sizes) if design["scope"] == "per_arm" else sum(sizes)) >= design["minimum_samples"]
    hours = now if ends is None else min(now, ends)
    long = hours >= design["minimum_duration_hours"]
    ended = ends is not None
    final = ended or (long and enough)
    found = primary["comparison"]
    broken = any(metrics[name].get("adjusted", 1) <= 0.05 and is_worse(metrics[name]) for name in design["guardrails"])
    if ratio is not None and ratio < 0.001:
        said = "invalid"
    elif not long:
        said = "insufficient_data" if ended else "running"
    elif not enough or not found:
        said = "insufficient_data"
    elif found["p_value"] > 0.05:
        said = "no_difference"
    else:
        said = "control" if is_worse(primary) else "treatment"
    sure = said in ("control", "treatment")
    return {"verdict": said, "final": final, "needs_review": said == "invalid" or broken or (final and not sure),
            "significance": round(1 - found["p_value"], 4) if found else None}


def main():
    count, chance = int(sys.argv[1]), random.Random(int(sys.argv[2]))
    for number in range(count):
        design, ends, events = made_up(chance, number)
        now = chance.choice([10, 100, 300]) if ends is None else ends + 1
        # A value is taken back after it was given, or before: whatever the order, the same is left.
        answer = expected(design, ends, events, now)
        order = events[:]
        chance.shuffle(order)
        if ends is not None:  # the end is known before anything that happened after it
            order = ([e for e in order if e["time"] < ends])[:80] + [e for e in order if e["time"] >= ends] + (
                [e for e in order if e["time"] < ends])[80:]
        print(json.dumps({"design": design, "ends": ends, "events": order, "now": now, "expected": answer}))


main()
