"""What the judges of events and of projections share: a verdict with its places, and changes for the worse."""

import copy

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
