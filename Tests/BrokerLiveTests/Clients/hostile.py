"""Bytes that no client would send, by raw sockets, while a healthy client works on beside them."""

import random
import socket
import struct
import threading

from judge import *
from confluent_kafka.admin import ConfigResource, ResourceType

HOST, _, PORT = BOOTSTRAP.rpartition(":")
PRODUCE, METADATA, API_VERSIONS = 0, 3, 18
# How long a healthy request may take beside hostile ones.
UNDISTURBED_S = 5.0
# How many connections come one after another.
CONNECTIONS = int(os.environ.get("RATCHET_CONNECTIONS", "10000"))
PAGE = os.sysconf("SC_PAGE_SIZE")


def dial():
    line = socket.create_connection((HOST, int(PORT)), timeout=PATIENCE_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def frame(key, version, body=b"", correlation=7, client=b"judge"):
    head = struct.pack(">hhih", key, version, correlation, len(client)) + client
    return struct.pack(">i", len(head) + len(body)) + head + body


def answer(line):
    """The next response's bytes, or None when the broker closed the connection."""
    try:
        size = receive(line, 4)
        return None if size is None else receive(line, struct.unpack(">i", size)[0])
    except ConnectionResetError:
        return None


def receive(line, count):
    found = b""
    while len(found) < count:
        more = line.recv(count - len(found))
        if not more:
            return None
        found += more
    return found


def resident():
    """What the broker's process takes of the machine's memory, in bytes."""
    with open(f"/proc/{os.environ['RATCHET_BROKER_PID']}/statm") as account:
        return int(account.read().split()[1]) * PAGE


def grown(before, most, what):
    """Holds the broker to what it may have taken since `before`."""
    more = resident() - before
    check(more <= most, f"{what} cost the broker {more >> 20} MB, more than {most >> 20}")
    return f"{max(0, more) / 2**20:.1f} MB more memory"


class Neighbour:
    """A healthy client that sends and is acknowledged all the while; its slowest acknowledgement is kept."""

    def __init__(self, topic):
        create(topic)
        self.topic, self.sent, self.slowest, self.ended = topic, [], 0.0, False
        self.failure = None
        self.thread = threading.Thread(target=self._work)
        self.thread.start()

    def _work(self):
        made = producer(enable_idempotence=True)
        try:
            while not self.ended:
                value, began = b"%d" % len(self.sent), time.monotonic()
                send(made, self.topic, [(None, value)])
                # The first one also waits for a connection and a producer id.
                self.slowest = max(self.slowest, time.monotonic() - began if self.sent else 0)
                self.sent.append(value)
        except Failed as failure:
            self.failure = failure

    def judge(self):
        """Holds the neighbour to a number of records, however quickly the rest of the scenario went."""
        eventually(lambda: self.failure or len(self.sent) >= 200, "the neighbour hardly gets through")
        self.ended = True
        self.thread.join()
        check(self.failure is None, f"the neighbour failed: {self.failure}")
        check(self.slowest < UNDISTURBED_S, f"the neighbour waited {self.slowest:.1f} s")
        equal(values(read(self.topic)) == self.sent, True, "what the neighbour sent is there, once and in order")
        return f"the neighbour sent {len(self.sent)}, slowest acknowledgement {1000 * self.slowest:.0f} ms"


@scenario
def sizes_that_cannot_be():
    neighbour = Neighbour("calm")
    for size in (-1, -2**31, 0, 3, 2**31 - 1, 1 << 30, 0x47455420):
        line = dial()
        line.sendall(struct.pack(">i", size) + b"\0" * 64)
        line.shutdown(socket.SHUT_WR)
        equal(answer(line), None, f"the answer to a request of {size} bytes")
    return neighbour.judge()


@scenario
def versions_and_requests_nobody_knows():
    neighbour = Neighbour("calm")
    line = dial()
    line.sendall(frame(API_VERSIONS, 99))
    found = answer(line)
    equal(found[:6], struct.pack(">ih", 7, 35), "an unknown version of ApiVersions is answered in version 0")
    line.sendall(frame(API_VERSIONS, 0))
    equal(answer(line)[:6], struct.pack(">ih", 7, 0), "and the connection goes on")
    for key, version in ((999, 0), (-1, 0), (METADATA, 99), (METADATA, -1), (PRODUCE, 99)):
        line = dial()
        line.sendall(frame(key, version))
        line.shutdown(socket.SHUT_WR)
        answer(line)
    return neighbour.judge()


@scenario
def half_sent_requests():
    neighbour = Neighbour("calm")
    whole = frame(METADATA, 1, struct.pack(">i", 0))
    hanging = []
    for length in range(len(whole)):
        line = dial()
        line.sendall(whole[:length])
        if length % 2:
            line.close()
        else:
            hanging.append(line)
    equal(answer_to(whole)[:4], struct.pack(">i", 7), "a whole request beside the halves")
    for length, line in zip(range(0, len(whole), 2), hanging):
        line.sendall(whole[length:])
        equal(answer(line)[:4], struct.pack(">i", 7), f"a request sent in two parts, cut at {length}")
    slow = dial()
    for byte in whole + whole:
        slow.sendall(bytes([byte]))
    equal(answer(slow)[:4] == answer(slow)[:4], True, "two requests byte by byte")
    return neighbour.judge()


def answer_to(request):
    line = dial()
    line.sendall(request)
    return answer(line)


@scenario
def mutated_requests():
    neighbour = Neighbour("calm")
    generator, outcomes = random.Random(20), {"answered": 0, "closed": 0, "waiting": 0}
    originals = recorded_requests()
    for _ in range(3000):
        request = bytearray(generator.choice(originals))
        for _ in range(generator.randint(1, 6)):
            request[generator.randrange(8, len(request))] = generator.choice((0, 1, 0x7F, 0x80, 0xFF))
        outcomes[outcome_of(request)] += 1
    check(min(outcomes.values()) > 0, f"one kind of outcome never came: {outcomes}")
    return f"{outcomes}; {neighbour.judge()}"


def outcome_of(request):
    with dial() as line:
        line.settimeout(0.02)
        try:
            line.sendall(request)
            return "closed" if answer(line) is None else "answered"
        except TimeoutError:
            return "waiting"
        except OSError:
            return "closed"


def recorded_requests():
    """What real clients send: caught by a relay that stands in the broker's place."""
    caught, relay = [], socket.create_server((HOST, 0))
    ours = relay.getsockname()[1]

    def serve():
        while True:
            client, broker = relay.accept()[0], dial()
            threading.Thread(target=forward, args=(client, broker, caught), daemon=True).start()
            threading.Thread(target=back, args=(broker, client, ours), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    converse(bootstrap_servers=f"{HOST}:{ours}")
    kinds = {request[4:8] for request in caught}
    check(len(kinds) >= 15, f"only {len(kinds)} kinds of requests were caught")
    return caught


def forward(client, broker, caught):
    while (head := receive(client, 4)) and (body := receive(client, struct.unpack(">i", head)[0])):
        caught.append(head + body)
        broker.sendall(head + body)


def back(broker, client, ours):
    """Answers name the broker's address; the client must come to the relay again."""
    theirs, host = int(PORT), HOST.encode()
    while (head := receive(broker, 4)) and (body := receive(broker, struct.unpack(">i", head)[0])):
        client.sendall(head + body.replace(host + struct.pack(">i", theirs), host + struct.pack(">i", ours)))


def converse(**address):
    """One of each request that clients make."""
    operator = admin(**address)
    wanted = NewTopic("caught", num_partitions=1, replication_factor=1)
    operator.create_topics([wanted])["caught"].result(PATIENCE_S)
    resource = ConfigResource(ResourceType.TOPIC, "caught")
    operator.describe_configs([resource])[resource].result(PATIENCE_S)
    operator.alter_configs([resource])[resource].result(PATIENCE_S)
    for codec in CODECS:
        send(producer(compression_type=codec, **address), "caught", [(b"k", b"v" * 50)] * 5)
    member = consumer(group_id="catchers", **address)
    member.subscribe(["caught"])
    message = eventually(lambda: member.poll(0.1), "nothing was read")
    member.commit(message=message, asynchronous=False)
    made = producer(transactional_id="caught", **address)
    made.init_transactions(PATIENCE_S)
    made.begin_transaction()
    send(made, "caught", [(b"k", b"in a transaction")])
    position = [kafka.TopicPartition("caught", 0, 2)]
    made.send_offsets_to_transaction(position, member.consumer_group_metadata(), PATIENCE_S)
    made.commit_transaction(PATIENCE_S)
    member.close()
    place = kafka.TopicPartition("caught", 0, 1)
    operator.delete_records([place])[place].result(PATIENCE_S)
    operator.delete_topics(["caught"])["caught"].result(PATIENCE_S)


@scenario
def a_batch_with_a_wrong_checksum_is_refused():
    create("checked")
    batch = bytearray(struct.pack(">qiibI", 0, 61 - 12 + 10, -1, 2, 0xBAD) + bytes(struct.pack(
        ">hiqqqhii", 0, 0, 1000, 1000, -1, -1, -1, 1)) + b"\x12\0\0\0\x01\x06abc\0")
    batch[8:12] = struct.pack(">i", len(batch) - 12)
    topic = struct.pack(">h", 7) + b"checked"
    body = struct.pack(">hhi", -1, -1, 5000) + struct.pack(">i", 1) + topic + struct.pack(">iii", 1, 0, len(batch))
    found = answer_to(frame(PRODUCE, 3, body + bytes(batch)))
    # correlation, one topic, its name, one partition, its index, then the error.
    error = struct.unpack(">h", found[4 + 4 + 2 + 7 + 4 + 4:][:2])[0]
    equal(error, 2, "the error (2 is CORRUPT_MESSAGE)")
    equal(values(read("checked")), [], "what the topic holds")
    return "CORRUPT_MESSAGE"


@scenario
def many_connections():
    neighbour = Neighbour("calm")
    request = frame(METADATA, 1, struct.pack(">i", 0))

    def one_after_another(count):
        for _ in range(count):
            line = dial()
            line.sendall(request)
            equal(answer(line)[:4], struct.pack(">i", 7), "an answer")
            line.close()

    one_after_another(200)
    before = resident()
    one_after_another(CONNECTIONS)
    crowd = [dial() for _ in range(200)]
    for line in crowd:
        line.sendall(request)
    for line in crowd:
        equal(answer(line)[:4], struct.pack(">i", 7), "an answer among two hundred")
    cost = grown(before, 32 << 20, "the connections")
    return f"{CONNECTIONS} one after another, 200 at once, {cost}; {neighbour.judge()}"


def fetch(topic, most):
    """Everything from the beginning, up to so many bytes."""
    name = topic.encode()
    body = struct.pack(">iiiib", -1, 100, 1, most, 0) + struct.pack(">ih", 1, len(name)) + name
    return frame(1, 4, body + struct.pack(">iiqi", 1, 0, 0, most))


@scenario
def clients_that_never_read():
    neighbour = Neighbour("calm")
    # Large batches leave from their files, small ones from memory.
    create("heavy")
    send(producer(), "heavy", [(None, b"x" * 900_000)] * 20)
    create("light")
    send(producer(), "light", [(None, b"x" * 10_000)])
    before, deaf = resident(), []
    for topic in ["heavy", "light"] * 10:
        line = dial()
        line.settimeout(0.2)
        deaf.append(line)
        try:
            for _ in range(5000):
                line.sendall(fetch(topic, 1 << 30))
        except OSError:
            pass
    cost = grown(before, 64 << 20, "twenty clients that never read")
    return f"twenty of them, {cost}; {neighbour.judge()}"


@scenario
def a_slow_reader():
    neighbour = Neighbour("calm")
    create("heavy")
    send(producer(), "heavy", [(None, b"x" * 900_000)] * 20)
    before, line = resident(), dial()
    line.sendall(fetch("heavy", 1 << 30))
    size = struct.unpack(">i", receive(line, 4))[0]
    check(size > 18_000_000, f"an answer of {size} bytes")
    taken = 0
    while len(neighbour.sent) < 200 and neighbour.failure is None:
        taken += len(line.recv(100))
        time.sleep(0.001)
    check(taken < size, "the answer was taken whole meanwhile")
    slowly = taken
    while taken < size and (more := line.recv(1 << 16)):
        taken, last = taken + len(more), more
    equal((taken, last[-2:]), (size, b"x\0"), "the answer's size, and the end of its last record")
    cost = grown(before, 32 << 20, "the slow reader")
    return f"{slowly} of {size} bytes in the time of 200 records of the neighbour's, {cost}; {neighbour.judge()}"


if __name__ == "__main__":
    main()
