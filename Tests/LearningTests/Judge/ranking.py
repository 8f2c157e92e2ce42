"""Makes up retrievals and measures their rankings with pytrec_eval, trec_eval's measures in Python.

usage: ranking.py COUNT SEED
Prints a line of JSON per retrieval: [ranked, relevant, k, [precision, recall, reciprocal rank, nDCG]].
"""

import json
import random
import sys

import pytrec_eval

CUTS = [1, 3, 5, 10, 20]


def main():
    count, chance = int(sys.argv[1]), random.Random(int(sys.argv[2]))
    for number in range(count):
        pool = [f"chunk-{index}" for index in range(chance.randrange(1, 60))]
        ranked = chance.sample(pool, chance.randrange(1, len(pool) + 1))
        relevant = chance.sample(pool, chance.randrange(1, min(len(pool), 12) + 1))
        judged = {chunk: int(chunk in relevant) for chunk in pool}
        run = {chunk: float(len(ranked) - index) for index, chunk in enumerate(ranked)}
        k = chance.choice(CUTS)
        measures = [f"P_{k}", f"recall_{k}", "recip_rank", f"ndcg_cut_{k}"]
        names = {f"P.{k}", f"recall.{k}", "recip_rank", f"ndcg_cut.{k}"}
        found = pytrec_eval.RelevanceEvaluator({"q": judged}, names).evaluate({"q": run})["q"]
        print(json.dumps([ranked, relevant, k, [found[name] for name in measures]]))


main()
