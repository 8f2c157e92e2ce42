"""What learning examples, the annotation queue and its progress must be, worked out apart from the product, from
docs/learning.md alone.

usage: learning.py events RUNS      prints the events that stand for the runs of tau-bench, one a line: topic, event
       learning.py tables EVENTS    reads such lines and prints the tables they come to, one record a line:
                                    topic, key, record (position left out; null: a tombstone)
"""

import collections
import datetime
import gzip
import hashlib
import json
import re
import struct
import sys

ORGANIZATION, AGENT = "acme", "airline"
START = datetime.datetime(2026, 1, 31, 9, tzinfo=datetime.timezone.utc)

# MARK: Events


def stamp(seconds):
    return (START + datetime.timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(topic, type, id, seconds, data, organization=ORGANIZATION, agent=AGENT):
    return [topic, {
        "specversion": "1.0", "id": id, "source": "/tau-bench", "type": type, "time": stamp(seconds),
        "organization": organization, "agent": agent, "data": data}]


def steps_of(run):
    steps = []
    for message in run["traj"]:
        for call in message.get("tool_calls") or []:
            steps.append({"gen_ai.tool.name": call["function"]["name"],
                          "gen_ai.tool.call.arguments": json.loads(call["function"]["arguments"])})
        if message["role"] == "tool" and steps and message.get("content"):
            steps[-1]["gen_ai.tool.call.result"] = message["content"]
    return steps


def told(actions):
    return "\n".join(f"{action['name']}({json.dumps(action['kwargs'], sort_keys=True)})" for action in actions)


def events_of(runs):
    yield event("control", "expert.changed", "ann", 0, {"expert_id": "ann", "active": True})
    yield event("control", "expert.changed", "bob", 0, {"expert_id": "bob", "active": True, "agents": [AGENT]})
    for number, run in enumerate(runs):
        task, trial = run["task_id"], run["trial"]
        execution, now, task_info = f"run-{task}-{trial}", number * 60, run["info"]["task"]
        answers = [m["content"] for m in run["traj"] if m["role"] == "assistant" and m.get("content")]
        data = {
            "execution_id": execution, "status": "ok", "user_id": task_info["user_id"],
            "session_id": f"session-{task}-{trial}", "input_context": run["traj"][0]["content"],
            "input_text": task_info["instruction"], "output_text": answers[-1] if answers else "none",
            "gen_ai.request.model": "gpt-4o", "prompt_version": f"trial-{trial}", "task_type": "airline",
            "task_completed": run["reward"] == 1, "steps": steps_of(run),
            "experiments": [{"experiment_id": "trials", "arm": "control" if trial % 2 == 0 else "treatment"}]}
        yield event("executions", "execution.completed", f"done-{execution}", now, data)
        thumb = {"feedback_type": "thumbs_up" if run["reward"] == 1 else "thumbs_down", "execution_id": execution,
                 "user_id": task_info["user_id"]}
        yield event("feedback", "feedback.given", f"thumb-{execution}", now + 10, thumb)
        if run["reward"] != 1 and task_info["actions"]:
            correction = {"feedback_type": "correction", "execution_id": execution, "user_id": f"judge-{trial}",
                          "correction": told(task_info["actions"]), "issue_categories": ["incorrect"]}
            yield event("feedback", "feedback.given", f"correction-{execution}", now + 20, correction)
            if number % 5 == 0:
                yield event("feedback", "feedback.given", f"better-{execution}", now + 30, {
                    "feedback_type": "correction", "execution_id": execution, "user_id": f"judge-{trial}",
                    "correction": "First ask.\n" + told(task_info["actions"]),
                    "replaces": f"correction-{execution}"})
            if trial == 0:
                yield from demonstration(task, task_info, now + 40)
        if number % 7 == 0:
            yield event("feedback", "feedback.retracted", f"back-{execution}", now - 600, {
                "feedback_id": f"thumb-{execution}", "execution_id": execution})
        if number % 11 == 0:
            yield event("executions", "execution.completed", f"done-{execution}", now, data)
            yield event("feedback", "feedback.given", f"thumb-{execution}", now + 10, thumb)
        if number % 13 == 0:
            yield event("feedback", "feedback.given", f"other-{execution}", now + 15, {
                "feedback_type": "correction", "execution_id": execution, "correction": "Not yours."},
                organization="other")
            yield event("reviews", "example.reviewed", f"steal-{execution}", now + 50, {
                "example_id": f"demo-{task}", "decision": "rejected", "reviewer_id": "ann"}, organization="other")
        if number % 3 == 0:
            yield from reviews(execution, number, now + 60)


def demonstration(task, info, now):
    yield event("reviews", "example.proposed", f"propose-{task}", now, {
        "example_id": f"demo-{task}", "example_type": "demonstration", "input_context": "airline",
        "input_text": info["instruction"], "source_type": "expert", "source_user_id": "ann",
        "expected_output": told(info["actions"]), "complexity": "moderate", "tags": ["airline", "expected"],
        "steps": [{"action": a["name"], "arguments": a["kwargs"]} for a in info["actions"]]})
    yield event("reviews", "annotation.made", f"a-{task}", now + 5, {
        "annotation_id": f"a-{task}", "example_id": f"demo-{task}", "expert_id": "bob", "annotation_type": "quality",
        "technical_accuracy": (task % 10) / 10, "completeness": 0.75, "notes": "mail me at bob@example.com"})
    yield event("reviews", "annotation.verified", f"v-{task}", now + 6, {
        "annotation_id": f"a-{task}", "example_id": f"demo-{task}", "verified": task % 2 == 0,
        "verified_by": "ann"})


def reviews(execution, number, now):
    example = example_id(ORGANIZATION, "feedback", execution, "/tau-bench", f"thumb-{execution}")
    for later, (expert, shift) in enumerate([("ann", 0), ("bob", 0.05 * (number % 5)), ("eve", 0)]):
        yield event("reviews", "annotation.made", f"{expert}-{execution}", now + later, {
            "annotation_id": f"{expert}-{execution}", "example_id": example, "expert_id": expert,
            "annotation_type": "quality", "technical_accuracy": round(0.4 + shift, 3), "clarity": 0.9,
            "professional_quality": round(0.6 + shift / 2, 3)})
    if number % 2 == 0:
        yield event("reviews", "example.reviewed", f"review-{execution}", now + 5, {
            "example_id": example, "decision": "approved" if number % 4 == 0 else "rejected",
            "reviewer_id": "ann" if number % 4 == 0 else "bob"} | ({"quality_score": 0.855} if number % 12 == 0 else {}))


# MARK: Rules

MARKS = r"(?<![A-Za-z0-9])"
EMAIL = re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![A-Za-z0-9-])")
IPV4 = re.compile(r"(?<!\.)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![A-Za-z0-9])(?!\.\d)")
SSN = re.compile(r"\d{3}-\d{2}-\d{4}(?![A-Za-z0-9])")
LOCAL = re.compile(r"(?:\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}[-.]\d{3}[-.]\d{4}|\d[-.]\d{3}[-.]\d{3}[-.]\d{4})(?![A-Za-z0-9])")
ALNUM = re.compile(r"[A-Za-z0-9]")


def ends(text, start, separators, most):
    """(end, digits) for every end of a run of digits from start."""
    digits, place, last = "", start, start
    while place < len(text) and len(digits) < 20:
        if text[place].isascii() and text[place].isdigit():
            digits += text[place]
            place += 1
            last = place
            if not ALNUM.match(text, place):
                yield last, digits
        elif digits and place - last < most and text[place] in separators:
            place += 1
        else:
            return


def luhn(digits):
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def iban(text, start):
    if not re.compile(r"[A-Za-z]{2}\d{2}").match(text, start):
        return None
    found, kept, place = None, "", start
    while place < len(text) and len(kept) < 34:
        if ALNUM.match(text, place):
            kept += text[place]
            place += 1
            if not ALNUM.match(text, place) and len(kept) >= 15:
                if int("".join(str(int(c, 36)) for c in kept[4:] + kept[:4])) % 97 == 1:
                    found = place
        elif text[place] == " " and len(kept) % 4 == 0 and text[place - 1] != " ":
            place += 1
        else:
            break
    return found


def personal(text, place):
    match = EMAIL.match(text, place)
    if match:
        return match.end(), "[EMAIL]"
    end = iban(text, place)
    if end:
        return end, "[IBAN]"
    match = IPV4.match(text, place)
    if match and all(int(part) < 256 for part in match.groups()):
        return match.end(), "[IP]"
    cards = [end for end, digits in ends(text, place, " -", 1) if 13 <= len(digits) <= 19 and luhn(digits)]
    if cards and text[place].isdigit():
        return cards[-1], "[CARD]"
    match = SSN.match(text, place)
    if match:
        return match.end(), "[SSN]"
    if text[place] == "+":
        phones = [end for end, digits in ends(text, place + 1, " .-()", 2) if 8 <= len(digits) <= 15]
        return (phones[-1], "[PHONE]") if phones else None
    match = LOCAL.match(text, place)
    return (match.end(), "[PHONE]") if match else None


def redact(text):
    result, place = "", 0
    while place < len(text):
        found = None if place and ALNUM.match(text, place - 1) else personal(text, place)
        if found:
            result += found[1]
            place = found[0]
        else:
            result += text[place]
            place += 1
    return result


def redact_json(value):
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [redact_json(element) for element in value]
    if isinstance(value, dict):
        return {redact(name): redact_json(element) for name, element in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and redact(str(value)) != str(value):
        return redact(str(value))
    return value


def example_id(*parts):
    bytes = b"".join(struct.pack("<I", len(part.encode())) + part.encode() for part in parts)
    return "ex-" + hashlib.sha256(bytes).hexdigest()[:32]


def half_up(sum, count):
    return (2 * sum + count) // (2 * count)


def polarity(data):
    stars = [data["rating"]] if "rating" in data else [
        data[name] for name in ["accuracy", "helpfulness", "clarity", "completeness"] if name in data]
    if stars:
        mean = sum(stars) / len(stars)
        return "positive" if mean >= 4 else "negative" if mean <= 2 else None
    return {"thumbs_up": "positive", "thumbs_down": "negative"}.get(data["feedback_type"])


def collected(events):
    """Every example made of executions and feedback, by key."""
    executions, feedback, retracted, seen = {}, collections.defaultdict(list), {}, set()
    for topic, event in events:
        identity = (event["organization"], event["source"], event["id"])
        if identity in seen:
            continue
        seen.add(identity)
        data = event["data"]
        key = (event["organization"], data.get("execution_id"))
        if event["type"] == "execution.completed":
            executions[key] = event
        elif event["type"] == "feedback.given":
            feedback[key].append(event)
        elif event["type"] == "feedback.retracted":
            retracted[key + (data["feedback_id"],)] = event["time"]
    for key, execution in executions.items():
        organization, run = key
        ran, given = execution["data"], feedback[key]
        replaced = {}
        for other in sorted(given, key=lambda one: (one["time"], one["id"])):
            if "replaces" in other["data"]:
                replaced.setdefault(other["data"]["replaces"], other)
        standing = [one for one in given if key + (one["id"],) not in retracted and one["id"] not in replaced]
        against = [one for one in standing if "correction" in one["data"] or polarity(one["data"]) == "negative"]
        judging = [one for one in standing if "correction" in one["data"] or polarity(one["data"])]
        base = {"agent": execution["agent"], "input_context": redact(ran["input_context"]),
                "input_text": redact(ran["input_text"]), "source_execution_id": run, "task_type": ran["task_type"]}
        output = redact(ran["output_text"])
        if ran["status"] == "error" or ran.get("task_completed") is False:
            yield organization, base | {
                "example_id": example_id(organization, "failure", run), "example_type": "failure",
                "original_output": output, "confidence": 1.0, "source_type": "agent_failure",
                "source_user_id": ran["user_id"], "created_at": execution["time"]}, None
        for one in given:
            data = one["data"]
            kind = "correction" if "correction" in data else polarity(data)
            agree = len(against) if kind != "positive" else len(judging) - len(against)
            record = base | {
                "example_id": example_id(organization, "feedback", run, one["source"], one["id"]),
                "example_type": kind, "confidence": half_up(100 * (agree + 1), len(judging) + 2) / 100,
                "source_type": "user_feedback", "source_user_id": data["user_id"],
                "created_at": max(one["time"], execution["time"])}
            record |= {"expected_output": output} if kind == "positive" else {"original_output": output}
            if kind == "correction":
                record["expected_output"] = redact(data["correction"])
            if data.get("issue_categories"):
                record["tags"] = data["issue_categories"]
            withdrawal = None
            if key + (one["id"],) in retracted:
                withdrawal = {"what": "retracted", "at": retracted[key + (one["id"],)]}
            elif one["id"] in replaced:
                other = replaced[one["id"]]
                withdrawal = {"what": "replaced", "at": other["time"], "subject": example_id(
                    organization, "feedback", run, other["source"], other["id"])}
            yield organization, record, withdrawal


def proposed(event):
    data = event["data"]
    record = {name: data[name] for name in [
        "example_id", "example_type", "source_type", "source_user_id", "complexity", "tags"]}
    record |= {name: redact(data[name]) for name in ["input_context", "input_text", "expected_output"]}
    record["steps"] = [
        {"action": step["action"], "arguments": redact_json(step["arguments"])} for step in data["steps"]]
    return record | {"agent": event["agent"], "created_at": event["time"]}


DIMENSIONS = ["technical_accuracy", "professional_quality", "completeness", "clarity"]


def alpha(units):
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    observed = sum(sum((a - b) ** 2 for a in unit for b in unit) / (len(unit) - 1) for unit in units)
    expected = sum((a - b) ** 2 for a in values for b in values)
    return 1 - (len(values) - 1) * observed / expected if expected > 1e-12 else None


def pairs(units):
    return [(a, b) for unit in units for index, a in enumerate(unit) for b in unit[index + 1:]]


def reviewed(record, withdrawal, deeds):
    """The record as experts' deeds leave it, and what it adds to its agent's progress."""
    history = [{"what": "created", "at": record["created_at"]} | (
        {"by": record["source_user_id"]} if "source_user_id" in record else {})]
    annotations, review, later = [], None, []
    for deed in sorted(deeds, key=lambda one: one["time"]):
        data, at = deed["data"], deed["time"]
        if deed["type"] == "annotation.made":
            for one in annotations:
                one["superseded"] |= one["expert_id"] == data["expert_id"]
            annotations.append({name: value for name, value in data.items() if name != "example_id"} | {
                "verified": False, "superseded": False, "created_at": at} | (
                {"notes": redact(data["notes"])} if "notes" in data else {}))
            later.append({"what": "annotated", "at": at, "by": data["expert_id"], "subject": data["annotation_id"]})
        elif deed["type"] == "annotation.verified":
            for one in annotations:
                if one["annotation_id"] == data["annotation_id"]:
                    one |= {"verified": data["verified"], "verified_by": data["verified_by"]}
            later.append({"what": "verified" if data["verified"] else "unverified", "at": at,
                          "by": data["verified_by"], "subject": data["annotation_id"]})
        else:
            review = (data, at)
            later.append({"what": data["decision"], "at": at, "by": data["reviewer_id"]})
    if withdrawal:
        later.append(withdrawal)
    history += sorted(later, key=lambda one: one["at"])
    current = [one for one in annotations if not one["superseded"]]
    units = [[one[name] for one in current if name in one] for name in DIMENSIONS]
    record = dict(record)
    weighted = [(800, 1)] if review and review[0]["decision"] == "approved" else []
    for one in current:
        parts = [(round(one[name] * 1000), weight) for name, weight in zip(DIMENSIONS, [4, 3, 2, 1]) if name in one]
        mean = half_up(sum(value * weight for value, weight in parts), sum(weight for _, weight in parts))
        weighted.append((mean, 2 if one["verified"] else 1))
    quality = None
    if weighted:
        total = sum(weight for _, weight in weighted)
        quality = half_up(sum(value * weight for value, weight in weighted), 10 * total)
    if review and "quality_score" in review[0]:
        quality = int(review[0]["quality_score"] * 100 + 0.5)
    status = review[0]["decision"] if review else "pending"
    record |= {
        "review_status": status, "times_used_in_training": 0, "active": withdrawal is None, "history": history,
        "available": status == "approved" and withdrawal is None and (quality or 0) >= 70,
        "updated_at": max(one["at"] for one in history)}
    if quality is not None:
        record["quality_score"] = quality / 100
    if review:
        record |= {"reviewed_by": review[0]["reviewer_id"], "reviewed_at": review[1]}
    if annotations:
        record["annotations"] = annotations
    near = pairs(units)
    if near:
        record["agreement_percentage"] = sum(abs(a - b) <= 0.1 + 1e-9 for a, b in near) / len(near)
        if alpha(units) is not None:
            record["agreement_alpha"] = alpha(units)
    return record, units, [review[0]["decision"]] if review else []


BASE = {"correction": 50, "failure": 45, "negative": 40, "demonstration": 25, "positive": 10}


def tables_of(events):
    experts = {"ann", "bob"}
    deeds, seen = collections.defaultdict(list), set()
    made = list(collected(events))
    for topic, event in events:
        identity = (event["organization"], event["source"], event["id"])
        if topic != "reviews" or identity in seen:
            continue
        seen.add(identity)
        if event["type"] == "example.proposed":
            made.append((event["organization"], proposed(event), None))
            continue
        data = event["data"]
        who = data.get("expert_id") or data.get("verified_by") or data.get("reviewer_id")
        if event["organization"] == ORGANIZATION and who in experts:
            deeds[event["organization"], data["example_id"]].append(event)
    days, pending, units, votes = collections.Counter(), 0, [], []
    known = set()
    for organization, record, withdrawal in made:
        key = (organization, record["example_id"])
        known.add(key)
        record, more, decisions = reviewed(record, withdrawal, deeds[key])
        units += more
        votes.append(decisions)
        yield "learning-examples", "/".join(key), record
        waits = record["review_status"] == "pending" and record["active"]
        pending += waits
        if waits:
            annotations = record.get("annotations", [])
            confidence = round(record.get("confidence", 0.5) * 100)
            disputed = record.get("agreement_percentage", 1) < 0.8
            item = {name: record[name] for name in [
                "example_id", "agent", "example_type", "created_at", "confidence", "task_type", "complexity",
                "agreement_percentage"] if name in record}
            item["annotations"] = len(annotations)
            item["priority"] = BASE[record["example_type"]] + (100 - confidence) // 5 + (
                20 if disputed else 10 if len(annotations) == 1 else 0)
            yield "annotation-queue", "/".join(key), item
        for deed in deeds[key]:
            names = {"annotation.made": "annotated", "annotation.verified": "verified"}
            name = names.get(deed["type"]) or deed["data"]["decision"]
            days[deed["time"][:10], name] += name != "verified" or deed["data"]["verified"]
    progress = {"agent": AGENT, "task": 0, "pending": pending, "days": [
        {"day": day} | {name: days[day, name] for name in ["annotated", "verified", "approved", "rejected"]}
        for day in sorted({day for day, _ in days})]}
    near = pairs(units)
    if near:
        progress["annotation_agreement"] = {
            "pairs": len(near), "agreeing_pairs": sum(abs(a - b) <= 0.1 + 1e-9 for a, b in near),
            "alpha": alpha(units)}
    yield "annotation-progress", f"{ORGANIZATION}/{AGENT}/0", progress


if sys.argv[1] == "events":
    for line in events_of(json.load(gzip.open(sys.argv[2]))):
        print(json.dumps(line))
else:
    for line in tables_of([json.loads(line) for line in open(sys.argv[2])]):
        print(json.dumps(line))
