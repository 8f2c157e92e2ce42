"""Computes statistics of seeded cases with scipy, statsmodels and gbstats, for ours to be compared with.

usage: significance.py COUNT SEED
Prints JSON Lines: {"kind": ..., inputs, "expected": {name: number}}. COUNT of each kind, edge cases besides.
Each number is from a library, not from a formula written here, except where the library has none: that is said.
"""

import json
import math
import random
import statistics as exact
import sys
import warnings

warnings.simplefilter("ignore")

import numpy as np
from gbstats.frequentist.tests import FrequentistConfig, SequentialConfig, SequentialTwoSidedTTest, TwoSidedTTest
from gbstats.gbstats import check_srm
from gbstats.models.statistics import ProportionStatistic, SampleMeanStatistic
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW


def say(kind, inputs, expected):
    print(json.dumps({"kind": kind, **inputs, "expected": expected}))


def compared(control, treatment):
    """gbstats' and scipy's answers for two statistics with n, mean and variance."""
    fixed = TwoSidedTTest(control, treatment, FrequentistConfig(difference_type="absolute"))
    sequential = SequentialTwoSidedTTest(control, treatment, SequentialConfig(difference_type="absolute"))
    (low, high), (always_low, always_high) = fixed.confidence_interval, sequential.confidence_interval
    test = stats.ttest_ind_from_stats(
        treatment.mean, math.sqrt(treatment.variance), treatment.n,
        control.mean, math.sqrt(control.variance), control.n, equal_var=False)
    return {
        "difference": float(fixed.point_estimate), "standard_error": math.sqrt(fixed.variance),
        "degrees_of_freedom": float(fixed.dof), "statistic": float(test.statistic), "p": float(test.pvalue),
        "half_width": float(high - low) / 2,
        "sequential_p": float(sequential.p_value), "sequential_half_width": float(always_high - always_low) / 2,
    }


def summaries(chance):
    """Two arms by count, mean and variance; scales from tiny to huge, arms alike or not at all."""
    scale = 10 ** chance.uniform(-6, 9)
    arms = []
    for _ in range(2):
        count = int(10 ** chance.uniform(math.log10(2), 6))
        arms.append((count, scale * chance.gauss(0, 1), scale * scale * 10 ** chance.uniform(-8, 2)))
    if chance.random() < 0.5:  # close enough that the p is neither 0 nor 1
        error = math.sqrt(arms[0][2] / arms[0][0] + arms[1][2] / arms[1][0])
        arms[1] = (arms[1][0], arms[0][1] + error * chance.gauss(0, 3), arms[1][2])
    return arms


def sample(chance):
    count = chance.choice([2, 3, 5, 20, 60])
    kind = chance.randrange(5)
    offset = 10 ** chance.uniform(0, 8) if kind == 0 else 0
    draws = {
        0: lambda: offset + chance.gauss(0, 1), 1: lambda: float(chance.randrange(1, 6)),
        2: lambda: float(chance.randrange(2)), 3: lambda: chance.lognormvariate(5, 2), 4: lambda: chance.random() / 3,
    }
    return [draws[kind]() for _ in range(count)]


def main():
    count, chance = int(sys.argv[1]), random.Random(int(sys.argv[2]))
    for number in range(count):
        arms = summaries(chance)
        statistics = [SampleMeanStatistic(n=n, sum=n * mean, sum_squares=variance * (n - 1) + n * mean * mean)
                      for n, mean, variance in arms]
        # Sums lose the small variance beside a great mean, so gbstats is asked with what it understood.
        if all(s.variance > 0 for s in statistics):
            say("summaries", {"arms": [(s.n, s.mean, s.variance) for s in statistics]}, compared(*statistics))

        units = [int(10 ** chance.uniform(math.log10(2), 6)) for _ in range(2)]
        hits = [chance.randrange(n + 1) for n in units]
        rates = [ProportionStatistic(n=n, sum=hit) for n, hit in zip(units, hits)]
        if any(s.variance > 0 for s in rates):
            say("rates", {"units": units, "hits": hits}, compared(*rates))

        control, treatment = sample(chance), sample(chance)
        if np.var(control) + np.var(treatment) > 0:
            # Beside a great offset numpy's variance has lost digits; the standard library's is exact.
            means, variances = zip(*((exact.mean(x), exact.variance(x)) for x in (treatment, control)))
            test = stats.ttest_ind_from_stats(
                means[0], math.sqrt(variances[0]), len(treatment), means[1], math.sqrt(variances[1]), len(control),
                equal_var=False)
            expected = {"mean": means[0], "variance": variances[0], "statistic": float(test.statistic),
                        "p": float(test.pvalue)}
            if max(map(abs, control + treatment)) < 1e4:
                compare = CompareMeans(DescrStatsW(treatment), DescrStatsW(control))
                low, high = compare.tconfint_diff(usevar="unequal")
                raw = stats.ttest_ind(treatment, control, equal_var=False)
                expected |= {
                    "raw_statistic": float(raw.statistic), "raw_p": float(raw.pvalue),
                    "degrees_of_freedom": float(compare.dof_satt()), "half_width": float(high - low) / 2}
            say("samples", {"control": control, "treatment": treatment}, expected)

        units = [int(10 ** chance.uniform(1, 6)) for _ in range(2)]
        share = chance.choice([0.5, 0.5, 0.1, 0.9, chance.uniform(0.05, 0.95)])
        if chance.random() < 0.5:
            units[1] = int(units[0] * share / (1 - share) * chance.uniform(0.97, 1.03)) + 1
        total = sum(units)
        if total * min(share, 1 - share) >= 5:
            say("split", {"units": units, "share": share}, {
                "p": float(check_srm(units, [1 - share, share])),
                "again": float(stats.chisquare(units, [total * (1 - share), total * share]).pvalue)})

        values = [chance.choice([0.0, 1.0, chance.random(), 10 ** chance.uniform(-12, 0)])
                  for _ in range(chance.randrange(1, 12))]
        if chance.random() < 0.3:
            values += values[:2]
        say("many", {"values": values}, {
            "holm": multipletests(values, method="holm")[1].tolist(),
            "benjamini_hochberg": multipletests(values, method="fdr_bh")[1].tolist()})

        t, freedom = 10 ** chance.uniform(-3, 2.5), 10 ** chance.uniform(0, 7)
        rate = 10 ** chance.uniform(-9, -0.01)
        say("student", {"t": t, "degrees_of_freedom": freedom, "rate": rate}, {
            "p": float(2 * stats.t.sf(t, freedom)), "cumulative": float(stats.t.cdf(-t, freedom)),
            "quantile": float(stats.t.isf(rate / 2, freedom)), "normal": float(stats.norm.sf(t / 10)),
            "normal_quantile": float(stats.norm.isf(rate)), "chi_square": float(stats.chi2.sf(t, 1))})
    for t, freedom, rate in [(0.0, 1.0, 0.05), (0.0, 1e7, 0.5), (1e-9, 3.0, 0.999), (1e3, 1.0, 1e-9), (40.0, 1e6, 1e-12),
                             (1e8, 2.5, 1e-6), (1.5, 1.0, 0.9), (2.0, 60.0, 0.05), (2.0, 61.0, 0.05), (5.0, 1e9, 0.01)]:
        say("student", {"t": t, "degrees_of_freedom": freedom, "rate": rate}, {
            "p": float(2 * stats.t.sf(t, freedom)), "cumulative": float(stats.t.cdf(-t, freedom)),
            "quantile": float(stats.t.isf(rate / 2, freedom)), "normal": float(stats.norm.sf(t / 10)),
            "normal_quantile": float(stats.norm.isf(rate)), "chi_square": float(stats.chi2.sf(t, 1))})


main()
