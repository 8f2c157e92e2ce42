"""What every scenario shares: clients with short waits, topics, reading a topic whole, and the verdict.

A scenario is a function marked with `@scenario`. A script runs one of them by name against the broker named in
RATCHET_BOOTSTRAP, prints one line ("ok NAME: what was seen" or "FAILED NAME: what was wrong") and exits 0 or 1.
"""

import asyncio
import faulthandler
import functools
import inspect
import os
import subprocess
import sys
import time
import traceback

import confluent_kafka as kafka
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

BOOTSTRAP = os.environ.get("RATCHET_BOOTSTRAP", "")
# How long a healthy broker may take for one step. Only a failure ever waits this long.
PATIENCE_S = 30.0
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]

# A broker that goes away is expected here: come back soon, and log nothing of it.
_CLIENT = {
    "bootstrap.servers": BOOTSTRAP,
    "reconnect.backoff.ms": 20,
    "reconnect.backoff.max.ms": 200,
    "retry.backoff.ms": 20,
    # Unless told so, librdkafka from 2.11 to 2.16 forgets a broker that restarts, and a call that was waiting for it
    # as a coordinator never ends (confluentinc/librdkafka, issue 5511).
    "metadata.recovery.strategy": "none",
    "log_level": 0,
}

_scenarios = {}


class Failed(Exception):
    """The broker did not do what the scenario claims."""


def scenario(function):
    _scenarios[function.__name__] = function
    return function


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in _scenarios:
        sys.exit(f"usage: {sys.argv[0]} {'|'.join(_scenarios)}")
    try:
        seen = _scenarios[name](*sys.argv[2:])
        if inspect.isawaitable(seen):
            seen = asyncio.run(asyncio.wait_for(seen, 2 * PATIENCE_S))
    except Exception as failure:
        traceback.print_exc()
        # Where the other threads are, for a scenario that waited in vain.
        faulthandler.dump_traceback()
        print(f"FAILED {name}: {failure}", flush=True)
        sys.stdout.flush()
        os._exit(1)
    print(f"ok {name}: {seen}", flush=True)
    # Clients that a scenario left half-way through a transaction must not hold up the verdict.
    os._exit(0)


def check(holds, otherwise):
    if not holds:
        raise Failed(otherwise)


def equal(found, expected, what):
    check(found == expected, f"{what}: found {_short(found)}, expected {_short(expected)}")


def _short(value):
    text = repr(value)
    return text if len(text) < 400 else text[:400] + "..."


def eventually(condition, otherwise, seconds=PATIENCE_S):
    """Polls until `condition()` gives something true, and returns it."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        check(time.monotonic() < end, f"{otherwise() if callable(otherwise) else otherwise} (after {seconds} s)")
        time.sleep(0.01)


def refused(action, *codes):
    """Runs `action`, which must fail with one of the error codes, and returns the error."""
    try:
        action()
    except kafka.KafkaException as failure:
        error = failure.args[0]
        check(error.code() in codes, f"refused with {error.name()} ({error.str()}), expected one of {codes}")
        return error
    raise Failed(f"accepted, expected one of the errors {codes}")


# Clients


def producer(**settings):
    return kafka.Producer(_CLIENT | {"linger.ms": 2} | _dotted(settings))


def transactional(name, **settings):
    made = producer(transactional_id=name, **settings)
    made.init_transactions(PATIENCE_S)
    return made


def consumer(**settings):
    standard = {"group.id": "nobody", "enable.auto.commit": False, "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 50}
    return kafka.Consumer(_CLIENT | standard | _dotted(settings))


@functools.cache
def admin(**settings):
    """One for all requests: an answer that is waited for comes only while its client lives."""
    return AdminClient(_CLIENT | _dotted(settings))


def _dotted(settings):
    """Keyword arguments as librdkafka's names: `transactional_id` is transactional.id."""
    return {name.replace("_", "."): value for name, value in settings.items()}


# Topics and records


def create(topic, partitions=1, **config):
    wanted = NewTopic(topic, num_partitions=partitions, replication_factor=1, config=_dotted(config))
    admin().create_topics([wanted])[topic].result(PATIENCE_S)


def send(made, topic, records, **more):
    """Sends (key, value) pairs, waits for every one to be acknowledged, and returns the reports."""
    reports = []

    def delivered(error, message):
        reports.append((error, message))

    for key, value in records:
        made.produce(topic, key=key, value=value, on_delivery=delivered, **more)
        made.poll(0)
    left = made.flush(PATIENCE_S)
    equal(left, 0, "records never reported")
    for error, _ in reports:
        check(error is None, f"not delivered: {error}")
    return [message for _, message in reports]


def partitions_of(topic):
    found = admin().list_topics(topic, timeout=PATIENCE_S).topics[topic]
    check(found.error is None, f"metadata of {topic}: {found.error}")
    return sorted(found.partitions)


def read(topic, isolation="read_committed", start=kafka.OFFSET_BEGINNING, partitions=None, seconds=PATIENCE_S):
    """Every record from `start` to the ends of the partitions, in the order of partition and offset."""
    chosen = partitions_of(topic) if partitions is None else partitions
    reader = consumer(isolation_level=isolation, enable_partition_eof=True)
    try:
        reader.assign([kafka.TopicPartition(topic, partition, start) for partition in chosen])
        open_ends, records, end = set(chosen), [], time.monotonic() + seconds
        while open_ends:
            check(time.monotonic() < end, f"the ends of {topic} {sorted(open_ends)} were not reached in {seconds} s")
            for message in reader.consume(500, timeout=0.2):
                error = message.error()
                if error is None:
                    records.append(message)
                elif error.code() == kafka.KafkaError._PARTITION_EOF:
                    open_ends.discard(message.partition())
                elif not error.retriable():
                    raise Failed(f"reading {topic}: {error}")
        return sorted(records, key=lambda message: (message.partition(), message.offset()))
    finally:
        reader.close()


def values(records):
    return [record.value() for record in records]


# kcat


def kcat(*arguments, standard_input=b""):
    """What kcat (Debian's librdkafka) prints."""
    command = ["kcat", "-b", BOOTSTRAP, *arguments]
    run = subprocess.run(command, input=standard_input, capture_output=True, timeout=2 * PATIENCE_S)
    check(run.returncode == 0, f"{' '.join(command)} exited {run.returncode}: {run.stderr.decode()[-500:]}")
    return run.stdout
