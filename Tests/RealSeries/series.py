"""Series of NAB as telemetry, and how alerts on them compare with the windows that their authors labelled.

    series.py events FOLDER              prints events in structured form, for `ratchet import -`, in the order of time
    series.py table FOLDER < alerts      reads alert transitions, a JSON object a line (`ratchet query alerts --json`),
                                         and prints a table in Markdown

FOLDER holds the CSV files and windows.json of numenta/NAB. The first 15% of a series are its probation, as NAB has it: what
fires there counts for nothing. A window is caught when the alert fires in it; an alarm is false when it begins in no window.
"""
import csv
import datetime
import json
import os
import sys

UTC = datetime.timezone.utc
# All series begin here, so that they are folded side by side and not one after another over years.
BEGIN = datetime.datetime(2025, 4, 1, tzinfo=UTC)


def read(folder):
    for name in sorted(os.listdir(folder)):
        if name.endswith(".csv"):
            with open(f"{folder}/{name}") as file:
                rows = [(moment(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)]
            yield name, BEGIN - rows[0][0], rows


def moment(text):
    return datetime.datetime.fromisoformat(text.split(".")[0]).replace(tzinfo=UTC)


def events(folder):
    lines = []
    for name, moved, rows in read(folder):
        for number, (time, value) in enumerate(rows):
            lines.append((time + moved, {
                "specversion": "1.0", "id": f"{name}-{number}", "source": "/nab", "type": "measurement.taken",
                "time": (time + moved).strftime("%Y-%m-%dT%H:%M:%SZ"), "organization": "platform",
                "data": {"name": "nab", "value": value, "job": "nab", "instance": name[:-4]}}))
    for _, event in sorted(lines, key=lambda line: line[0]):
        print(json.dumps(event))


def table(folder):
    windows = json.load(open(f"{folder}/windows.json"))
    fired = {}
    for line in sys.stdin:
        alert = json.loads(line)
        if alert.get("to") == "firing":
            time = datetime.datetime.fromisoformat(alert["at"].replace("Z", "+00:00"))
            fired.setdefault(alert["labels"]["series"], []).append(time)
    print("| series | days | windows | caught | how late | false alarms |")
    print("|---|---|---|---|---|---|")
    for name, moved, rows in read(folder):
        begin, end = rows[0][0] + moved, rows[-1][0] + moved
        settled = begin + (end - begin) * 0.15
        labelled = [(moment(a) + moved, moment(b) + moved) for a, b in windows[name]]
        alarms = sorted(time for time in fired.get(name[:-4], []) if time >= settled)
        late = [min(inside) - a for a, b in labelled if (inside := [time for time in alarms if a <= time <= b])]
        false = [time for time in alarms if not any(a <= time <= b for a, b in labelled)]
        hours = ", ".join(f"{delay.total_seconds() / 3600:.1f} h" for delay in late)
        print(f"| {name[:-4]} | {(end - begin).days} | {len(labelled)} | {len(late)} | {hours} | {len(false)} |")


{"events": events, "table": table}[sys.argv[1]](sys.argv[2])
