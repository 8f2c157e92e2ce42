"""Signing on, by kcat and confluent-kafka: both mechanisms, a wrong password, an unknown user, forbidden topics.

The broker knows `admin` (password "admin-secret", every topic and group) and `alice` ("alice-secret", topics, groups and
transactional ids that begin with "own.").
"""

from judge import *

MECHANISMS = ["PLAIN", "SCRAM-SHA-256"]


def properties(mechanism, name, password):
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": mechanism,
        "sasl.username": name,
        "sasl.password": password,
    }


def confluent(mechanism, name, password):
    return {
        "bootstrap.servers": BOOTSTRAP,
        "log_level": 0,
        "reconnect.backoff.ms": 20,
        **properties(mechanism, name, password),
    }


def kcat(mechanism, name, password, *words, given=b""):
    command = ["kcat", "-b", BOOTSTRAP]
    for key, value in properties(mechanism, name, password).items():
        command += ["-X", f"{key}={value}"]
    return subprocess.run(command + list(words), input=given, capture_output=True, timeout=PATIENCE_S)


def make(*topics):
    admin = AdminClient(confluent(MECHANISMS[1], "admin", "admin-secret"))
    for future in admin.create_topics([NewTopic(topic, 1, 1) for topic in topics]).values():
        future.result(PATIENCE_S)


def produce_error(mechanism, name, password, topic):
    """The error of one produced record, None if there was none."""
    errors = []
    producer = kafka.Producer({**confluent(mechanism, name, password), "message.timeout.ms": 5000})
    producer.produce(topic, b"value", on_delivery=lambda error, _: errors.append(error))
    producer.flush(PATIENCE_S)
    return errors[0]


@scenario
def both_mechanisms():
    make("own.a")
    for mechanism in MECHANISMS:
        if error := produce_error(mechanism, "alice", "alice-secret", "own.a"):
            raise Failed(f"confluent-kafka by {mechanism}: {error}")
        sent = kcat(mechanism, "alice", "alice-secret", "-P", "-t", "own.a", given=b"from kcat\n")
        if sent.returncode != 0:
            raise Failed(f"kcat by {mechanism}: {sent.stderr}")
    read = kcat("PLAIN", "alice", "alice-secret", "-C", "-t", "own.a", "-e", "-o", "beginning")
    if read.stdout.split(b"\n") != [b"value", b"from kcat", b"value", b"from kcat", b""]:
        raise Failed(f"read back {read.stdout} {read.stderr}")
    return "confluent-kafka and kcat wrote and read by PLAIN and SCRAM-SHA-256"


@scenario
def strangers():
    for mechanism in MECHANISMS:
        for name, password in [("alice", "wrong"), ("nobody", "alice-secret"), ("alice", " ")]:
            told = []
            admin = AdminClient({**confluent(mechanism, name, password), "error_cb": told.append})

            def met():
                admin.poll(0.01)
                return any(error.code() == kafka.KafkaError._AUTHENTICATION for error in told)
            eventually(met, lambda: f"{mechanism} {name} was told {told}")
        answer = kcat(mechanism, "alice", "wrong", "-L", "-m", "3")
        if answer.returncode == 0 or b"uthentication" not in answer.stderr:
            raise Failed(f"kcat by {mechanism}: {answer.stdout} {answer.stderr}")
    return "wrong passwords and unknown names are told that authentication failed"


@scenario
def forbidden_topic():
    make("own.a", "other")
    for mechanism in MECHANISMS:
        error = produce_error(mechanism, "alice", "alice-secret", "other")
        if error is None or error.code() != kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise Failed(f"producing to a forbidden topic: {error}")
        listed = AdminClient(confluent(mechanism, "alice", "alice-secret")).list_topics(timeout=PATIENCE_S)
        if set(listed.topics) != {"own.a"}:
            raise Failed(f"listed {set(listed.topics)}")
        read = kcat(mechanism, "alice", "alice-secret", "-C", "-t", "other", "-e")
        if read.returncode == 0 or b"Topic authorization failed" not in read.stderr:
            raise Failed(f"reading a forbidden topic: {read.stdout} {read.stderr}")
    return "a topic outside the user's prefixes is neither written, read nor listed"


@scenario
def forbidden_group():
    make("own.a")
    told = []
    consumer = kafka.Consumer({
        **confluent("PLAIN", "alice", "alice-secret"), "group.id": "other", "error_cb": told.append})
    consumer.subscribe(["own.a"])
    denied = kafka.KafkaError.GROUP_AUTHORIZATION_FAILED

    def met():
        message = consumer.poll(0.1)
        codes = [error.code() for error in told] + ([message.error().code()] if message and message.error() else [])
        return denied in codes
    eventually(met, lambda: f"joining a forbidden group: {told}")
    place = kafka.TopicPartition("own.a", 0, 1)
    consumer.close()

    own = kafka.Consumer({**confluent("PLAIN", "alice", "alice-secret"), "group.id": "own.g"})
    own.commit(offsets=[place], asynchronous=False)
    equal(own.committed([place], timeout=PATIENCE_S)[0].offset, 1, "the position in one's own group")
    own.close()
    others = kafka.Consumer({**confluent("PLAIN", "admin", "admin-secret"), "group.id": "other"})
    others.commit(offsets=[place], asynchronous=False)
    others.close()
    admin = AdminClient(confluent("SCRAM-SHA-256", "alice", "alice-secret"))
    listed = admin.list_consumer_groups().result(PATIENCE_S)
    equal([group.group_id for group in listed.valid], ["own.g"], "the groups listed")
    for ask, words in [
        (admin.describe_consumer_groups, ["other"]), (admin.delete_consumer_groups, ["other"]),
        (admin.list_consumer_group_offsets, [kafka.ConsumerGroupTopicPartitions("other")]),
        (admin.alter_consumer_group_offsets, [kafka.ConsumerGroupTopicPartitions("other", [place])]),
    ]:
        refused(lambda: ask(words)["other"].result(PATIENCE_S), denied)
    return "a group outside the user's prefixes is neither joined, committed to, read, listed, described nor deleted"


@scenario
def forbidden_transactional_id():
    make("own.a")
    def producer(name):
        return kafka.Producer({
            **confluent("SCRAM-SHA-256", "alice", "alice-secret"), "transactional.id": name})
    refused(
        lambda: producer("other").init_transactions(PATIENCE_S),
        kafka.KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    own = producer("own.x")
    own.init_transactions(PATIENCE_S)
    own.begin_transaction()
    own.produce("own.a", b"value")
    own.commit_transaction(PATIENCE_S)
    read = kcat("PLAIN", "alice", "alice-secret", "-C", "-t", "own.a", "-e", "-o", "beginning")
    equal(read.stdout, b"value\n", "the record of one's own transaction")
    return "a transactional id outside the user's prefixes is refused"


if __name__ == "__main__":
    main()
