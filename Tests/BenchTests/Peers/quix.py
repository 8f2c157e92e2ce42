"""The windows' benchmark in Quix Streams: count, sum, min and max of `number` in 10 s windows by key, exactly
once, a commit every 100 ms, state on disk with changelogs.

    quix.py BOOTSTRAP TOPIC COUNT STATE_FOLDER SECONDS

It ends behind COUNT records, or earlier once SECONDS have been measured. The last line printed: records a
second, CPU seconds per million records, resident memory, and how many records these are of if not all.
"""
import logging
import resource
import sys
import time
from datetime import timedelta

from quixstreams import Application
from quixstreams.dataframe.windows import Count, Max, Min, Sum

bootstrap, name, state = sys.argv[1], sys.argv[2], sys.argv[4]
count, limit_s = int(sys.argv[3]), int(sys.argv[5])
logging.disable(logging.WARNING)
app = Application(
    broker_address=bootstrap, consumer_group=f"quix-{name}", auto_offset_reset="earliest",
    processing_guarantee="exactly-once", commit_interval=0.1, state_dir=state,
    producer_extra_config={"linger.ms": 5})
source = app.topic(name, key_deserializer="str", value_deserializer="json")
target = app.topic(f"quix-{name}-out", key_serializer="str", value_serializer="json")
seen = 0
began = None
ended = None


def watch(value):
    """The clock runs from the first record to the last: joining the group and leaving it are not measured."""
    global seen, began, ended
    if began is None:
        began = (time.monotonic(), cpu())
    seen += 1
    if seen % 1000 == 0 or seen == count:
        ended = (time.monotonic(), cpu())
    if seen >= count or ended is not None and ended[0] - began[0] > limit_s:
        app.stop()


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


frame = app.dataframe(source)
frame.update(watch)
frame.tumbling_window(timedelta(seconds=10)).agg(
    count=Count(), sum=Sum("number"), min=Min("number"), max=Max("number")).final().to_topic(target)
app.run(timeout=30.0, collect=False)
elapsed, spent = ended[0] - began[0], ended[1] - began[1]
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
print(
    f"Quix Streams, tumbling: {seen / elapsed:.0f} records/s, {spent / seen * 1e6:.2f} CPU s/M, {memory} MB"
    + ("" if seen == count else f" (of the first {seen} records)"))
