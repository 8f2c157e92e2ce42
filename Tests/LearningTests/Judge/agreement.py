"""Krippendorff's alpha of given units, by the package krippendorff (PyPI).

usage: agreement.py FILE
FILE has a line of JSON per case: [scale, units], a unit being a list of values. Prints a line per case: alpha, or
null where the package has none.
"""

import json
import sys
import warnings

import krippendorff
import numpy

warnings.simplefilter("ignore")


def alpha(scale, units):
    width = max(len(unit) for unit in units)
    # Coders in rows, units in columns: which coder gave which value is of no account.
    data = numpy.full((width, len(units)), numpy.nan)
    for column, unit in enumerate(units):
        data[: len(unit), column] = unit
    try:
        value = krippendorff.alpha(reliability_data=data, level_of_measurement=scale)
    except ValueError:
        return None
    return None if numpy.isnan(value) else float(value)


for line in open(sys.argv[1]):
    scale, units = json.loads(line)
    print(json.dumps(alpha(scale, units)))
