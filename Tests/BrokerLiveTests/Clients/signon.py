"""Signing on, by kcat and confluent-kafka: both mechanisms, a wrong password, an unknown user, forbidden topics.

The broker knows `admin` (password "admin-secret", every topic) and `alice` ("alice-secret", reads and writes "own.").
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
def refused():
    for mechanism in MECHANISMS:
        for name, password in [("alice", "wrong"), ("nobody", "alice-secret"), ("alice", "")]:
            answer = kcat(mechanism, name, password or " ", "-L", "-m", "3")
            if answer.returncode == 0 or b"uthentication" not in answer.stderr:
                raise Failed(f"{mechanism} {name}: {answer.stdout} {answer.stderr}")
            told = []
            admin = AdminClient({**confluent(mechanism, name, password or " "), "error_cb": told.append})
            try:
                admin.list_topics(timeout=3)
                raise Failed(f"{mechanism} {name} was let in")
            except kafka.KafkaException:
                admin.poll(0)
            if not any(error.code() == kafka.KafkaError._AUTHENTICATION for error in told):
                raise Failed(f"{mechanism} {name} was told {told}")
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


if __name__ == "__main__":
    main()
