"""A writer whose broker runs out of room, and the proof afterwards that what was acknowledged is there."""

import pathlib

from judge import *


@scenario
def fill(account):
    """Sends until the broker is gone and writes down how many records were acknowledged."""
    create("filled")
    acknowledged, failed = [], []

    def delivered(error, message):
        (failed if error else acknowledged).append(int(message.value().split()[0]))

    made = producer(enable_idempotence=True, message_timeout_ms=3000, compression_type="none")
    for number in range(1_000_000):
        try:
            made.produce("filled", value=b"%d " % number + b"x" * 1000, on_delivery=delivered)
        except BufferError:
            made.poll(0.01)
        made.poll(0)
        if failed:
            break
    made.flush(PATIENCE_S)
    check(failed, "the broker took a gigabyte")
    pathlib.Path(account).write_text(str(len(acknowledged)))
    return f"{len(acknowledged)} acknowledged before the room ended"


@scenario
def holds(account):
    """All that was acknowledged is there, once and in order, and the topic takes more."""
    acknowledged = int(pathlib.Path(account).read_text())
    found = [int(value.split()[0]) for value in values(read("filled"))]
    check(len(found) >= acknowledged, f"{len(found)} of {acknowledged} acknowledged records are there")
    equal(found == list(range(len(found))), True, "they are there once and in order")
    send(producer(), "filled", [(None, b"-1 more")])
    return f"{acknowledged} acknowledged, {len(found)} there"


@scenario
def works():
    create("alive")
    send(producer(), "alive", [(None, b"yes")])
    equal(values(read("alive")), [b"yes"], "what the topic holds")
    return "takes and gives records"


if __name__ == "__main__":
    main()
