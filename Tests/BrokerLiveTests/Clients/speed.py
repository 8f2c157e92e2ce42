"""How fast confluent-kafka moves 200-byte records through the broker; `bench broker` runs it and prints the table.

Each scenario reports numbers: records a second, or milliseconds at the median and the 99th percentile.
"""

from judge import *

RECORD = b"r" * 200
FAST = {"linger_ms": 5, "batch_size": 1 << 20, "queue_buffering_max_messages": 1_000_000,
        "queue_buffering_max_kbytes": 1 << 20, "enable_idempotence": True}


@scenario
def records_in(topic, partitions, count):
    made, partitions, count = producer(**FAST), int(partitions), int(count)
    made.list_topics(topic, timeout=PATIENCE_S)
    began, chunk = time.monotonic(), 1000
    for first in range(0, count, chunk):
        partition = first // chunk % partitions
        for _ in range(chunk):
            made.produce(topic, RECORD, partition=partition)
        made.poll(0)
        while len(made) > 500_000:
            made.poll(0.01)
    equal(made.flush(PATIENCE_S), 0, "records never acknowledged")
    return rate(count, began)


@scenario
def records_out(topic, partitions, count):
    reader, count = consumer(queued_min_messages=1_000_000, queued_max_messages_kbytes=1 << 18,
                             fetch_message_max_bytes=4 << 20), int(count)
    began, seen = time.monotonic(), 0
    reader.assign([kafka.TopicPartition(topic, partition, 0) for partition in range(int(partitions))])
    while seen < count:
        taken = reader.consume(num_messages=10_000, timeout=0.05)
        check(taken or time.monotonic() - began < PATIENCE_S, f"{seen} of {count} records came")
        seen += len(taken)
    return rate(count, began)


@scenario
def transactions(topic, count):
    reader = consumer(group_id=f"{topic}-workers", session_timeout_ms=10_000)
    reader.subscribe([topic])
    eventually(lambda: (reader.poll(0.05), reader.assignment())[1], "no assignment")
    made, times = transactional(f"{topic}-worker"), []
    for number in range(int(count)):
        began = time.monotonic()
        made.begin_transaction()
        for _ in range(10):
            made.produce(topic, RECORD, partition=0)
        made.flush(PATIENCE_S)
        position = [kafka.TopicPartition(topic, 0, number + 1)]
        made.send_offsets_to_transaction(position, reader.consumer_group_metadata(), PATIENCE_S)
        made.commit_transaction(PATIENCE_S)
        times.append(1000 * (time.monotonic() - began))
    # The first transaction also makes connections.
    times = sorted(times[1:])
    return f"{times[len(times) // 2]:.2f} {times[len(times) * 99 // 100]:.2f}"


def rate(count, began):
    return f"{count / (time.monotonic() - began):.0f}"


if __name__ == "__main__":
    main()
