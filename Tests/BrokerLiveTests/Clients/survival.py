"""Clients that go on while the broker is killed and started again, and the account of what they were told.

Four clients run until standard input closes: a writer (idempotent), a transactor that commits and aborts, a copier
that moves records from one topic to another exactly once, and a reader that commits its positions. Then the topics
are compared with what each client was promised.
"""

import random
import threading

from judge import *

PARTITIONS = 4
FOREVER_S = 60.0


class Worker(threading.Thread):
    """A client on a thread of its own; `ended` asks it to finish what it has begun."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ended, self.failure = False, None
        self.start()

    def run(self):
        try:
            self.work()
        except Exception as failure:
            traceback.print_exc()
            self.failure = failure

    def finish(self):
        self.ended = True
        self.join()
        check(self.failure is None, f"{type(self).__name__}: {self.failure!r}")


class Writer(Worker):
    """Sends numbered records and remembers the offset at which each was acknowledged."""

    def work(self):
        self.sent, self.acknowledged = [0] * PARTITIONS, {}
        made = producer(enable_idempotence=True, message_timeout_ms=0, linger_ms=5)
        while not self.ended:
            for partition in range(PARTITIONS):
                self._send(made, partition)
            made.poll(0.005)
        while made.flush(1) > 0:
            pass

    def _send(self, made, partition):
        number = self.sent[partition]

        def delivered(error, message):
            check(error is None, f"record {number} of partition {partition} was given up: {error}")
            self.acknowledged[partition, number] = message.offset()

        made.produce("plain", value=b"%d" % number, partition=partition, on_delivery=delivered)
        self.sent[partition] += 1

    def judge(self):
        records = read("plain")
        for partition in range(PARTITIONS):
            found = [int(record.value()) for record in records if record.partition() == partition]
            equal(found == list(range(self.sent[partition])), True,
                  f"partition {partition} holds every record once and in order ({_difference(found)})")
        for record in records:
            known = self.acknowledged[record.partition(), int(record.value())]
            # A record that had been written before the crash but was answered after it has no offset to tell.
            check(known in (record.offset(), kafka.OFFSET_INVALID, -1), f"acknowledged at {known}, is at {record.offset()}")
        return f"{len(records)} records once and in order"


def _difference(found):
    doubled = len(found) - len(set(found))
    missing = [number for number in range(max(found, default=0)) if number not in set(found)]
    return f"{doubled} double, {len(missing)} missing, first {missing[:3]}, in order {found == sorted(found)}"


class Transactor(Worker):
    """Commits and aborts transactions over all partitions and remembers which ended how."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        super().__init__()

    def work(self):
        self.outcomes = {"committed": [], "aborted": [], "unknown": []}
        made, number = opened("transactor"), 0
        while not self.ended:
            wanted = "committed" if self.random.random() < 0.7 else "aborted"
            made, outcome = self._transact(made, number, wanted)
            self.outcomes[outcome].append(number)
            number += 1

    def _transact(self, made, number, wanted):
        ending = False
        try:
            made.begin_transaction()
            for step in range(self.random.randint(1, 12)):
                made.produce("ledger", value=f"{number}.{step}".encode(), partition=step % PARTITIONS)
                made.poll(0)
            made.flush(FOREVER_S)
            ending = wanted == "committed"
            patiently(made.commit_transaction if ending else made.abort_transaction)
            return made, wanted
        except kafka.KafkaException as failure:
            error = failure.args[0]
            if error.txn_requires_abort():
                patiently(made.abort_transaction)
                return made, "aborted"
            return opened("transactor"), "unknown" if ending else "aborted"

    def judge(self):
        seen = {}
        for record in read("ledger"):
            number, step = map(int, record.value().split(b"."))
            seen.setdefault((number, record.partition()), []).append(step)
        numbers = {number for number, _ in seen}
        for number in self.outcomes["committed"]:
            check(number in numbers, f"transaction {number} was committed and is not there")
        for number in self.outcomes["aborted"]:
            check(number not in numbers, f"transaction {number} was aborted and is seen")
        for (number, partition), steps in seen.items():
            equal(steps, list(range(partition, partition + PARTITIONS * len(steps), PARTITIONS)),
                  f"records of transaction {number} in partition {partition}")
        self._whole(seen)
        return ", ".join(f"{len(found)} transactions {outcome}" for outcome, found in self.outcomes.items())

    def _whole(self, seen):
        """All records of a transaction or none: its steps over the partitions are 0, 1, 2 ... without a gap, and as
        many as the raw log holds of it."""
        raw = {}
        for record in read("ledger", "read_uncommitted"):
            number, step = map(int, record.value().split(b"."))
            raw.setdefault(number, set()).add(step)
        for number in {number for number, _ in seen}:
            steps = {step for (which, _), found in seen.items() if which == number for step in found}
            equal(steps, raw[number], f"steps of transaction {number} that are seen")


class Copier(Worker):
    """Moves records from `plain` to `copied`, each exactly once, whatever happens between."""

    def work(self):
        self.restarts = 0
        reader = consumer(group_id="copiers", group_instance_id="copier", isolation_level="read_committed")
        reader.subscribe(["plain"])
        made = opened("copier")
        while not self.ended:
            taken = [message for message in reader.consume(1000, timeout=0.05) if message.error() is None]
            if not taken:
                continue
            try:
                self._copy(made, reader, taken)
            except kafka.KafkaException as failure:
                self.restarts += 1
                made = self._redo(made, reader, failure.args[0])
        reader.close()

    def _copy(self, made, reader, taken):
        made.begin_transaction()
        for message in taken:
            made.produce("copied", value=message.value(), partition=message.partition())
            made.poll(0)
        made.flush(FOREVER_S)
        places = [kafka.TopicPartition("plain", message.partition(), message.offset() + 1) for message in taken]
        last = {place.partition: place for place in places}
        patiently(lambda seconds: made.send_offsets_to_transaction(
            list(last.values()), reader.consumer_group_metadata(), seconds))
        patiently(made.commit_transaction)

    def _redo(self, made, reader, error):
        """Abort, or begin with a new producer; then read again from what is committed."""
        if error.txn_requires_abort():
            patiently(made.abort_transaction)
        else:
            made = opened("copier")
        mine = reader.assignment()
        if mine:
            for place in patiently(lambda seconds: reader.committed(mine, timeout=seconds)):
                place.offset = max(place.offset, 0)
                reader.seek(place)
        return made

    def judge(self, sent):
        records = read("copied")
        for partition in range(PARTITIONS):
            found = [int(record.value()) for record in records if record.partition() == partition]
            equal(found == list(range(sent[partition])), True,
                  f"partition {partition} of the copy holds every record once ({_difference(found)})")
        return f"{len(records)} copied once, {self.restarts} attempts repeated"


class Reader(Worker):
    """Reads `plain` in a group and remembers which positions it was told are committed."""

    def work(self):
        self.tried, self.committed = {}, {}
        reader = consumer(group_id="readers")
        reader.assign([kafka.TopicPartition("plain", partition, 0) for partition in range(PARTITIONS)])
        while not self.ended:
            for message in reader.consume(200, timeout=0.1):
                if message.error() is None:
                    self._commit(reader, message)
        reader.close()

    def _commit(self, reader, message):
        position = message.offset() + 1
        if position % 50:
            return
        self.tried[message.partition()] = position
        place = kafka.TopicPartition("plain", message.partition(), position)
        try:
            done = reader.commit(offsets=[place], asynchronous=False)
            if all(place.error is None for place in done):
                self.committed[message.partition()] = position
        except kafka.KafkaException:
            # The broker was gone: whether it holds is unknown, and the next commit goes beyond it.
            pass

    def judge(self):
        for partition, found in enumerate(positions("readers")):
            least, most = self.committed.get(partition, 0), self.tried.get(partition, 0)
            check(least <= found <= most, f"committed {least}, tried {most}, the group's offset is {found}")
        return "group offsets as committed"


def positions(group):
    """The group's offsets in `plain`, by partition."""
    asked = [kafka.TopicPartition("plain", partition) for partition in range(PARTITIONS)]
    reader = consumer(group_id=group)
    found = reader.committed(asked, timeout=PATIENCE_S)
    reader.close()
    return [max(place.offset, 0) for place in found]


def opened(name):
    made = producer(transactional_id=name, linger_ms=2, message_timeout_ms=int(FOREVER_S * 1000))
    patiently(made.init_transactions)
    return made


def patiently(action):
    """Repeats what may be repeated until it is done."""
    while True:
        try:
            return action(FOREVER_S)
        except kafka.KafkaException as failure:
            if not failure.args[0].retriable():
                raise


@scenario
def nothing_acknowledged_is_lost(seed):
    for topic in ("plain", "ledger", "copied"):
        create(topic, partitions=PARTITIONS)
    writer, transactor, copier, reader = Writer(), Transactor(seed), Copier(), Reader()
    print("running", flush=True)
    sys.stdin.read()
    for worker in (writer, transactor, reader):
        worker.finish()
    # The copier first catches up: all that was written must come out.
    eventually(lambda: copier.failure or sum(positions("copiers")) >= sum(writer.sent), "the copier never ends", 60)
    copier.finish()
    return "; ".join([writer.judge(), transactor.judge(), copier.judge(writer.sent), reader.judge()])


if __name__ == "__main__":
    main()
