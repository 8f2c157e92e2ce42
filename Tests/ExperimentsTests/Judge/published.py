"""Validates what was published by its schema, with Python's jsonschema.

usage: published.py SCHEMA FILE
FILE has a record a line. Prints a line of JSON per record that is not valid: {"line", "error"}.
"""

import json
import sys

from jsonschema import Draft202012Validator, FormatChecker

validator = Draft202012Validator(json.load(open(sys.argv[1])), format_checker=FormatChecker())
for number, line in enumerate(open(sys.argv[2])):
    for error in validator.iter_errors(json.loads(line)):
        print(json.dumps({"line": number + 1, "error": f"{error.json_path}: {error.message}"[:300]}))
