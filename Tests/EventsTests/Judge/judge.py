"""Judges events by the files in schemas/, with Python's jsonschema, for the decoder to be compared with.

usage: judge.py SCHEMAS COUNT SEED
Prints JSON Lines: [type, event, pointers, missing]. An event without pointers is valid. Events are generated
from each schema, taken from the examples, and mutated: COUNT of each kind for each type.
"""

import copy
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

WRONG = [None, True, 0, -1, 1.5, 7, 1e300, "", "x", "2026-02-30T00:00:00Z", "x" * 1025, [], {}, ["x"], [{}]]


def pointer(path):
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def verdict(validator, event):
    pointers, missing = [], []
    for error in validator.iter_errors(event):
        pointers.append(pointer(error.absolute_path))
        if error.validator == "required":
            absent = [name for name in error.validator_value if name not in error.instance]
            missing += [pointer(list(error.absolute_path) + [name]) for name in absent]
    return pointers, missing


def places(value, path=()):
    """Every place below the root at which something can be changed."""
    if isinstance(value, dict):
        for name in value:
            yield path + (name,)
            yield from places(value[name], path + (name,))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield path + (index,)
            yield from places(value[index], path + (index,))


def mutated(event, chance):
    event = copy.deepcopy(event)
    *path, last = chance.choice(list(places(event)))
    parent = event
    for part in path:
        parent = parent[part]
    kind = chance.randrange(4)
    if kind == 0:
        del parent[last]
    elif kind == 1 and isinstance(parent[last], list) and parent[last]:
        parent[last] = parent[last] * 70
    elif kind == 2 and isinstance(parent[last], str):
        parent[last] = chance.choice([parent[last] * 300, parent[last] + "\u00e9", parent[last].upper(), ""])
    else:
        parent[last] = copy.deepcopy(chance.choice(WRONG))
    return event


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
