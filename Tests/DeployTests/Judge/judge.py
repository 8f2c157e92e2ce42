# What is deployed, judged by others' readers: docker compose's schema (compose-spec), Kubernetes' schemas
# (kubernetes-validate), systemd-analyze, promtool, a parser of PromQL; and by rules of our own. Prints a line
# per check: "ok WHAT", "wrong WHAT: WHY", "not run WHAT: WHY".
#
#   judge.py ROOT          the files as they are
#   judge.py ROOT --slips  each known slip, made in memory: "found SLIP" or "missed SLIP"
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import compose_spec
import kubernetes_validate
import promql_parser
import yaml

ROOT = pathlib.Path(sys.argv[1])
# The oldest and the newest that are worth supporting.
KUBERNETES = ["1.32", "1.37"]


class NotRun(Exception):
    pass


class Files:
    """The files below deploy/ and what they refer to; `slip` replaces text in one of them."""

    def __init__(self, slip=None):
        self.slip = slip

    def text(self, path):
        text = (ROOT / path).read_text()
        if self.slip and self.slip[0] == path:
            assert self.slip[1] in text, f"{path} has no {self.slip[1]!r}"
            text = text.replace(self.slip[1], self.slip[2])
        return text

    def yaml(self, path):
        return yaml.safe_load(self.text(path))

    def below(self, folder, *endings):
        paths = sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in endings)
        return [str(p.relative_to(ROOT)) for p in paths]


def expect(condition, why):
    if not condition:
        raise AssertionError(why)


def files_parse(files):
    """every YAML and JSON file parses"""
    found = files.below("deploy", ".yaml", ".yml", ".json")
    expect(len(found) > 10, f"only {len(found)} files were found")
    for path in found:
        json.loads(files.text(path)) if path.endswith(".json") else list(yaml.safe_load_all(files.text(path)))


def compose_schema(files):
    """the compose file follows the compose specification"""
    options = compose_spec.PyOptions()
    options.apply_merge = True
    compose = options.from_yaml(files.text("deploy/compose.yaml"))
    compose.validate()


def compose_services(files):
    """the compose file has what R15.1 wants"""
    services = files.yaml("deploy/compose.yaml")["services"]
    expect("KAFKA_PROCESS_ROLES" in services["kafka"]["environment"], "Kafka is not in KRaft mode")
    instances = [name for name in services if name.startswith("ratchet")]
    expect(len(instances) >= 2, "there are not two instances")
    volumes = [services[name]["volumes"][0].split(":")[0] for name in instances]
    expect(len(set(volumes)) == len(instances), "two instances share a data folder")
    ports = [port for service in services.values() for port in service.get("ports", [])]
    for port in ports:
        expect(port.startswith("127.0.0.1:"), f"{port} is reached from outside")
    published = {port.split(":")[1] for port in ports}
    expect({"9090", "9093", "3001"} <= published, f"published ports are {sorted(published)}")


def compose_mounts(files):
    """what the compose file mounts is there"""
    for service in files.yaml("deploy/compose.yaml")["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                expect((ROOT / "deploy" / source).exists(), f"{source} is mounted and not there")


def no_passwords(files):
    """no password stands in a file; each must come from outside"""
    secret = re.compile(r"(password|secret|token|api_?key)", re.IGNORECASE)
    for name, service in files.yaml("deploy/compose.yaml")["services"].items():
        for key, value in (service.get("environment") or {}).items():
            if secret.search(key):
                expect(re.match(r"^\$\{\w+:\?.+\}$", value), f"{name}: {key} has a value or no clear error")
    for path in files.below("deploy/kubernetes", ".yaml"):
        expect(files.yaml(path)["kind"] != "Secret", f"{path} holds a secret")


def kubernetes_schema(files):
    """the Kubernetes manifests follow the schemas of their versions"""
    for path in files.below("deploy/kubernetes", ".yaml"):
        resource = files.yaml(path)
        if resource["kind"] == "Kustomization":
            continue
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(resource, version, strict=True)
            except Exception as error:
                raise AssertionError(f"{path} against {version}: {error}") from None


def kubernetes_fit(files):
    """the Kubernetes manifests fit each other"""
    everything = {}
    for path in files.below("deploy/kubernetes", ".yaml"):
        resource = files.yaml(path)
        everything[resource["kind"]] = resource
    listed = everything["Kustomization"]["resources"]
    there = [pathlib.Path(p).name for p in files.below("deploy/kubernetes", ".yaml")]
    expect(sorted(listed) == sorted(set(there) - {"kustomization.yaml"}), "kustomization.yaml lists other files")
    stateful = everything["StatefulSet"]["spec"]
    labels = stateful["template"]["metadata"]["labels"]
    expect(stateful["selector"]["matchLabels"].items() <= labels.items(), "the StatefulSet selects other pods")
    service = everything["Service"]
    expect(service["spec"]["selector"].items() <= labels.items(), "the Service selects other pods")
    budget = everything["PodDisruptionBudget"]["spec"]
    expect(budget["selector"]["matchLabels"].items() <= labels.items(), "the budget is for other pods")
    expect(service["metadata"]["name"] == stateful["serviceName"], "serviceName names no Service")
    [container] = stateful["template"]["spec"]["containers"]
    ports = {port["name"] for port in container["ports"]}
    paths = {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    for probe, path in paths.items():
        get = container[probe]["httpGet"]
        expect(get["path"] == path, f"{probe} asks {get['path']}")
        expect(get["port"] in ports, f"{probe} asks an unknown port")
    config = container["envFrom"][0]["configMapRef"]["name"]
    expect(config == everything["ConfigMap"]["metadata"]["name"], "envFrom names no ConfigMap")
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    volumes = {v["name"] for v in stateful["template"]["spec"]["volumes"]}
    claims = {claim["metadata"]["name"] for claim in stateful["volumeClaimTemplates"]}
    expect(mounted == volumes | claims, "what is mounted and what there is differ")


def systemd_unit(files):
    """systemd-analyze verifies the unit"""
    if shutil.which("systemd-analyze") is None:
        raise NotRun("there is no systemd-analyze")
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "ratchet.service"
        # The binary's place is the only thing that this machine need not have.
        unit.write_text(files.text("deploy/systemd/ratchet.service").replace("/usr/local/bin/ratchet", "/bin/true"))
        done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
        said = [line for line in done.stderr.splitlines() if "ratchet.service" in line]
        expect(done.returncode == 0 and not said, " ".join(said) or done.stderr)


def prometheus_config(files):
    """promtool checks the configuration of Prometheus"""
    scrapes = files.yaml("deploy/prometheus.yml")
    expect(scrapes["global"]["scrape_interval"] == "15s", "the scrape interval is not R8.15's")
    targets = [t for s in scrapes["scrape_configs"] for c in s["static_configs"] for t in c["targets"]]
    services = set(files.yaml("deploy/compose.yaml")["services"]) | {"localhost"}
    for target in targets:
        expect(target.split(":")[0] in services, f"{target} is no service of the compose file")
    if shutil.which("promtool") is None:
        raise NotRun("there is no promtool")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "prometheus.yml"
        path.write_text(files.text("deploy/prometheus.yml"))
        done = subprocess.run(["promtool", "check", "config", str(path)], capture_output=True, text=True)
        expect(done.returncode == 0, done.stdout + done.stderr)


def alert_routes(files):
    """amtool checks Alertmanager's configuration, and each rule's channels come to receivers of their names"""
    channels = set()
    for rules in files.below("topology/rules", ".yaml"):
        for group in (files.yaml(rules) or {}).get("groups", []):
            channels |= {rule["labels"]["channel"] for rule in group["rules"] if "alert" in rule}
    expect(len(channels) >= 8, f"only {len(channels)} kinds of channels were found")
    if shutil.which("amtool") is None:
        raise NotRun("there is no amtool")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "alertmanager.yml"
        path.write_text(files.text("deploy/alertmanager.yml"))
        done = subprocess.run(["amtool", "check-config", str(path)], capture_output=True, text=True)
        expect(done.returncode == 0, done.stdout + done.stderr)
        for channel in sorted(channels):
            route = ["amtool", "config", "routes", "test", f"--config.file={path}", f"channel={channel}"]
            done = subprocess.run(route, capture_output=True, text=True)
            found = set(done.stdout.strip().split(","))
            expect(found == set(channel.split(",")), f"an alert for {channel} comes to {sorted(found)}")


def dashboards(files):
    for path in files.below("deploy/grafana/dashboards", ".json"):
        yield path, json.loads(files.text(path))


def expressions(files):
    for path, dashboard in dashboards(files):
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                yield f"{path}, \"{panel['title']}\"", target["expr"].replace("$organization", "acme")


def dashboard_panels(files):
    """the dashboards have the panels of R13.1 and R13.2"""
    by_title = {dashboard["title"]: dashboard for _, dashboard in dashboards(files)}
    panels = by_title["Learning System"]["panels"]
    rows = [panel for panel in panels if panel["type"] == "row"]
    expect(len(rows) == 4, f"{len(rows)} rows")
    expect(len(panels) - len(rows) == 11, f"{len(panels) - len(rows)} panels")
    effect = by_title["Learning Loop Effectiveness"]
    expect(effect["refresh"] == "30s" and effect["time"]["from"] == "now-1h", "refresh or range differs")
    wanted = {0: [5, 10, 15], 1: [40, 60, 80]}
    for index, values in wanted.items():
        steps = effect["panels"][index]["fieldConfig"]["defaults"]["thresholds"]["steps"]
        given = [(step["value"], step["color"]) for step in steps if step["value"] is not None]
        expect(given == list(zip(values, ["red", "yellow", "green"])), f"thresholds are {given}")
    for path, dashboard in dashboards(files):
        ids = [panel["id"] for panel in dashboard["panels"]]
        expect(len(ids) == len(set(ids)), f"{path}: two panels have one id")
        places = set()
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            expect(place["x"] + place["w"] <= 24, f"{path}: {panel['title']} is too wide")
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    expect((x, y) not in places, f"{path}: {panel['title']} lies over another panel")
                    places.add((x, y))


def dashboard_queries(files):
    """every query of a dashboard is PromQL"""
    found = list(expressions(files))
    expect(len(found) >= 15, f"only {len(found)} queries were found")
    for place, expression in found:
        try:
            promql_parser.parse(expression)
        except ValueError as error:
            raise AssertionError(f"{place}: {error}") from None


def dashboard_names(files):
    """every metric that a dashboard names is declared"""
    if not (ROOT / "topology/metrics.yaml").exists():
        raise NotRun("there is no topology/metrics.yaml")
    declared = {metric["name"] for metric in files.yaml("topology/metrics.yaml")["metrics"]}
    for rules in files.below("topology/rules", ".yaml", ".yml"):
        for group in (files.yaml(rules) or {}).get("groups", []):
            declared |= {rule["record"] for rule in group["rules"] if "record" in rule}
    for place, expression in expressions(files):
        names = []

        def visit(node):
            if isinstance(node, promql_parser.VectorSelector):
                names.append(node.name)

        promql_parser.walk(promql_parser.parse(expression), visit)
        expect(names, f"{place} selects nothing")
        for name in names:
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            expect(name in declared or base in declared, f"{place}: {name} is not declared")


def image_packages(files):
    """the image is built with the packages that the set-up installs"""
    wanted = re.search(r"^packages=\((.*)\)$", files.text(".ci/setup"), re.MULTILINE)
    build, run = files.text("deploy/Dockerfile").split("\nFROM ")[1:]
    missing = [name for name in wanted[1].split() if name not in build.split()]
    expect(not missing, f"the build lacks {missing}")
    for name in wanted[1].split():
        library = re.sub(r"-dev$", "", name)
        if library != name:
            expect(re.search(rf"\b{re.escape(library)}[\d.-]*\b", run), f"the image lacks {library}")
    expect("USER 10001" in run, "the image runs as root")


CHECKS = [
    files_parse, compose_schema, compose_services, compose_mounts, no_passwords, kubernetes_schema,
    kubernetes_fit, systemd_unit, prometheus_config, alert_routes, dashboard_panels, dashboard_queries,
    dashboard_names, image_packages,
]

COMPOSE, UNIT = "deploy/compose.yaml", "deploy/systemd/ratchet.service"
STATEFUL, PANELS = "deploy/kubernetes/statefulset.yaml", "deploy/grafana/dashboards/learning-system.json"
EFFECT = "deploy/grafana/dashboards/learning-loop-effectiveness.json"
SLIPS = [
    (compose_schema, COMPOSE, "restart: unless", "restrat: unless"),
    (compose_schema, COMPOSE, "service_healthy", "service_helthy"),
    (compose_services, COMPOSE, "127.0.0.1:3001", "0.0.0.0:3001"),
    (compose_services, COMPOSE, "ratchet-2:/data", "ratchet-1:/data"),
    (compose_mounts, COMPOSE, "./prometheus.yml", "./promtheus.yml"),
    (no_passwords, COMPOSE, "${GRAFANA_ADMIN_PASSWORD:?", "${GRAFANA_ADMIN_PASSWORD:-admin"),
    (kubernetes_schema, STATEFUL, "replicas: 2", "replicas: two"),
    (kubernetes_schema, STATEFUL, "readinessProbe", "readynessProbe"),
    (kubernetes_fit, STATEFUL, "path: /readyz", "path: /ready"),
    (kubernetes_fit, "deploy/kubernetes/poddisruptionbudget.yaml", "name: ratchet", "name: rachet"),
    (systemd_unit, UNIT, "ProtectSystem=strict", "ProtectSystm=strict"),
    (systemd_unit, UNIT, "Restart=always", "Restart=allways"),
    (prometheus_config, "deploy/prometheus.yml", "ratchet-2:9464", "rachet-2:9464"),
    (prometheus_config, "deploy/prometheus.yml", "metrics_path", "metric_path"),
    (alert_routes, "deploy/alertmanager.yml", "receiver: slack-product", "receiver: slack"),
    (alert_routes, "deploy/alertmanager.yml", "routing_key_file", "routing_key_fiel"),
    (dashboard_panels, PANELS, '"type": "row"', '"type": "text"'),
    (dashboard_panels, EFFECT, '"refresh": "30s"', '"refresh": "1m"'),
    (dashboard_panels, EFFECT, '"value": 60', '"value": 65'),
    (dashboard_queries, PANELS, "sum by (queue)", "sum by queue"),
    (dashboard_names, PANELS, "rq_queue_length", "rq_queue_lenght"),
    (image_packages, "deploy/Dockerfile", "librocksdb7.8", ""),
]


def outcome(check, files):
    try:
        check(files)
        return "ok", check.__doc__
    except NotRun as why:
        return "not run", f"{check.__doc__}: {why}"
    except Exception as error:
        return "wrong", f"{check.__doc__}: {type(error).__name__} {error}".replace("\n", " ")


for kind, line in [outcome(check, Files()) for check in CHECKS] if "--slips" not in sys.argv else []:
    print(kind, line)
if "--slips" in sys.argv:
    for check, path, old, new in SLIPS:
        kind, _ = outcome(check, Files((path, old, new)))
        verdict = {"wrong": "found", "ok": "missed", "not run": "not run"}[kind]
        print(verdict, f"{path}: {old!r} as {new!r}")
