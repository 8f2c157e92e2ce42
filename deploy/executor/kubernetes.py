#!/usr/bin/env python3
"""Carries one decision of Ratchet out on Kubernetes: `ratchet executor --run deploy/executor/kubernetes.py`.

The decision is the standard input, its id the argument. What the names below stand for is set in the environment.
Every patch says where things ought to be, so running it twice is as good as once. RATCHET_DRY_RUN=1 prints the
commands instead. Ends with 0 when all of them succeeded.
"""

import json
import os
import subprocess
import sys

NAMESPACE = os.environ.get("RATCHET_NAMESPACE", "default")
CONFIG = os.environ.get("RATCHET_CONFIGMAP", "learning-loop-config")
CANDIDATE = os.environ.get("RATCHET_CANDIDATE", "learning-loop")
BASELINE = os.environ.get("RATCHET_BASELINE", "profile-analysis")
ROUTE = os.environ.get("RATCHET_VIRTUALSERVICE", "learning-loop")
CANDIDATE_HOST = os.environ.get("RATCHET_CANDIDATE_HOST", "learning-service")
BASELINE_HOST = os.environ.get("RATCHET_BASELINE_HOST", "baseline-service")


def kubectl(*words):
    command = ["kubectl", "--namespace", NAMESPACE, *words]
    if os.environ.get("RATCHET_DRY_RUN"):
        print(" ".join(command))
    else:
        subprocess.run(command, check=True, timeout=30)


def patch(kind, name, change):
    kubectl("patch", kind, name, "--type=merge", "-p", json.dumps(change, separators=(",", ":"), sort_keys=True))


def main():
    decision = json.load(sys.stdin)
    candidate = round(decision["target_percent"])
    flags = {flag["name"]: "true" if flag["on"] else "false" for flag in decision.get("flags", [])}
    if flags:
        patch("configmap", CONFIG, {"data": flags})
    rule = {
        "route": [
            {"destination": {"host": CANDIDATE_HOST}, "weight": candidate},
            {"destination": {"host": BASELINE_HOST}, "weight": 100 - candidate},
        ]
    }
    rules = [rule]
    traffic = decision.get("traffic_class")
    if traffic:
        rule["match"] = [{"headers": {traffic["header"]: {"exact": traffic["value"]}}}]
        rules.append({"route": [{"destination": {"host": BASELINE_HOST}, "weight": 100}]})
    patch("virtualservice", ROUTE, {"spec": {"http": rules}})
    if decision["action"] == "immediate_rollback":
        kubectl("scale", "deployment", CANDIDATE, "--replicas=0")
    if decision["action"] == "feature_disable":
        kubectl("rollout", "restart", f"deployment/{BASELINE}")


if __name__ == "__main__":
    main()
