#!/usr/bin/env python3
"""How long it takes from the first bad event to the decision and to the executor's act, live: `ratchet up` with its own
broker, `ratchet executor` with a flag file, and traffic of a canary that turns bad.

  python3 Tests/Scenarios/rollouts/live.py .build/release/ratchet [candidate executions a second] [share of errors]

Needs confluent-kafka. Prints one line of JSON; seconds are counted from the time of the first event that is bad."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone

from confluent_kafka import Consumer, Producer

ratchet = os.path.abspath(sys.argv[1])
per_second = float(sys.argv[2]) if len(sys.argv) > 2 else 5
errors = float(sys.argv[3]) if len(sys.argv) > 3 else 0.5
good_seconds = 30
random.seed(1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def now_text():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def publish(topic, kind, key, data):
    headers = {
        "ce_specversion": "1.0", "ce_id": f"{kind}-{random.getrandbits(64):x}", "ce_source": "/live", "ce_type": kind,
        "ce_time": now_text(), "ce_organization": "acme", "ce_agent": "triage", "content-type": "application/json",
    }
    producer.produce(f"ratchet.{topic}", json.dumps(data), key, headers=list(headers.items()))
    producer.poll(0)


def execute(stage, fails):
    number = f"run-{random.getrandbits(64):x}"
    data = {"execution_id": number, "status": "error" if fails else "ok", "duration_ms": random.randint(80, 400),
            "deployment_id": "live", "stage": stage}
    if fails:
        data["error.type"] = "timeout"
    publish("executions", "execution.completed", number, data)


def seen(seconds):
    message = consumer.poll(seconds)
    return json.loads(message.value()) if message and not message.error() and message.value() else None


def share():
    try:
        with open(flags) as file:
            rule = json.load(file)["flags"]["acme/live"]["targeting"]
            return 5 if "fractional" in json.dumps(rule) else 0
    except (OSError, KeyError, ValueError):
        return None


folder = tempfile.mkdtemp(prefix="ratchet-live-")
flags = f"{folder}/flags.json"
address = f"127.0.0.1:{free_port()}"
root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
log = open(f"{folder}/log", "w")
running = [subprocess.Popen([ratchet, "up", "--data", f"{folder}/data", "--listen", address], cwd=root, stdout=log, stderr=log)]
try:
    producer = Producer({"bootstrap.servers": address, "partitioner": "murmur2_random", "linger.ms": 1})
    consumer = Consumer({"bootstrap.servers": address, "group.id": "live", "isolation.level": "read_committed",
                         "auto.offset.reset": "earliest", "topic.metadata.refresh.interval.ms": 500})
    time.sleep(5)
    running.append(subprocess.Popen([ratchet, "executor", "--bootstrap", address, "--data", f"{folder}/executor",
                                     "--flags", flags], cwd=root, stdout=log, stderr=log))
    consumer.subscribe(["ratchet.rollback-decisions", "ratchet.rollout-decisions"])
    publish("deployment-events", "deployment.created", "live", {
        "deployment_id": "live", "candidate_kind": "prompt", "candidate": "v2", "baseline": "v1", "policy": "default"})
    for kind in ["golden_set", "regression", "safety"]:
        publish("deployment-events", "deployment.validated", "live",
                {"deployment_id": "live", "validation": kind, "passed": True})
    deadline = time.time() + 120
    while share() != 5:
        seen(0.1)
        assert time.time() < deadline, f"no first stage; see {folder}/log"
    begun, first_bad, result = time.time(), None, {}
    owed = 0.0
    last = begun
    while "flags" not in result:
        assert time.time() < begun + 300, f"no rollback; see {folder}/log"
        owed += (time.time() - last) * per_second
        last = time.time()
        is_bad = last - begun > good_seconds
        while owed >= 1:
            owed -= 1
            fails = random.random() < (errors if is_bad else 0.02)
            if is_bad and fails and first_bad is None:
                first_bad = time.time()
            execute("canary-5", fails)
            execute("baseline", random.random() < 0.02)
        decision = seen(0.01)
        if decision and decision["action"] == "immediate_rollback":
            decided = datetime.fromisoformat(decision["decided_at"].replace("Z", "+00:00")).timestamp()
            result["decided"] = round(decided - first_bad, 2)
            result["decision seen"] = round(time.time() - first_bad, 2)
            result["reason"] = decision["reason"]
        if first_bad and share() == 0:
            result["flags"] = round(os.stat(flags).st_mtime - first_bad, 2)
    print(json.dumps({"candidate executions a second": per_second, "errors": errors, **result}))
finally:
    # The executor first: it may still be writing an archive of what the broker holds.
    for process in reversed(running):
        process.send_signal(signal.SIGTERM)
        process.wait(120)
