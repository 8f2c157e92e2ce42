"""aiokafka, whose protocol stops at older versions than the others': records, groups, transactions, administration."""

import asyncio

from judge import *
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic as Wanted
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

_WHERE = {"bootstrap_servers": BOOTSTRAP, "retry_backoff_ms": 20}
confluent = producer


async def started(client):
    await client.start()
    return client


async def made(**settings):
    return await started(AIOKafkaProducer(**_WHERE, **settings))


async def reader(*topics, **settings):
    standard = {"auto_offset_reset": "earliest", "enable_auto_commit": False, "fetch_max_wait_ms": 50}
    return await started(AIOKafkaConsumer(*topics, **_WHERE, **standard | settings))


async def taken(source, count):
    return [await asyncio.wait_for(source.getone(), PATIENCE_S) for _ in range(count)]


async def read_all(topic, count, **settings):
    source = await reader(**settings)
    source.assign([TopicPartition(topic, 0)])
    records = await taken(source, count)
    await source.stop()
    return records


async def until(condition, otherwise):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        check(time.monotonic() < end, otherwise)
        await asyncio.sleep(0.01)


@scenario
async def records_keep_their_shape():
    headers = [("trace", b"\x00\xff"), ("empty", b""), ("trace", b"twice")]
    sent = [(None, b"no key"), (b"no value", None), (b"", b"")] + [(b"k", b"%d" % n * 300) for n in range(200)]
    for codec in CODECS:
        topic = f"shapes-{codec}"
        create(topic, retention_ms="-1")
        producer = await made(compression_type=None if codec == "none" else codec, linger_ms=20,
                              enable_idempotence=True)
        reports = [await producer.send(topic, value, key, headers=headers, timestamp_ms=1_700_000_000_000 + n)
                   for n, (key, value) in enumerate(sent)]
        equal([(await report).offset for report in reports], list(range(len(sent))), f"{codec} offsets")
        await producer.stop()
        own = await read_all(topic, len(sent))
        equal([(record.key, record.value) for record in own], sent, f"{codec} read by aiokafka")
        equal([record.timestamp for record in own], [1_700_000_000_000 + n for n in range(len(sent))], "timestamps")
        equal(list(own[0].headers), headers, "headers")
        others = read(topic)
        equal([(record.key(), record.value()) for record in others], sent, f"{codec} read by confluent-kafka")
        send(confluent(compression_type=codec), topic, [(b"other", b"x" * 500)] * 20)
        every = await read_all(topic, len(sent) + 20)
        equal([record.key for record in every[-20:]], [b"other"] * 20, f"{codec} of others")
    return f"{len(CODECS)} codecs, keys, nulls, headers, timestamps, both ways with confluent-kafka"


@scenario
async def offsets_are_found_by_time():
    create("times", retention_ms="-1")
    async with AIOKafkaProducer(**_WHERE) as producer:
        for n in range(50):
            await producer.send("times", b"%d" % n, timestamp_ms=1_700_000_000_000 + 10 * n)
    place, source = TopicPartition("times", 0), await reader("times")
    found = (await source.offsets_for_times({place: 1_700_000_000_195}))[place]
    equal((found.offset, found.timestamp), (20, 1_700_000_000_200), "the first at or after a time")
    equal((await source.beginning_offsets([place]))[place], 0, "the beginning")
    equal((await source.end_offsets([place]))[place], 50, "the end")
    source.seek(place, found.offset)
    equal([record.offset for record in await taken(source, 3)], [20, 21, 22], "records from there on")
    await source.stop()
    return "by time, beginning, end, and read from there"


@scenario
async def the_broker_may_stamp_records():
    create("stamped", message_timestamp_type="LogAppendTime")
    began = int(1000 * time.time())
    async with AIOKafkaProducer(**_WHERE) as producer:
        report = await producer.send_and_wait("stamped", b"x", timestamp_ms=1)
    record = (await read_all("stamped", 1))[0]
    equal((record.timestamp_type, record.timestamp), (1, report.timestamp), "the record's time and its report's")
    check(began <= report.timestamp <= 1000 * time.time(), f"stamped at {report.timestamp}, sent after {began}")
    return "LogAppendTime in the report and in the record"


@scenario
async def members_share_the_work():
    create("shared", partitions=4)
    join = functools.partial(reader, "shared", group_id="team", session_timeout_ms=6000, heartbeat_interval_ms=200)
    members, values_taken = [await join()], []

    async def work(member):
        async for record in member:
            values_taken.append(int(record.value))

    def shared_out():
        owned = [{place.partition for place in member.assignment()} for member in members]
        return all(owned) and sorted(partition for share in owned for partition in share) == [0, 1, 2, 3]

    await until(shared_out, "the first member never got all")
    members.append(await join())
    await until(shared_out, "two members never shared the partitions")
    tasks = [asyncio.create_task(work(member)) for member in members]
    async with AIOKafkaProducer(**_WHERE) as producer:
        for n in range(100):
            await producer.send("shared", b"%d" % n, partition=n % 4)
    await until(lambda: len(values_taken) >= 100, "records never came")
    equal(sorted(values_taken), list(range(100)), "records taken by the two")
    for member in members:
        await member.commit()
    tasks.pop().cancel()
    await members.pop().stop()
    await until(shared_out, "the member that is left never got all")
    places = [TopicPartition("shared", partition) for partition in range(4)]
    equal([await members[0].committed(place) for place in places], [25] * 4, "committed positions")
    tasks.pop().cancel()
    await members[0].stop()
    return "joined, joined, left: each record once, positions kept"


@scenario
async def transactions_are_all_or_nothing():
    create("ledger")
    create("source")
    older = await made(transactional_id="clerk", transaction_timeout_ms=20_000)
    for outcome, value in (("commit", b"kept"), ("abort", b"dropped"), ("commit", b"also kept")):
        await older.begin_transaction()
        await older.send_and_wait("ledger", value)
        await (older.commit_transaction() if outcome == "commit" else older.abort_transaction())
    seen = await read_all("ledger", 2, isolation_level="read_committed")
    equal([record.value for record in seen], [b"kept", b"also kept"], "what aiokafka sees by read_committed")
    equal(values(read("ledger")), [b"kept", b"also kept"], "what confluent-kafka sees")
    member = await reader("source", group_id="clerks", session_timeout_ms=6000)
    place = TopicPartition("source", 0)
    for offset, outcome in ((3, "abort"), (5, "commit")):
        await older.begin_transaction()
        await older.send_and_wait("ledger", b"with offsets")
        await older.send_offsets_to_transaction({place: offset}, "clerks")
        await (older.commit_transaction() if outcome == "commit" else older.abort_transaction())
    equal(await member.committed(place), 5, "the position that the committed transaction carried")
    await member.stop()
    await older.begin_transaction()
    await older.send_and_wait("ledger", b"of a zombie")
    newer = await made(transactional_id="clerk", transaction_timeout_ms=20_000)
    try:
        await older.send_and_wait("ledger", b"too late")
        await older.commit_transaction()
        raise Failed("a zombie could commit")
    except KafkaError as failure:
        error = type(failure).__name__
    equal(values(read("ledger")), [b"kept", b"also kept", b"with offsets"], "what is seen in the end")
    await newer.stop()
    return f"commit, abort, offsets without a generation; the zombie: {error}"


@scenario
async def topics_and_groups_are_administered():
    operator = await started(AIOKafkaAdminClient(**_WHERE))
    await operator.create_topics([Wanted("managed", 1, 1, topic_configs={"retention.ms": "5000"})])
    await operator.create_partitions({"managed": NewPartitions(3)})
    described = await operator.describe_topics(["managed"])
    equal(len(described[0]["partitions"]), 3, "partitions")
    asked = ConfigResource(ConfigResourceType.TOPIC, "managed", {"retention.ms": "9000"})
    await operator.alter_configs([asked])
    answer = (await operator.describe_configs([asked]))[0]
    equal([entry[:2] for resource in answer.resources for entry in resource[4]], [("retention.ms", "9000")], "settings")
    member = await reader("managed", group_id="crew", session_timeout_ms=6000)
    await until(lambda: len(member.assignment()) == 3, "no assignment")
    equal(await operator.list_consumer_groups(), [("crew", "consumer")], "groups")
    group = (await operator.describe_consumer_groups(["crew"]))[0].groups[0]
    equal((group[1], group[2], len(group[5])), ("crew", "Stable", 1), "the group")
    place = TopicPartition("managed", 0)
    await member.commit({place: 7})
    await member.stop()
    found = await operator.list_consumer_group_offsets("crew")
    equal(found[place].offset, 7, "its position")
    await operator.delete_topics(["managed"])
    check("managed" not in await operator.list_topics(), "a deleted topic is still listed")
    await operator.close()
    return "made, grown, altered, deleted; groups listed and described"


if __name__ == "__main__":
    main()
