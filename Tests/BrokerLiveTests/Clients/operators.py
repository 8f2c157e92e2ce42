"""What operators' tools ask of a broker, asked by confluent-kafka's AdminClient: groups, their positions, growth."""

from judge import *
from confluent_kafka.admin import (AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, ResourceType)

GROUP_STATE = kafka.ConsumerGroupState


def settings_of(topic):
    resource = ConfigResource(ResourceType.TOPIC, topic)
    entries = admin().describe_configs([resource])[resource].result(PATIENCE_S)
    return {name: entry.value for name, entry in entries.items()}


def reading(group, topic):
    """A consumer that has its share of the topic."""
    reader = consumer(group_id=group, session_timeout_ms=6000)
    reader.subscribe([topic])
    eventually(lambda: (reader.poll(0.05), reader.assignment())[1], "no assignment")
    return reader


def describe(group):
    return admin().describe_consumer_groups([group])[group].result(PATIENCE_S)


@scenario
def groups_are_listed_and_described():
    create("watched", partitions=2)
    reader = reading("watchers", "watched")
    consumer(group_id="passer-by").commit(offsets=[kafka.TopicPartition("watched", 0, 1)], asynchronous=False)
    listed = admin().list_consumer_groups().result(PATIENCE_S)
    equal({group.group_id: group.state for group in listed.valid},
          {"watchers": GROUP_STATE.STABLE, "passer-by": GROUP_STATE.EMPTY}, "groups")
    stable = admin().list_consumer_groups(states={GROUP_STATE.STABLE}).result(PATIENCE_S)
    equal([group.group_id for group in stable.valid], ["watchers"], "stable groups")
    found = describe("watchers")
    equal((found.state, found.partition_assignor), (GROUP_STATE.STABLE, "range"), "the group")
    shares = [place.partition for member in found.members for place in member.assignment.topic_partitions]
    equal(sorted(shares), [0, 1], "what its members own")
    check(found.members[0].client_id.startswith("rdkafka"), f"client {found.members[0].client_id!r}")
    reader.close()
    eventually(lambda: describe("watchers").state == GROUP_STATE.EMPTY, "the group never became empty")
    equal(describe("nobody").state, GROUP_STATE.DEAD, "a group there is not")
    return "listed by state, described with members and shares"


@scenario
def groups_are_deleted_when_empty():
    create("dropped")
    reader = reading("droppers", "dropped")
    position = [kafka.TopicPartition("dropped", 0, 7)]
    reader.commit(offsets=position, asynchronous=False)

    def delete():
        admin().delete_consumer_groups(["droppers"])["droppers"].result(PATIENCE_S)

    busy = refused(delete, kafka.KafkaError.NON_EMPTY_GROUP)
    reader.close()
    delete()
    unknown = refused(delete, kafka.KafkaError.GROUP_ID_NOT_FOUND)
    asked = [kafka.TopicPartition("dropped", 0)]
    left = consumer(group_id="droppers").committed(asked, timeout=PATIENCE_S)
    equal([place.offset for place in left], [kafka.OFFSET_INVALID], "positions left")
    return f"{busy.name()}, then deleted with its positions, then {unknown.name()}"


@scenario
def positions_are_altered_from_outside():
    create("moved", partitions=2)
    places = [kafka.TopicPartition("moved", partition, 5) for partition in (0, 1)]
    wanted = kafka.ConsumerGroupTopicPartitions("movers", places)
    admin().alter_consumer_group_offsets([wanted])["movers"].result(PATIENCE_S)
    asked = kafka.ConsumerGroupTopicPartitions("movers")
    found = admin().list_consumer_group_offsets([asked])["movers"].result(PATIENCE_S).topic_partitions
    equal(sorted((place.partition, place.offset) for place in found), [(0, 5), (1, 5)], "positions")
    reader = reading("movers", "moved")
    answered = admin().alter_consumer_group_offsets([wanted])["movers"].result(PATIENCE_S)
    errors = {place.error.name() for place in answered.topic_partitions}
    equal(errors, {"UNKNOWN_MEMBER_ID"}, "what is answered while the group has members")
    reader.close()
    return f"set and listed; with members: {errors}"


@scenario
def topics_grow():
    create("grown", retention_ms="-1")
    made = producer()
    send(made, "grown", [(None, b"before")])
    grow = lambda count: admin().create_partitions([NewPartitions("grown", count)])["grown"].result(PATIENCE_S)
    grow(4)
    eventually(lambda: partitions_of("grown") == [0, 1, 2, 3], "the new partitions never showed")
    again = refused(lambda: grow(4), kafka.KafkaError.INVALID_PARTITIONS)
    for partition in range(4):
        send(producer(), "grown", [(None, b"after")], partition=partition)
    equal(values(read("grown")), [b"before"] + [b"after"] * 4, "records")
    equal(settings_of("grown")["retention.ms"], "-1", "a setting it was made with")
    return f"1 to 4 partitions; to 4 again: {again.name()}"


@scenario
def settings_are_altered_one_by_one():
    create("tuned", retention_ms="5000", segment_bytes="100000")

    def alter(name, operation, value=None):
        entry = ConfigEntry(name, value, incremental_operation=operation)
        resource = ConfigResource(ResourceType.TOPIC, "tuned", incremental_configs=[entry])
        admin().incremental_alter_configs([resource])[resource].result(PATIENCE_S)

    alter("retention.ms", AlterConfigOpType.SET, "7000")
    alter("cleanup.policy", AlterConfigOpType.APPEND, "compact")
    found = settings_of("tuned")
    equal((found["retention.ms"], found["segment.bytes"], found["cleanup.policy"]),
          ("7000", "100000", "delete,compact"), "settings")
    alter("retention.ms", AlterConfigOpType.DELETE)
    alter("cleanup.policy", AlterConfigOpType.SUBTRACT, "delete")
    found = settings_of("tuned")
    equal((found["retention.ms"], found["cleanup.policy"]), ("604800000", "compact"), "settings")
    error = refused(lambda: alter("retention.ms", AlterConfigOpType.SET, "soon"), kafka.KafkaError.INVALID_CONFIG)
    return f"set, deleted, added to, taken from; refused: {error.name()}"


@scenario
def the_cluster_is_described():
    found = admin().describe_cluster().result(PATIENCE_S)
    equal([node.id for node in found.nodes], [found.controller.id], "nodes")
    create("topic-described", partitions=3)
    wanted = kafka.TopicCollection(["topic-described"])
    topic = admin().describe_topics(wanted)["topic-described"].result(PATIENCE_S)
    equal([len(part.replicas) for part in topic.partitions], [1, 1, 1], "replicas")
    return f"cluster {found.cluster_id}"


@scenario
def a_position_is_validated_by_its_leader_epoch():
    create("checked")
    send(producer(), "checked", [(None, b"%d" % n) for n in range(5)])
    reader = consumer(group_id="checkers")
    reader.assign([kafka.TopicPartition("checked", 0, 2, leader_epoch=0)])
    found = []
    eventually(lambda: (found.extend(reader.consume(5, timeout=0.1)), len(found) >= 3)[1], "records never came")
    equal([record.value() for record in found], [b"2", b"3", b"4"], "records from the position on")
    equal(found[0].leader_epoch(), 0, "the leader's epoch of a record")
    return "OffsetForLeaderEpoch lets the reader go on"


if __name__ == "__main__":
    main()
