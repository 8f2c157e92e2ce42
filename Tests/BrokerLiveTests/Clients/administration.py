"""Topics as operators handle them: make, delete, describe, alter; cut and look up offsets; compaction."""

from judge import *
from confluent_kafka.admin import ConfigResource, ResourceType


def settings_of(topic):
    resource = ConfigResource(ResourceType.TOPIC, topic)
    entries = admin().describe_configs([resource])[resource].result(PATIENCE_S)
    return {name: entry.value for name, entry in entries.items()}


def offset_of(topic, specification, partition=0):
    place = kafka.TopicPartition(topic, partition)
    return admin().list_offsets({place: specification})[place].result(PATIENCE_S).offset


@scenario
def topics_are_created_once():
    create("made", partitions=5, retention_ms="12345")
    equal(partitions_of("made"), [0, 1, 2, 3, 4], "partitions")
    equal(settings_of("made")["retention.ms"], "12345", "the setting it was made with")
    again = refused(lambda: create("made"), kafka.KafkaError.TOPIC_ALREADY_EXISTS)
    name = refused(lambda: create("no spaces"), kafka.KafkaError.TOPIC_EXCEPTION)
    count = refused(lambda: create("none", partitions=0), kafka.KafkaError.INVALID_PARTITIONS)
    setting = refused(lambda: create("odd", retention_mz="1"), kafka.KafkaError.INVALID_CONFIG)
    value = refused(lambda: create("odd", retention_ms="soon"), kafka.KafkaError.INVALID_CONFIG)
    copies = NewTopic("copied", num_partitions=1, replication_factor=3)
    factor = refused(lambda: admin().create_topics([copies])["copied"].result(PATIENCE_S),
                     kafka.KafkaError.INVALID_REPLICATION_FACTOR)
    wanted = NewTopic("checked", num_partitions=1, replication_factor=1)
    admin().create_topics([wanted], validate_only=True)["checked"].result(PATIENCE_S)
    check("checked" not in admin().list_topics(timeout=PATIENCE_S).topics, "validate_only made a topic")
    return ", ".join(error.name() for error in (again, name, count, setting, value, factor))


@scenario
def a_deleted_topic_is_gone():
    create("doomed", partitions=2)
    send(producer(), "doomed", [(None, b"old")])
    admin().delete_topics(["doomed"])["doomed"].result(PATIENCE_S)
    check("doomed" not in admin().list_topics(timeout=PATIENCE_S).topics, "it is still listed")
    error = refused(lambda: admin().delete_topics(["doomed"])["doomed"].result(PATIENCE_S),
                    kafka.KafkaError.UNKNOWN_TOPIC_OR_PART)
    create("doomed")
    equal(values(read("doomed")), [], "what a topic of the same name holds")
    send(producer(), "doomed", [(None, b"new")])
    equal([(record.offset(), record.value()) for record in read("doomed")], [(0, b"new")], "its first record")
    return f"deleted again: {error.name()}; a new one of its name is empty"


@scenario
def settings_are_described_and_altered():
    create("tuned", cleanup_policy="compact")
    resource = ConfigResource(ResourceType.TOPIC, "tuned", set_config={"retention.ms": "60000"})
    admin().alter_configs([resource])[resource].result(PATIENCE_S)
    found = settings_of("tuned")
    equal(found["retention.ms"], "60000", "the altered setting")
    equal(found["cleanup.policy"], "delete", "a setting that the alteration did not name is Kafka's default again")
    bad = ConfigResource(ResourceType.TOPIC, "tuned", set_config={"cleanup.policy": "burn"})
    error = refused(lambda: admin().alter_configs([bad])[bad].result(PATIENCE_S), kafka.KafkaError.INVALID_CONFIG)
    equal(settings_of("tuned"), found, "the settings after a refused alteration")
    nobody = ConfigResource(ResourceType.TOPIC, "nobody")
    refused(lambda: admin().describe_configs([nobody])[nobody].result(PATIENCE_S),
            kafka.KafkaError.UNKNOWN_TOPIC_OR_PART)
    broker = ConfigResource(ResourceType.BROKER, "1")
    admin().describe_configs([broker])[broker].result(PATIENCE_S)
    return f"all at once, as AlterConfigs does; refused: {error.name()}"


@scenario
def deleted_records_are_gone():
    create("cut")
    send(producer(), "cut", [(None, b"%d" % n) for n in range(100)])
    place = kafka.TopicPartition("cut", 0, 40)
    low = admin().delete_records([place])[place].result(PATIENCE_S).low_watermark
    equal(low, 40, "the low watermark")
    equal(values(read("cut")), [b"%d" % n for n in range(40, 100)], "what is left")
    equal(offset_of("cut", OffsetSpec.earliest()), 40, "the earliest offset")
    beyond = kafka.TopicPartition("cut", 0, 500)
    error = refused(lambda: admin().delete_records([beyond])[beyond].result(PATIENCE_S),
                    kafka.KafkaError.OFFSET_OUT_OF_RANGE)
    every = kafka.TopicPartition("cut", 0, kafka.OFFSET_END)
    equal(admin().delete_records([every])[every].result(PATIENCE_S).low_watermark, 100, "all deleted")
    send(producer(), "cut", [(None, b"next")])
    equal([record.offset() for record in read("cut")], [100], "offsets go on")
    return f"up to an offset and all; beyond the end: {error.name()}"


@scenario
def offsets_are_listed():
    create("marks", retention_ms="-1")
    made = producer()
    for n in range(50):
        made.produce("marks", value=b"%d" % n, timestamp=1_700_000_000_000 + n)
    equal(made.flush(PATIENCE_S), 0, "records never reported")
    equal(offset_of("marks", OffsetSpec.earliest()), 0, "earliest")
    equal(offset_of("marks", OffsetSpec.latest()), 50, "latest")
    equal(offset_of("marks", OffsetSpec.for_timestamp(1_700_000_000_020)), 20, "by timestamp")
    equal(offset_of("marks", OffsetSpec.max_timestamp()), 49, "of the largest timestamp")
    reader = consumer()
    place = kafka.TopicPartition("marks", 0)
    equal(reader.get_watermark_offsets(place, timeout=PATIENCE_S), (0, 50), "watermarks")
    refused(lambda: reader.get_watermark_offsets(kafka.TopicPartition("marks", 7), timeout=5),
            kafka.KafkaError.UNKNOWN_TOPIC_OR_PART, kafka.KafkaError._UNKNOWN_PARTITION)
    return "earliest, latest, by timestamp, of the largest timestamp"


@scenario
def group_offsets_are_kept():
    create("positions", partitions=2)
    send(producer(), "positions", [(None, b"x")] * 20)
    reader = consumer(group_id="readers")
    places = [kafka.TopicPartition("positions", 0, 3), kafka.TopicPartition("positions", 1, 5, "with a note")]
    done = reader.commit(offsets=places, asynchronous=False)
    check(all(place.error is None for place in done), f"commit: {done}")
    asked = [kafka.TopicPartition("positions", partition) for partition in (0, 1)]
    found = reader.committed(asked, timeout=PATIENCE_S)
    equal([(place.offset, place.metadata) for place in found], [(3, None), (5, "with a note")], "what is kept")
    other = consumer(group_id="others").committed(asked, timeout=PATIENCE_S)
    equal([place.offset for place in other], [kafka.OFFSET_INVALID] * 2, "another group's")
    return "with their metadata, per group"


@scenario
def compaction_keeps_the_last_value():
    create("latest", cleanup_policy="compact", segment_bytes="8192", min_cleanable_dirty_ratio="0.01",
           delete_retention_ms="500")
    last, before = {}, {}
    for codec in ("none", "lz4"):
        made = producer(compression_type=codec, batch_num_messages=20)
        for n in range(4000):
            key = b"%s-%d" % (codec.encode(), n % 50)
            last[key] = None if n % 50 < 10 and n >= 3950 else b"value %d" % n
            made.produce("latest", key=key, value=last[key], headers={"n": str(n)})
            made.poll(0)
        equal(made.flush(PATIENCE_S), 0, "records never reported")
    before = {record.offset(): record for record in read("latest")}
    roll = producer()
    kept = {key: value for key, value in last.items() if value is not None}

    def compacted():
        # Compaction leaves the newest segment alone, so others must follow.
        send(roll, "latest", [(b"filler", b"x" * 1000)] * 20)
        records = [record for record in read("latest") if record.key() != b"filler"]
        return records if len(records) == len(kept) else None

    records = eventually(compacted, "old values and tombstones never went")
    equal({record.key(): record.value() for record in records}, kept, "the last values")
    for record in records:
        old = before[record.offset()]
        equal((record.key(), record.value(), record.headers(), record.timestamp()),
              (old.key(), old.value(), old.headers(), old.timestamp()), "a record that stays, at its offset")
    return f"{len(before)} records became {len(records)}, tombstones gone, offsets unchanged"


@scenario
def compaction_keeps_tombstones_for_a_while():
    create("stones", cleanup_policy="compact", segment_bytes="4096", min_cleanable_dirty_ratio="0.01",
           delete_retention_ms="3600000")
    made = producer(batch_num_messages=10)
    send(made, "stones", [(b"k%d" % (n % 20), b"x" * 100) for n in range(1000)])
    send(made, "stones", [(b"k%d" % n, None) for n in range(20)])

    def compacted():
        send(made, "stones", [(b"filler", b"x" * 1000)] * 10)
        records = [record for record in read("stones") if record.key() != b"filler"]
        return records if len(records) == 20 else None

    records = eventually(compacted, "old values never went")
    equal({record.key(): record.value() for record in records}, {b"k%d" % n: None for n in range(20)}, "tombstones")
    return "1000 values gone, their 20 tombstones stay"


@scenario
def old_records_go_by_time_and_size():
    create("aged", segment_bytes="4096", retention_ms="1000")
    create("sized", segment_bytes="4096", retention_bytes="8192")
    made = producer(batch_num_messages=10)
    for topic in ("aged", "sized"):
        send(made, topic, [(None, b"old" + b"x" * 100)] * 500)

    def gone(topic):
        send(made, topic, [(None, b"new")])
        return offset_of(topic, OffsetSpec.earliest()) > 0

    eventually(lambda: gone("aged"), "no old record went by time")
    eventually(lambda: gone("sized"), "no old record went by size")
    check(len(read("sized")) < 500, "the sized topic is as large as before")
    return "whole segments go, the newest stays"


if __name__ == "__main__":
    main()
