"""Transactions as clients make them: what is seen when, who may commit, and what becomes of the abandoned."""

import time

from judge import *

FENCED = (kafka.KafkaError._FENCED, kafka.KafkaError.PRODUCER_FENCED, kafka.KafkaError.INVALID_PRODUCER_EPOCH)


def put(made, topic, *sent, partition=0):
    """Produces inside the open transaction and waits until the broker has every record."""
    for value in sent:
        made.produce(topic, value=value, partition=partition)
    equal(made.flush(PATIENCE_S), 0, "records never reported")


@scenario
def committed_records_are_seen():
    create("committed", partitions=3)
    made = transactional("writer")
    for round in range(20):
        made.begin_transaction()
        for partition in range(3):
            put(made, "committed", b"%d" % round, partition=partition)
        made.commit_transaction(PATIENCE_S)
    for isolation in ("read_committed", "read_uncommitted"):
        found = values(read("committed", isolation))
        equal(found, [b"%d" % round for round in range(20)] * 3, f"what {isolation} sees")
    return "20 transactions over 3 partitions"


@scenario
def aborted_records_are_not_seen():
    create("aborted", partitions=2)
    made, kept = transactional("writer"), []
    for round in range(30):
        made.begin_transaction()
        value = b"%d" % round
        put(made, "aborted", value, value, partition=round % 2)
        if round % 3:
            made.abort_transaction(PATIENCE_S)
        else:
            made.commit_transaction(PATIENCE_S)
            kept += [value, value]
    equal(sorted(values(read("aborted"))), sorted(kept), "what read_committed sees")
    equal(len(read("aborted", "read_uncommitted")), 60, "how many records read_uncommitted sees")
    lines = kcat("-C", "-t", "aborted", "-e", "-q", "-o", "beginning", "-X", "isolation.level=read_committed")
    equal(sorted(lines.split()), sorted(kept), "what kcat sees by read_committed")
    return "10 committed, 20 aborted, in turns; by confluent-kafka and kcat"


@scenario
def interleaved_transactions_are_told_apart():
    create("interleaved")
    writers = {name: transactional(name) for name in ("a", "b", "c")}
    for made in writers.values():
        made.begin_transaction()
    for round in range(10):
        for name, made in writers.items():
            put(made, "interleaved", f"{name}{round}".encode())
    writers["b"].abort_transaction(PATIENCE_S)
    writers["c"].commit_transaction(PATIENCE_S)
    equal(values(read("interleaved")), [], "what is seen while the first transaction is open")
    writers["a"].commit_transaction(PATIENCE_S)
    expected = [f"{name}{round}".encode() for round in range(10) for name in ("a", "c")]
    equal(values(read("interleaved")), expected, "what read_committed sees in the end")
    return "three writers in one partition: two committed, one aborted"


@scenario
def an_open_transaction_holds_the_last_stable_offset():
    create("held")
    send(producer(), "held", [(None, b"before")])
    made = transactional("slow")
    made.begin_transaction()
    put(made, "held", b"open")
    send(producer(), "held", [(None, b"after")])
    equal(values(read("held")), [b"before"], "read_committed while a transaction is open")
    equal(values(read("held", "read_uncommitted")), [b"before", b"open", b"after"], "read_uncommitted meanwhile")
    equal(latest("held", kafka.IsolationLevel.READ_COMMITTED), 1, "the last stable offset")
    equal(latest("held", kafka.IsolationLevel.READ_UNCOMMITTED), 3, "the high watermark")
    made.commit_transaction(PATIENCE_S)
    equal(values(read("held")), [b"before", b"open", b"after"], "read_committed after the commit")
    equal(latest("held", kafka.IsolationLevel.READ_COMMITTED), 4, "the last stable offset after the marker")
    return "nothing behind the open transaction is seen before its end"


def latest(topic, isolation):
    place = kafka.TopicPartition(topic, 0)
    asked = admin().list_offsets({place: OffsetSpec.latest()}, isolation_level=isolation)
    return asked[place].result(PATIENCE_S).offset


def committed(group, topic, partition=0):
    reader = consumer(group_id=group)
    found = reader.committed([kafka.TopicPartition(topic, partition)], timeout=PATIENCE_S)[0].offset
    reader.close()
    return found


def joined(group, topic, **settings):
    """A consumer that is a member of the group and has its partitions."""
    member = consumer(group_id=group, session_timeout_ms=6000, **settings)
    member.subscribe([topic])
    eventually(lambda: member.poll(0.1) is not None or member.assignment(), f"no assignment in group {group}")
    return member


@scenario
def sent_offsets_are_applied_by_commit_and_undone_by_abort():
    create("input")
    send(producer(), "input", [(None, b"%d" % n) for n in range(10)])
    member, made = joined("workers", "input"), transactional("worker")

    def send_offset(offset):
        made.begin_transaction()
        position = [kafka.TopicPartition("input", 0, offset)]
        made.send_offsets_to_transaction(position, member.consumer_group_metadata(), PATIENCE_S)

    send_offset(4)
    made.commit_transaction(PATIENCE_S)
    equal(committed("workers", "input"), 4, "the group's offset after the commit")
    send_offset(7)
    made.abort_transaction(PATIENCE_S)
    equal(committed("workers", "input"), 4, "the group's offset after the abort")
    send_offset(9)
    other = consumer(group_id="workers", isolation_level="read_committed")
    refused(lambda: other.committed([kafka.TopicPartition("input", 0)], timeout=1), kafka.KafkaError._TIMED_OUT)
    made.commit_transaction(PATIENCE_S)
    equal(committed("workers", "input"), 9, "the group's offset after the second commit")
    return "and a pending offset is not told to who asks for stable ones"


@scenario
def offsets_of_an_old_generation_are_refused():
    create("shared", partitions=2)
    first, made = joined("crew", "shared"), transactional("crew-worker")
    old = first.consumer_group_metadata()
    second = consumer(group_id="crew", session_timeout_ms=6000)
    second.subscribe(["shared"])
    eventually(lambda: (first.poll(0.05), second.poll(0.05)) and len(second.assignment()) == 1, "no rebalance")
    made.begin_transaction()
    position = [kafka.TopicPartition("shared", 0, 1)]
    error = refused(lambda: made.send_offsets_to_transaction(position, old, PATIENCE_S),
                    kafka.KafkaError.ILLEGAL_GENERATION, kafka.KafkaError.UNKNOWN_MEMBER_ID)
    check(error.txn_requires_abort(), "the refusal asks for an abort")
    made.abort_transaction(PATIENCE_S)
    made.begin_transaction()
    made.send_offsets_to_transaction(position, first.consumer_group_metadata(), PATIENCE_S)
    made.commit_transaction(PATIENCE_S)
    equal(committed("crew", "shared"), 1, "the group's offset by the new generation")
    return f"{error.name()}, and the new generation's are taken"


@scenario
def a_zombie_is_fenced():
    create("guarded")
    zombie = transactional("identity")
    zombie.begin_transaction()
    put(zombie, "guarded", b"by the zombie")
    successor = transactional("identity")
    equal(values(read("guarded")), [], "what the zombie left open")
    successor.begin_transaction()
    put(successor, "guarded", b"by its successor")
    error = refused(lambda: zombie.commit_transaction(PATIENCE_S), *FENCED)
    check(error.fatal(), "being fenced is final")
    successor.commit_transaction(PATIENCE_S)
    equal(values(read("guarded")), [b"by its successor"], "what read_committed sees")
    return f"{error.name()}; its successor's work stands"


@scenario
def a_zombie_that_only_writes_is_fenced():
    create("guarded")
    zombie = transactional("identity")
    zombie.begin_transaction()
    put(zombie, "guarded", b"early")
    successor = transactional("identity")
    zombie.produce("guarded", value=b"late")
    error = refused(lambda: zombie.flush(PATIENCE_S), *FENCED)
    successor.begin_transaction()
    put(successor, "guarded", b"new")
    successor.commit_transaction(PATIENCE_S)
    equal(values(read("guarded")), [b"new"], "what read_committed sees")
    equal(values(read("guarded", "read_uncommitted")), [b"early", b"new"], "what the log holds")
    return f"its record was refused: {error.name()}"


@scenario
def a_timed_out_transaction_is_aborted():
    create("timed")
    slow = transactional("sleeper", transaction_timeout_ms=1000)
    slow.begin_transaction()
    put(slow, "timed", b"abandoned")
    send(producer(), "timed", [(None, b"after")])
    equal(values(read("timed")), [], "what is seen while the transaction is open")
    began = time.monotonic()
    eventually(lambda: values(read("timed")) == [b"after"], "the transaction was never aborted")
    waited = time.monotonic() - began
    error = refused(lambda: slow.commit_transaction(PATIENCE_S), *FENCED, kafka.KafkaError.INVALID_TXN_STATE)
    again = transactional("sleeper")
    again.begin_transaction()
    put(again, "timed", b"again")
    again.commit_transaction(PATIENCE_S)
    equal(values(read("timed")), [b"after", b"again"], "what read_committed sees in the end")
    return f"aborted after {waited:.1f} s of a timeout of 1 s; its commit: {error.name()}"


@scenario
def a_timeout_beyond_the_limit_is_refused():
    made = producer(transactional_id="eternal", transaction_timeout_ms=2_000_000_000)
    error = refused(lambda: made.init_transactions(PATIENCE_S), kafka.KafkaError.INVALID_TRANSACTION_TIMEOUT)
    return error.name()


if __name__ == "__main__":
    main()
