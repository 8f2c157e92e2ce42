"""Judges records of projections and decisions by the files in schemas/, as judge.py does with events.

usage: projections.py SCHEMAS COUNT SEED
Prints JSON Lines: [name, record, pointers, missing]. Records are generated from each schema, taken from the examples,
and mutated: COUNT of each kind for each.
"""

import json
import os
import pathlib
import random
import sys
import tempfile
import warnings

# Hypothesis would keep what it has learned in the folder that it is started from.
os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = os.path.join(tempfile.gettempdir(), "ratchet-hypothesis")

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis_jsonschema import from_schema
from jsonschema import Draft202012Validator, FormatChecker

from judging import mutated, verdict


def generated(schema, count, number):
    found = []

    @seed(number)
    @settings(
        max_examples=count, database=None, phases=[Phase.generate], deadline=None,
        suppress_health_check=list(HealthCheck))
    @given(from_schema(schema))
    def collect(record):
        found.append(record)

    collect()
    return found


def main():
    folder, count, number = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    warnings.simplefilter("ignore")
    chance = random.Random(number)
    for file in sorted(folder.glob("projections/*.json")) + sorted(folder.glob("decisions/*.json")):
        schema = json.loads(file.read_text())
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        lines = (folder / "examples" / "projections" / f"{file.stem}.jsonl").read_text().splitlines()
        examples = [json.loads(line) for line in lines]
        records = examples + generated(schema, count, number)
        records += [mutated(chance.choice(examples), chance) for _ in range(count * 10)]
        for record in records:
            print(json.dumps([file.stem, record, *verdict(validator, record)]))


main()
