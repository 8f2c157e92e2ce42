"""kafka-python, written in Python from the protocol up: records, groups, transactions and its admin client."""

import threading

from judge import *
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import (AlterConfigOp, ConfigResource, ConfigResourceType, GroupState, MemberToRemove, OffsetSpec,
                         TransactionState)
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import (GroupSubscribedToTopicError, InvalidPartitionsError, KafkaError, NonEmptyGroupError,
                          ProducerFencedError)
from kafka.structs import OffsetAndMetadata

# kafka-python 3.0.12 forgets an assignment that arrives between two polls, so a poll must outlast a rebalance.
POLL_MS = 2000

_WHERE = {"bootstrap_servers": BOOTSTRAP, "reconnect_backoff_ms": 20, "retry_backoff_ms": 20}


def made(**settings):
    return KafkaProducer(**_WHERE, **settings)


def reader(*topics, **settings):
    standard = {"auto_offset_reset": "earliest", "enable_auto_commit": False, "fetch_max_wait_ms": 50}
    return KafkaConsumer(*topics, **_WHERE, **standard | settings)


@functools.cache
def operator():
    return KafkaAdminClient(**_WHERE)


def poll(source, count):
    """The first `count` records that come."""
    records = []

    def enough():
        for batch in source.poll(timeout_ms=POLL_MS).values():
            records.extend(batch)
        return len(records) >= count

    eventually(enough, lambda: f"{len(records)} of {count} records came")
    return records


def read_all(topic, count, **settings):
    source = reader(**settings)
    source.assign([TopicPartition(topic, 0)])
    source.seek_to_beginning()
    records = poll(source, count)
    source.close()
    return records


def put(producer, topic, *sent):
    for report in [producer.send(topic, value, partition=0) for value in sent]:
        report.get(PATIENCE_S)


def refuses(action, *errors):
    """Runs `action`, which must fail with one of these exceptions, and returns the exception's name."""
    try:
        action()
    except errors as failure:
        return type(failure).__name__
    raise Failed(f"accepted, expected one of {errors}")


@scenario
def records_keep_their_shape():
    headers = [("trace", b"\x00\xff"), ("empty", b""), ("trace", b"twice")]
    for codec in CODECS:
        topic = f"shapes-{codec}"
        create(topic, retention_ms="-1")
        producer = made(compression_type=None if codec == "none" else codec, linger_ms=20)
        sent = [(None, b"no key"), (b"no value", None), (b"", b"")] + [(b"k", b"%d" % n * 300) for n in range(200)]
        reports = [producer.send(topic, key=key, value=value, headers=headers, timestamp_ms=1_700_000_000_000 + n)
                   for n, (key, value) in enumerate(sent)]
        equal([report.get(PATIENCE_S).offset for report in reports], list(range(len(sent))), f"{codec} offsets")
        producer.close()
        own = read_all(topic, len(sent))
        equal([(record.key, record.value) for record in own], sent, f"{codec} read by kafka-python")
        equal([record.timestamp for record in own], [1_700_000_000_000 + n for n in range(len(sent))], "timestamps")
        equal(list(own[0].headers), headers, "headers")
        others = read(topic)
        equal([(record.key(), record.value()) for record in others], sent, f"{codec} read by confluent-kafka")
        equal(others[0].headers(), headers, "headers read by confluent-kafka")
        send(producer_of(codec), topic, [(b"other", b"x" * 500)] * 20)
        equal([record.key for record in read_all(topic, len(sent) + 20)[-20:]], [b"other"] * 20, f"{codec} of others")
    return f"{len(CODECS)} codecs, keys, nulls, headers, timestamps, both ways with confluent-kafka"


def producer_of(codec):
    return producer(compression_type=codec)


@scenario
def offsets_are_found_by_time():
    create("times", retention_ms="-1")
    producer = made()
    for n in range(50):
        producer.send("times", b"%d" % n, timestamp_ms=1_700_000_000_000 + 10 * n)
    producer.flush()
    place, source = TopicPartition("times", 0), reader()
    found = source.offsets_for_times({place: 1_700_000_000_195})[place]
    equal((found.offset, found.timestamp), (20, 1_700_000_000_200), "the first at or after a time")
    equal(source.offsets_for_times({place: 1_800_000_000_000})[place], None, "the first after the last")
    equal((source.beginning_offsets([place])[place], source.end_offsets([place])[place]), (0, 50), "ends")
    largest = operator().list_partition_offsets({place: OffsetSpec.MAX_TIMESTAMP})[place]
    equal(largest.offset, 49, "of the largest timestamp")
    return "by time, beginning, end, largest timestamp"


@scenario
def the_broker_may_stamp_records():
    create("stamped", message_timestamp_type="LogAppendTime")
    began = int(1000 * time.time())
    report = made().send("stamped", b"x", timestamp_ms=1).get(PATIENCE_S)
    record = read_all("stamped", 1)[0]
    equal((record.timestamp_type, record.timestamp), (1, report.timestamp), "the record's time and its report's")
    check(began <= report.timestamp <= 1000 * time.time(), f"stamped at {report.timestamp}, sent after {began}")
    return "LogAppendTime in the report and in the record"


class Member(threading.Thread):
    """Reads on a thread of its own, as members of a group wait for each other when they join."""

    def __init__(self, topic, group, assignor):
        super().__init__(daemon=True)
        self.source = reader(topic, group_id=group, session_timeout_ms=6000, heartbeat_interval_ms=200,
                             partition_assignment_strategy=[assignor])
        self.taken, self.ended = [], False
        self.start()

    def run(self):
        while not self.ended:
            for batch in self.source.poll(timeout_ms=POLL_MS).values():
                self.taken += [int(record.value) for record in batch]
        self.source.commit()
        self.source.close()

    def owned(self):
        return {place.partition for place in self.source.assignment()}

    def leave(self):
        self.ended = True
        self.join(PATIENCE_S)


def members_share(assignor):
    create("shared", partitions=4)
    first = Member("shared", "team", assignor)
    eventually(lambda: first.owned() == {0, 1, 2, 3}, "the first member never got all")
    second = Member("shared", "team", assignor)
    eventually(lambda: len(first.owned()) == len(second.owned()) == 2, "never two each")
    sender = producer()
    for n in range(100):
        sender.produce("shared", b"%d" % n, partition=n % 4)
    equal(sender.flush(PATIENCE_S), 0, "records never reported")
    eventually(lambda: len(first.taken + second.taken) >= 100, lambda: f"{len(first.taken + second.taken)} records")
    equal(sorted(first.taken + second.taken), list(range(100)), "records taken by the two")
    second.leave()
    eventually(lambda: first.owned() == {0, 1, 2, 3}, "the member that is left never got all")
    first.leave()
    places = [kafka.TopicPartition("shared", partition) for partition in range(4)]
    kept = consumer(group_id="team").committed(places, timeout=PATIENCE_S)
    equal([place.offset for place in kept], [25] * 4, "committed positions")
    return "joined, joined, left: each record once, positions kept"


@scenario
def range_members_share_the_work():
    return members_share(RangePartitionAssignor)


@scenario
def cooperative_members_share_the_work():
    return members_share(CooperativeStickyAssignor)


@scenario
def confluent_and_kafka_python_share_a_group():
    create("mixed", partitions=4)
    ours, taken = Member("mixed", "mixed-team", RangePartitionAssignor), []
    theirs = consumer(group_id="mixed-team", session_timeout_ms=6000, heartbeat_interval_ms=200,
                      partition_assignment_strategy="range")
    theirs.subscribe(["mixed"])

    def turn():
        taken.extend(int(record.value()) for record in theirs.consume(100, timeout=0.02))

    eventually(lambda: (turn(), len(ours.owned()) == len(theirs.assignment()) == 2)[1], "never two each")
    sender = producer()
    for n in range(100):
        sender.produce("mixed", b"%d" % n, partition=n % 4)
    equal(sender.flush(PATIENCE_S), 0, "records never reported")
    eventually(lambda: (turn(), len(ours.taken + taken) >= 100)[1], lambda: f"{len(ours.taken)} and {len(taken)}")
    equal((len(ours.taken), len(taken)), (50, 50), "records each took")
    equal(sorted(ours.taken + taken), list(range(100)), "records the two took together")
    ours.leave()
    theirs.close()
    return "two partitions and fifty records each"


@scenario
def transactions_are_all_or_nothing():
    create("ledger")
    create("source")
    older = made(transactional_id="clerk", transaction_timeout_ms=20_000)
    older.init_transactions()
    for outcome, value in (("commit", b"kept"), ("abort", b"dropped"), ("commit", b"also kept")):
        older.begin_transaction()
        put(older, "ledger", value)
        older.commit_transaction() if outcome == "commit" else older.abort_transaction()
    seen = read_all("ledger", 2, isolation_level="read_committed")
    equal([record.value for record in seen], [b"kept", b"also kept"], "what kafka-python sees by read_committed")
    equal(values(read("ledger")), [b"kept", b"also kept"], "what confluent-kafka sees")
    member = reader("source", group_id="clerks", session_timeout_ms=6000)
    eventually(lambda: (member.poll(timeout_ms=POLL_MS), member.assignment())[1], "no assignment")
    place = TopicPartition("source", 0)
    for offset, outcome in ((3, "abort"), (5, "commit")):
        older.begin_transaction()
        put(older, "ledger", b"with offsets")
        older.send_offsets_to_transaction({place: OffsetAndMetadata(offset, "", -1)}, member.group_metadata())
        older.commit_transaction() if outcome == "commit" else older.abort_transaction()
    equal(member.committed(place), 5, "the position that the committed transaction carried")
    member.close()
    older.begin_transaction()
    put(older, "ledger", b"of a zombie")
    newer = made(transactional_id="clerk", transaction_timeout_ms=20_000)
    newer.init_transactions()
    error = refuses(lambda: (put(older, "ledger", b"too late"), older.commit_transaction()), ProducerFencedError,
                    KafkaError)
    equal(values(read("ledger")), [b"kept", b"also kept", b"with offsets"], "what is seen in the end")
    return f"commit, abort, offsets; the zombie: {error}"


@scenario
def older_protocols_are_spoken():
    releases = [(0, 11), (1, 0), (1, 1), (2, 0), (2, 1), (2, 3), (2, 5), (2, 8), (3, 0), (3, 9)]
    for release in releases:
        name = "as-of-%d-%d" % release
        create(name)
        writer = made(api_version=release, transactional_id=name, transaction_timeout_ms=20_000)
        writer.init_transactions()
        writer.begin_transaction()
        put(writer, name, b"a", b"b")
        writer.commit_transaction()
        writer.close()
        member = reader(name, group_id=name, api_version=release, isolation_level="read_committed",
                        session_timeout_ms=6000)
        equal([record.value for record in poll(member, 2)], [b"a", b"b"], f"records by the protocol of {release}")
        member.commit()
        equal(member.committed(TopicPartition(name, 0)), 3, f"the position by the protocol of {release}")
        member.close()
        asking = KafkaAdminClient(**_WHERE, api_version=release)
        equal(asking.describe_groups([name])[name]["group_state"], "Empty", f"the group by the protocol of {release}")
        asking.close()
    return f"a transaction, a group and its description by the protocols of {len(releases)} releases since 0.11"


@scenario
def topics_are_administered():
    operator().create_topics({"managed": {"num_partitions": 1, "configs": {"retention.ms": "5000"}}})
    operator().create_partitions({"managed": 3})
    equal(len(operator().describe_topics(["managed"])[0]["partitions"]), 3, "partitions")
    error = refuses(lambda: operator().create_partitions({"managed": 2}), InvalidPartitionsError)
    changes = {"segment.bytes": (AlterConfigOp.SET, "50000"), "retention.ms": (AlterConfigOp.DELETE, None),
               "cleanup.policy": (AlterConfigOp.APPEND, "compact")}
    operator().alter_configs([ConfigResource(ConfigResourceType.TOPIC, "managed", changes)])
    asked = ConfigResource(ConfigResourceType.TOPIC, "managed")
    found = operator().describe_configs([asked], config_filter="all")["topic"]["managed"]
    settings = {name: found[name]["value"] for name in ("segment.bytes", "retention.ms", "cleanup.policy")}
    equal(settings, {"segment.bytes": "50000", "retention.ms": "604800000", "cleanup.policy": "delete,compact"},
          "settings")
    equal([node["broker_id"] for node in operator().describe_cluster()["brokers"]], [1], "brokers")
    operator().create_topics(["cut"])
    put(made(), "cut", b"a", b"b", b"c")
    operator().delete_records({TopicPartition("cut", 0): 2})
    equal(values(read("cut")), [b"c"], "records left")
    operator().delete_topics(["cut", "managed"])
    check("managed" not in operator().list_topics(), "a deleted topic is still listed")
    return f"made, grown ({error} to shrink), altered one by one, cut, deleted"


@scenario
def groups_are_administered():
    create("busy")
    create("idle")
    operator().alter_group_offsets("crew", {TopicPartition(topic, 0): OffsetAndMetadata(4, "", -1)
                                            for topic in ("busy", "idle")})
    member = reader("busy", group_id="crew", group_instance_id="seat", session_timeout_ms=20_000)
    eventually(lambda: (member.poll(timeout_ms=POLL_MS), member.assignment())[1], "no assignment")
    eventually(lambda: operator().describe_groups(["crew"])["crew"]["group_state"] == "Stable", "never stable")
    described = operator().describe_groups(["crew"])["crew"]["members"][0]
    equal(described["group_instance_id"], "seat", "the member's instance")
    listed = operator().list_groups(states_filter=[GroupState.STABLE])
    equal([group["group_id"] for group in listed], ["crew"], "stable groups")
    deleted = operator().delete_group_offsets("crew", [TopicPartition("busy", 0), TopicPartition("idle", 0)])
    equal(deleted[TopicPartition("busy", 0)], GroupSubscribedToTopicError, "deleting a position that is in use")
    left = operator().list_group_offsets({"crew": None})["crew"]
    equal([place.topic for place in left], ["busy"], "positions left")
    busy = operator().delete_groups(["crew"])
    check("NonEmpty" in str(busy), f"deleting a group with members: {busy}")
    operator().remove_group_members("crew", [MemberToRemove(group_instance_id="seat")])
    eventually(lambda: operator().describe_groups(["crew"])["crew"]["group_state"] == "Empty", "never empty")
    operator().delete_groups(["crew"])
    equal(operator().list_groups(), [], "groups left")
    return "listed, described, positions set and deleted, a static member removed, the group deleted"


@scenario
def a_hanging_transaction_is_found():
    create("held")
    holder = made(transactional_id="holder", transaction_timeout_ms=60_000)
    holder.init_transactions()
    holder.begin_transaction()
    put(holder, "held", b"open")
    place = TopicPartition("held", 0)
    producers = operator().describe_producers([place])[place].active_producers
    equal([producer.current_transaction_start_offset for producer in producers], [0], "where the transaction began")
    listed = operator().list_transactions(state_filters=["Ongoing"])
    equal([found.transactional_id for group in listed.values() for found in group], ["holder"], "ongoing")
    described = operator().describe_transactions(["holder"])["holder"]
    equal((described.producer_id, described.topic_partitions), (producers[0].producer_id, {place}), "its description")
    equal(operator().find_hanging_transactions(), [], "transactions that hang beyond their time")
    holder.commit_transaction()
    equal(operator().describe_transactions(["holder"])["holder"].state, TransactionState.COMPLETE_COMMIT, "afterwards")
    return "from the topic to its producer to the transactional id"


if __name__ == "__main__":
    main()
