"""Judges events by the files in schemas/, with Python's jsonschema, for the decoder to be compared with.

usage: judge.py SCHEMAS COUNT SEED
Prints JSON Lines: [type, event, pointers, missing]. An event without pointers is valid. Events are generated
from each schema, taken from the examples, and mutated: COUNT of each kind for each type.
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
    """Hypothesis makes the data; the envelope is an example's, or a third of the tests would be of that."""
    found = []

    @seed(number)
    @settings(
        max_examples=count, database=None, phases=[Phase.generate], deadline=None,
        suppress_health_check=list(HealthCheck))
    @given(from_schema(schema["properties"]["data"]))
    def collect(data):
        found.append(data)

    collect()
    return found


def main():
    folder, count, number = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    warnings.simplefilter("ignore")
    chance = random.Random(number)
    for file in sorted(folder.glob("events/*/*.json")):
        schema = json.loads(file.read_text())
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        examples = [
            json.loads(line) for line in (folder / "examples" / f"{file.stem}.jsonl").read_text().splitlines()]
        events = list(examples)
        events += [examples[0] | {"data": data} for data in generated(schema, count, number)]
        events += [mutated(chance.choice(events), chance) for _ in range(count * 5)]
        for event in events:
            print(json.dumps([file.stem, event, *verdict(validator, event)]))


main()
