"""Consumer groups of real processes: members join, leave, are killed and come back; nothing is left unread."""

import json
import pathlib
import threading

from judge import *

PARTITIONS = 6
SESSION_TIMEOUT_MS = 2000


class Member:
    """A running member.py and what it has said so far."""

    def __init__(self, group, topic, strategy, instance=""):
        script = pathlib.Path(__file__).with_name("member.py")
        command = [sys.executable, script, group, topic, strategy, str(SESSION_TIMEOUT_MS), instance]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.owned, self.rebalances, self.records = None, 0, []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            event = json.loads(line)
            if "assigned" in event:
                self.owned, self.rebalances = event["assigned"], self.rebalances + 1
            elif "record" in event:
                self.records.append(event["record"])

    def leave(self):
        self.process.stdin.close()
        equal(self.process.wait(PATIENCE_S), 0, "exit code of a member that leaves")

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)


def shared_out(members):
    """Whether the members own all partitions, each exactly once, none without any."""
    owned = [member.owned or [] for member in members]
    return all(owned) and sorted(sum(owned, [])) == list(range(PARTITIONS))


def settle(*members):
    eventually(lambda: shared_out(members), lambda: f"owned in the end: {[member.owned for member in members]}")


class Feed:
    """Numbered records over all partitions, and the proof that the group's members together took each."""

    def __init__(self, topic):
        create(topic, partitions=PARTITIONS)
        self.topic, self.producer, self.sent = topic, producer(), 0

    def send(self, count=60):
        for _ in range(count):
            self.producer.produce(self.topic, value=b"%d" % self.sent, partition=self.sent % PARTITIONS)
            self.sent += 1
        equal(self.producer.flush(PATIENCE_S), 0, "records never reported")

    def all_taken(self, *members):
        def taken():
            return {int(value) for member in members for _, _, value in list(member.records)}

        eventually(lambda: len(taken()) == self.sent, lambda: f"taken {len(taken())} of {self.sent} records")


def rebalances(strategy):
    topic = f"work-{strategy}"
    feed = Feed(topic)
    first = Member("team", topic, strategy)
    feed.send()
    settle(first)
    second = Member("team", topic, strategy)
    settle(first, second)
    feed.send()
    third = Member("team", topic, strategy)
    settle(first, second, third)
    feed.send()
    feed.all_taken(first, second, third)
    third.leave()
    settle(first, second)
    feed.send()
    # What a member that is killed had committed but not yet said would look lost.
    feed.all_taken(first, second, third)
    second.kill()
    feed.send()
    settle(first)
    feed.all_taken(first, second, third)
    first.leave()
    doubles = sum(len(member.records) for member in (first, second, third)) - feed.sent
    equal(doubles, 0, "records whose offsets were committed twice")
    return f"joined, joined, left, killed: {feed.sent} records, each taken once"


@scenario
def range_members_share_the_work():
    return rebalances("range")


@scenario
def cooperative_members_share_the_work():
    return rebalances("cooperative-sticky")


@scenario
def a_static_member_comes_back_unnoticed():
    feed = Feed("fixed")
    first = Member("staff", "fixed", "range", "desk-1")
    second = Member("staff", "fixed", "range", "desk-2")
    settle(first, second)
    before, owned = first.rebalances, second.owned
    second.kill()
    feed.send()
    back = Member("staff", "fixed", "range", "desk-2")
    settle(first, back)
    equal(back.owned, owned, "what the member that came back owns")
    equal(first.rebalances, before, "rebalances that the other member saw")
    feed.all_taken(first, second, back)
    back.kill()
    settle(first)
    feed.send()
    feed.all_taken(first, second, back)
    first.leave()
    return "killed and back: same partitions, no rebalance; killed for good: the other takes over"


@scenario
def two_of_one_instance_are_told_apart():
    create("single", partitions=PARTITIONS)
    first = consumer(group_id="solo", group_instance_id="seat", session_timeout_ms=SESSION_TIMEOUT_MS)
    first.subscribe(["single"])
    eventually(lambda: (first.poll(0.05), first.assignment())[1], "no assignment")
    second = consumer(group_id="solo", group_instance_id="seat", session_timeout_ms=SESSION_TIMEOUT_MS)
    second.subscribe(["single"])
    eventually(lambda: (second.poll(0.05), second.assignment())[1], "no assignment for the second")
    position = [kafka.TopicPartition("single", 0, 1)]
    error = refused(lambda: first.commit(offsets=position, asynchronous=False),
                    kafka.KafkaError.FENCED_INSTANCE_ID, kafka.KafkaError._FATAL, kafka.KafkaError.UNKNOWN_MEMBER_ID)
    second.commit(offsets=position, asynchronous=False)
    return f"the older one is refused: {error.name()}"


@scenario
def kcat_and_confluent_share_a_group():
    feed = Feed("mixed")
    ours = Member("mixed-team", "mixed", "range")
    settle(ours)
    command = ["kcat", "-b", BOOTSTRAP, "-G", "mixed-team", "mixed", "-u", "-q", "-f", "%p %o %s\\n",
               "-X", "partition.assignment.strategy=range", "-X", "auto.offset.reset=earliest",
               "-X", f"session.timeout.ms={SESSION_TIMEOUT_MS}", "-X", "heartbeat.interval.ms=100",
               "-X", "auto.commit.interval.ms=50"]
    other = subprocess.Popen(command, stdout=subprocess.PIPE)
    lines = []
    threading.Thread(target=lambda: lines.extend(other.stdout), daemon=True).start()
    eventually(lambda: ours.owned and len(ours.owned) == PARTITIONS // 2, "kcat got no share")
    feed.send(600)
    eventually(lambda: len(lines) + len(ours.records) >= feed.sent, lambda: f"{len(lines)} + {len(ours.records)}")
    taken = {int(line.split()[2]) for line in lines} | {int(value) for _, _, value in ours.records}
    equal(len(taken), feed.sent, "records taken by the two together")
    other.kill()
    other.wait(PATIENCE_S)
    settle(ours)
    ours.leave()
    return f"kcat took {len(lines)}, confluent-kafka {len(ours.records)}"


@scenario
def positions_outlive_their_group():
    feed = Feed("resumed")
    feed.send()
    first = Member("later", "resumed", "range")
    feed.all_taken(first)
    first.leave()
    feed.send()
    second = Member("later", "resumed", "range")
    feed.all_taken(first, second)
    second.leave()
    equal(len(second.records), 60, "records the second run of the group took")
    return "a group that comes back goes on where it was"


if __name__ == "__main__":
    main()
