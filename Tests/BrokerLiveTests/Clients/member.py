"""One member of a consumer group, in a process of its own so that it can be killed.

Arguments: group, topic, assignment strategy, session timeout in ms, instance id ("" for a dynamic member).
Prints one JSON line per event: {"assigned": [partitions]} with what it owns after each rebalance, and
{"record": [partition, offset, value]} when the record's offset has been committed. Leaves the group and ends when its
standard input closes.
"""

import json
import select
import sys

from judge import *


def say(**event):
    print(json.dumps(event), flush=True)


def run(group, topic, strategy, session_timeout_ms, instance):
    settings = {"group.instance.id": instance} if instance else {}
    reader = consumer(group_id=group, partition_assignment_strategy=strategy,
                      session_timeout_ms=int(session_timeout_ms), heartbeat_interval_ms=100, **settings)
    incremental, owned, waiting = strategy.startswith("cooperative"), set(), []

    # Left to librdkafka's defaults, an assignment is complete only after the callback; so it is carried out here.
    def assigned(reader, places):
        (reader.incremental_assign if incremental else reader.assign)(places)
        owned.update(place.partition for place in places)
        say(assigned=sorted(owned))

    def revoked(reader, places):
        owned.difference_update(place.partition for place in places)
        waiting[:] = [message for message in waiting if message.partition() in owned]
        if incremental:
            reader.incremental_unassign(places)
        else:
            reader.unassign()
        say(assigned=sorted(owned))

    reader.subscribe([topic], on_assign=assigned, on_revoke=revoked)
    while not select.select([sys.stdin], [], [], 0)[0]:
        waiting += [message for message in reader.consume(100, timeout=0.05) if message.error() is None]
        while waiting and taken(reader, waiting[0]):
            del waiting[0]
    reader.close()


def taken(reader, message):
    """Commits the record's offset; false in the midst of a rebalance, to be tried again if the partition stays."""
    try:
        reader.commit(message=message, asynchronous=False)
    except kafka.KafkaException:
        return False
    say(record=[message.partition(), message.offset(), message.value().decode()])
    return True


if __name__ == "__main__":
    run(*sys.argv[1:])
