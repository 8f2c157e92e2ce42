"""Records as clients make them: codecs, headers, null keys and values, sizes, timestamps, between two clients."""

import json
import random
import time

from judge import *

MEGABYTE = 1_000_000


def _text(seed, length):
    """Half compressible, half not, and the same for the same seed."""
    generator = random.Random(seed)
    words = b"".join(b"user-%d clicked item-%d; " % (n % 7, n % 11) for n in range(length // 50 + 1))
    noise = generator.randbytes(length)
    return (words[: length // 2] + noise)[:length]


@scenario
def codecs_from_confluent_to_kcat():
    for codec in CODECS:
        topic = f"to-kcat-{codec}"
        create(topic)
        sent = [f"{codec}-{n}-" + "x" * 200 for n in range(500)]
        send(producer(compression_type=codec), topic, [(f"k{n}", value) for n, value in enumerate(sent)])
        lines = kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%k=%s\\n").decode().splitlines()
        equal(lines, [f"k{n}={value}" for n, value in enumerate(sent)], f"{codec} read by kcat")
    return f"{len(CODECS)} codecs of 500 records"


@scenario
def codecs_from_kcat_to_confluent():
    for codec in CODECS:
        topic = f"from-kcat-{codec}"
        create(topic)
        sent = [f"{codec}-{n}-" + "y" * 200 for n in range(500)]
        lines = "".join(f"k{n}\t{value}\n" for n, value in enumerate(sent))
        kcat("-P", "-t", topic, "-K", "\\t", "-z", codec, standard_input=lines.encode())
        found = [(record.key().decode(), record.value().decode()) for record in read(topic)]
        equal(found, [(f"k{n}", value) for n, value in enumerate(sent)], f"{codec} written by kcat")
    return f"{len(CODECS)} codecs of 500 records"


@scenario
def large_records():
    for codec in CODECS:
        create(f"large-{codec}")
        made = producer(compression_type=codec, message_max_bytes=4 * MEGABYTE)
        sent = [_text(f"{codec}{n}", MEGABYTE) for n in range(5)]
        send(made, f"large-{codec}", [(None, value) for value in sent])
        equal(values(read(f"large-{codec}")) == sent, True, f"1 MB records of codec {codec} came back unchanged")
        first = kcat("-C", "-t", f"large-{codec}", "-o", "beginning", "-c", "1", "-q", "-D", "")
        equal(first == sent[0], True, f"kcat reads a 1 MB record of codec {codec} unchanged")
    return "5 records of 1 MB in each of 5 codecs"


@scenario
def a_record_beyond_the_limit_is_refused():
    create("limited", max_message_bytes="100000")
    made = producer(message_max_bytes=4 * MEGABYTE)
    reports = []
    made.produce("limited", value=_text(1, 200_000), on_delivery=lambda error, _: reports.append(error))
    made.flush(PATIENCE_S)
    equal([error and error.code() for error in reports], [kafka.KafkaError.MSG_SIZE_TOO_LARGE], "reports")
    send(made, "limited", [(None, b"small")])
    equal(values(read("limited")), [b"small"], "what the topic holds")
    return "MSG_SIZE_TOO_LARGE, and the connection goes on"


@scenario
def headers_and_nulls():
    create("shapes")
    made = producer()
    headers = [("trace", b"\x00\xff"), ("empty", b""), ("null", None), ("trace", b"twice")]
    shapes = [(b"key", b"value"), (None, b"no key"), (b"no value", None), (None, None), (b"", b"")]
    for key, value in shapes:
        made.produce("shapes", key=key, value=value, headers=headers)
    equal(made.flush(PATIENCE_S), 0, "records never reported")
    records = read("shapes")
    equal([(record.key(), record.value()) for record in records], shapes, "keys and values")
    for record in records:
        equal(record.headers(), headers, "headers, their order and their repetition")
    lines = kcat("-C", "-t", "shapes", "-e", "-q", "-o", "beginning", "-f", "%K %S %h\\n").splitlines()
    sizes = [(len(k) if k is not None else -1, len(v) if v is not None else -1) for k, v in shapes]
    equal([tuple(map(int, line.split()[:2])) for line in lines], sizes, "sizes as kcat sees them, -1 for null")
    return "5 shapes with 4 headers each"


@scenario
def headers_and_nulls_by_kcat():
    create("kcat-shapes")
    kcat("-P", "-t", "kcat-shapes", "-K", ":", "-Z", "-H", "a=1", "-H", "b=2",
         standard_input=b"one:1\ntwo:\n:3\n")
    found = [(record.key(), record.value(), record.headers()) for record in read("kcat-shapes")]
    headers = [("a", b"1"), ("b", b"2")]
    equal(found, [(b"one", b"1", headers), (b"two", None, headers), (None, b"3", headers)], "what kcat wrote")
    return "3 shapes with 2 headers each"


@scenario
def timestamps():
    create("times", retention_ms="-1")
    created = 1_700_000_000_000
    made = producer()
    for n in range(100):
        made.produce("times", value=b"%d" % n, timestamp=created + 1000 * n)
    equal(made.flush(PATIENCE_S), 0, "records never reported")
    stamps = [record.timestamp() for record in read("times")]
    equal(stamps, [(kafka.TIMESTAMP_CREATE_TIME, created + 1000 * n) for n in range(100)], "timestamps")
    lines = kcat("-C", "-t", "times", "-e", "-q", "-o", "beginning", "-f", "%T\\n").split()
    equal([int(line) for line in lines], [created + 1000 * n for n in range(100)], "timestamps read by kcat")
    return "100 timestamps of the producer's, unchanged"


@scenario
def timestamps_of_the_broker():
    create("append-times", message_timestamp_type="LogAppendTime")
    before = int(time.time() * 1000)
    for codec in CODECS:
        made = producer(compression_type=codec)
        for n in range(20):
            made.produce("append-times", value=b"x" * 100, timestamp=1_700_000_000_000)
        equal(made.flush(PATIENCE_S), 0, "records never reported")
    after = int(time.time() * 1000)
    for record in read("append-times"):
        kind, stamp = record.timestamp()
        equal(kind, kafka.TIMESTAMP_LOG_APPEND_TIME, "the timestamp's kind")
        # Its clock and this one are read differently; the producer's own stamp is years away.
        check(before - 1000 <= stamp <= after + 1000, f"the timestamp {stamp} is not between {before} and {after}")
    return "100 records in 5 codecs stamped when they came"


@scenario
def consumption_by_timestamp():
    create("history", partitions=2, segment_bytes="4096", retention_ms="-1")
    made, start = producer(batch_num_messages=7), 1_700_000_000_000
    for n in range(2000):
        made.produce("history", partition=n % 2, value=b"%d" % n, timestamp=start + 10 * n)
        made.poll(0)
    equal(made.flush(PATIENCE_S), 0, "records never reported")
    reader = consumer()
    for wanted in [0, 1, 700, 1999]:
        asked = [kafka.TopicPartition("history", partition, start + 10 * wanted) for partition in (0, 1)]
        found = reader.offsets_for_times(asked, timeout=PATIENCE_S)
        for place in found:
            first = next((n for n in range(wanted, 2000) if n % 2 == place.partition), None)
            expected = kafka.OFFSET_END if first is None else first // 2
            equal(place.offset, expected, f"offset of partition {place.partition} at record {wanted}'s time")
    late = reader.offsets_for_times([kafka.TopicPartition("history", 0, start + 10**9)], timeout=PATIENCE_S)
    equal(late[0].offset, kafka.OFFSET_END, "the offset of a time after the last record")
    lines = kcat("-C", "-t", "history", "-p", "0", "-e", "-q", "-o", f"s@{start + 19_900}", "-f", "%s\\n").split()
    equal([int(line) for line in lines], list(range(1990, 2000, 2)), "what kcat reads from a time on")
    return "exact over many segments and batches, by both clients"


@scenario
def metadata():
    create("seen", partitions=3)
    listing = json.loads(kcat("-L", "-J"))
    found = {topic["topic"]: len(topic["partitions"]) for topic in listing["topics"]}
    equal(found.get("seen"), 3, "partitions as kcat lists them")
    equal([broker["name"] for broker in listing["brokers"]], [BOOTSTRAP], "the broker's address")
    return "kcat lists the topic and the broker's own address"


@scenario
def unknown_topics_and_auto_creation():
    reader = consumer(allow_auto_create_topics=False)
    reader.subscribe(["never-made"])
    error = eventually(lambda: _error(reader), "no error about the unknown topic")
    equal(error.code(), kafka.KafkaError.UNKNOWN_TOPIC_OR_PART, "the error of an unknown topic")
    reader.close()
    check("never-made" not in admin().list_topics(timeout=PATIENCE_S).topics, "asking made the topic")
    send(producer(), "made-by-writing", [(None, b"first")])
    equal(values(read("made-by-writing")), [b"first"], "what a topic made by its first record holds")
    bad = []
    made = producer(message_timeout_ms=2000)
    made.produce("not/a/name", value=b"x", on_delivery=lambda error, _: bad.append(error))
    made.flush(PATIENCE_S)
    check(bad and bad[0] is not None, "a record was delivered to a topic whose name is not legal")
    return f"unknown: {error.name()}; made by its first record; illegal: {bad[0].name()}"


def _error(reader):
    message = reader.poll(0.1)
    return message.error() if message is not None else None


if __name__ == "__main__":
    main()
