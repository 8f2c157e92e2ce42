"""The windows' benchmark in Quix Streams: count, sum, min and max of `number` in 10 s windows by key, exactly
once, a commit every 100 ms, state on disk with changelogs.

    quix.py BOOTSTRAP TOPIC COUNT STATE_FOLDER

The last line printed: records a second, CPU seconds per million records, resident memory.
"""
import logging
import resource
import sys
import time
from datetime import timedelta

from quixstreams import Application
from quixstreams.dataframe.windows import Count, Max, Min, Sum

bootstrap, name, count, state = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
logging.disable(logging.WARNING)
app = Application(
    broker_address=bootstrap, consumer_group=f"quix-{name}", auto_offset_reset="earliest",
    processing_guarantee="exactly-once", commit_interval=0.1, state_dir=state,
    producer_extra_config={"linger.ms": 5})
source = app.topic(name, key_deserializer="str", value_deserializer="json")
target = app.topic(f"quix-{name}-out", key_serializer="str", value_serializer="json")
seen = 0
began = None


def watch(value):
    """Starts the clock at the first record, so that joining the group is not measured."""
    global seen, began
    if began is None:
        began = (time.monotonic(), cpu())
    seen += 1


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


frame = app.dataframe(source)
frame.update(watch)
frame.tumbling_window(timedelta(seconds=10)).agg(
    count=Count(), sum=Sum("number"), min=Min("number"), max=Max("number")).final().to_topic(target)
app.run(count=count, timeout=300.0, collect=False)
elapsed, spent = time.monotonic() - began[0], cpu() - began[1]
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
print(
    f"Quix Streams, tumbling: {seen / elapsed:.0f} records/s, {spent / seen * 1e6:.2f} CPU s/M, {memory} MB"
    + ("" if seen == count else f" (only {seen} records)"))
