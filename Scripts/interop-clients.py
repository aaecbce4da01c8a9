"""Gives the same commands to two API servers and compares the answers; see Scripts/interop-clients."""

import argparse
import concurrent.futures
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys
import typing

CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata: {name: applied, namespace: judge}
data: {color: COLOR}
"""
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: applied, namespace: judge}
spec:
  replicas: 0
  selector: {matchLabels: {app: applied}}
  template:
    metadata: {labels: {app: applied}}
    spec:
      containers:
      - {name: one, image: "one:1", env: [{name: A, value: "1"}, {name: B, value: "2"}]}
      - {name: two, image: "two:1"}
"""
DEFINITION = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: probes.judge.example.com}
spec:
  group: judge.example.com
  scope: Namespaced
  names: {kind: Probe, plural: probes, singular: probe, shortNames: [pr], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}}
    additionalPrinterColumns:
    - {name: Mode, type: string, jsonPath: .spec.mode}
    - {name: Available, type: string, jsonPath: '.status.conditions[?(@.type=="Available")].status'}
    - {name: Size, type: integer, jsonPath: .spec.size, priority: 1}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            description: What is probed.
            required: [size]
            properties:
              size: {type: integer, minimum: 1, description: How much of it.}
              mode: {type: string, enum: [Fast, Slow], default: Slow}
          status:
            type: object
            properties:
              conditions:
                type: array
                items:
                  type: object
                  properties: {type: {type: string}, status: {type: string}}
"""
PROBE = """apiVersion: judge.example.com/v1
kind: Probe
metadata: {name: p, namespace: judge}
spec: {size: SIZE}
"""


def given(text, command, note=""):
    """`command` with `text` on its standard input; `note` tells it from others like it."""
    return (command, text, note)


N = "-n judge"
KUBECTL = [
    "create namespace judge",
    "get namespace judge",
    f"create configmap a --from-literal=x=1 --from-literal=y=2 {N}",
    f"get configmap a {N}",
    f"get configmap a {N} -o yaml",
    f"get configmap a {N} -o json",
    f"get configmap a {N} -o wide",
    f"get configmap a {N} -o name",
    f"get configmap a {N} -o jsonpath={{.data.x}}",
    f"get configmap a {N} -o custom-columns=NAME:.metadata.name,X:.data.x",
    f"get configmap {N} --field-selector metadata.name=a",
    f"get configmap {N} -l tier=none",
    f"get configmap {N} --field-selector data.x=1",
    f"get configmap {N} -l 'tier in'",
    f"label configmap a tier=front {N}",
    f"label configmap a tier=front {N}",
    f"label configmap a tier=back {N}",
    f"label configmap a tier=back --overwrite {N}",
    f"get configmap {N} -l tier=back -L tier",
    f"get configmap {N} -l tier --show-labels",
    f"annotate configmap a note=hello {N}",
    f"patch configmap a {N} --type merge -p '{{\"data\":{{\"x\":\"2\",\"y\":null}}}}'",
    f"patch configmap a {N} --type json -p '[{{\"op\":\"add\",\"path\":\"/data/z\",\"value\":\"3\"}}]'",
    f"patch configmap a {N} --type json -p '[{{\"op\":\"test\",\"path\":\"/data/z\",\"value\":\"4\"}}]'",
    f"patch configmap a {N} -p '{{\"data\":{{\"w\":\"4\"}}}}'",
    f"patch configmap a {N} -p '{{\"data\":{{\"w\":\"4\"}}}}'",
    f"get configmap a {N} -o jsonpath={{.data}}",
    f"describe configmap a {N}",
    f"wait --for=jsonpath={{.data.x}}=2 configmap/a --timeout=5s {N}",
    f"create configmap a {N}",
    f"create configmap Not_A_Name {N}",
    f"get configmap missing {N}",
    f"create configmap b --from-literal=x=1 --dry-run=server -o yaml {N}",
    f"get configmap b {N}",
    given(CONFIG_MAP.replace("COLOR", "red"), "apply -f -"),
    given(CONFIG_MAP.replace("COLOR", "red"), "apply -f -"),
    given(CONFIG_MAP.replace("COLOR", "blue"), "apply -f -"),
    given(CONFIG_MAP.replace("COLOR", "green"), "apply -f - --dry-run=server"),
    f"get configmap applied {N} -o yaml",
    f"apply view-last-applied configmap applied {N}",
    given(CONFIG_MAP.replace("COLOR", "green"), "diff -f -"),
    given(CONFIG_MAP.replace("COLOR", "red"), "apply --server-side --field-manager=judge -f -"),
    given(CONFIG_MAP.replace("COLOR", "red"), "apply --server-side --field-manager=judge --force-conflicts -f -"),
    f"get configmap applied {N} -o yaml --show-managed-fields",
    given(CONFIG_MAP.replace("COLOR", "white"), "replace -f -"),
    given(CONFIG_MAP.replace("name: applied", "generateName: made-").replace("COLOR", "x"), "create -f -"),
    given(CONFIG_MAP.replace("data: {color: COLOR}", "dada: {color: red}"), "apply -f -", "an unknown field"),
    given(CONFIG_MAP.replace("color: COLOR", "color: {a: b}"), "apply -f -", "a wrong type"),
    given(DEPLOYMENT, "apply -f -"),
    given(DEPLOYMENT, "apply -f -"),
    given(DEPLOYMENT.replace("two:1", "two:2").replace(', {name: B, value: "2"}', ""), "apply -f -"),
    f"get deployment applied {N}",
    f"get deployment applied {N} -o wide",
    f"get deployment applied {N} -o jsonpath={{.spec}}",
    f"set image deployment/applied one=one:2 {N}",
    f"set env deployment/applied C=3 {N}",
    f"patch deployment applied {N} -p"
    " '{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"two\",\"$patch\":\"delete\"}]}}}}'",
    f"patch deployment applied {N} -p '{{\"spec\":{{\"strategy\":{{\"$patch\":\"replace\",\"type\":\"Recreate\"}}}}}}'",
    f"patch deployment applied {N} -p"
    " '{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"image\":\"nameless\"}]}}}}'",
    f"get deployment applied {N} -o jsonpath={{.spec}}",
    f"patch deployment applied {N} --type merge -p '{{\"spec\":{{\"selector\":{{\"matchLabels\":{{\"a\":\"b\"}}}}}}}}'",
    f"scale deployment applied --replicas=1 {N}",
    f"scale deployment applied --replicas=2 --current-replicas=1 {N}",
    f"scale deployment applied --replicas=3 --current-replicas=1 {N}",
    f"scale deployment missing --replicas=1 {N}",
    f"patch deployment applied --subresource=scale --type merge -p '{{\"spec\":{{\"replicas\":-1}}}}' {N}",
    f"get deployment applied {N} -o jsonpath={{.spec.replicas}}{{.metadata.generation}}",
    f"get deployment applied --subresource=scale {N}"
    " -o jsonpath='{.apiVersion} {.kind} {.metadata.name} {.spec} {.status.selector}'",
    f"create service clusterip web --tcp=80:8080 {N}",
    f"get service web {N}",
    f"get service web {N} -o wide",
    f"describe service web {N}",
    f"create service externalname out --external-name=example.com {N}",
    f"get service out {N}",
    f"create secret generic s --from-literal=a=b {N}",
    f"get secret s {N}",
    f"get secret s {N} -o yaml",
    f"describe secret s {N}",
    f"create serviceaccount robot {N}",
    f"get serviceaccount robot {N}",
    f"create role reader --verb=get --resource=configmaps {N}",
    f"get role reader {N}",
    f"describe role reader {N}",
    f"create rolebinding reader --role=reader --serviceaccount=judge:robot --user=ann {N}",
    f"get rolebinding reader {N} -o wide",
    "create clusterrole judge-reader --verb=get,list --resource=namespaces",
    "get clusterrole judge-reader -o yaml",
    f"get configmap,secret {N} -l tier=back",
    f"get configmap {N} -l tier=back --sort-by=.metadata.name",
    f"get configmap {N} --chunk-size=1 --field-selector metadata.name!=kube-root-ca.crt -o name",
    f"get events {N} --field-selector involvedObject.name=nobody",
    given(DEFINITION, "apply -f -"),
    "wait --for=condition=established crd/probes.judge.example.com --timeout=10s",
    "get crd probes.judge.example.com",
    "api-resources --api-group=judge.example.com",
    given(PROBE.replace("SIZE", "3"), "apply -f -"),
    given(PROBE.replace("SIZE", "4"), "apply -f -"),
    given(PROBE.replace("SIZE", "0"), "apply -f -"),
    given(PROBE.replace("SIZE", "4, mode: Odd"), "apply -f -"),
    f"get probes {N}",
    f"get pr p {N} -o wide",
    f"get probe p {N} -o yaml",
    f"patch probe p {N} --subresource=status --type merge"
    " -p '{\"status\":{\"conditions\":[{\"type\":\"Available\",\"status\":\"True\"}]}}'",
    f"get probes {N}",
    f"patch probe p {N} --type strategic -p '{{\"spec\":{{\"size\":5}}}}'",
    f"describe probe p {N}",
    f"scale probe p --replicas=7 {N}",
    f"scale probe p --replicas=0 {N}",
    f"get probe p --subresource=scale -o yaml {N}",
    given(PROBE.replace("SIZE", "6"), "apply --server-side -f -"),
    given(PROBE.replace("SIZE", "6"), "apply --server-side --force-conflicts -f -"),
    "explain probe.spec.size",
    "explain probe.spec",
    "explain deployment.spec.template.spec.containers.image",
    "get nothings",
    "auth can-i create pods",
    "auth can-i '*' '*' --all-namespaces",
    "get --raw /healthz",
    "get --raw /api/v1/namespaces/judge/configmaps/missing",
    "get --raw /apis/nowhere.example.com",
    "api-resources --api-group=apps",
    "api-versions",
    "version",
    f"delete probe p {N}",
    f"delete configmap a {N}",
    f"delete configmap a {N}",
    f"delete configmap a --ignore-not-found {N}",
    f"delete configmap -l tier=back {N}",
    f"delete deployment applied --cascade=orphan {N}",
    "delete crd probes.judge.example.com",
    "get probes -A",
    "delete clusterrole judge-reader",
    "delete namespace judge --timeout=30s",
    "get namespace judge",
]
# Several processes at once: what a watch shows.
SHELL = [
    (
        "get configmap -w, while things change",
        "out=$(mktemp); kubectl create namespace watched >/dev/null; kubectl create configmap w -n watched >/dev/null; "
        "timeout 60 kubectl get configmap -n watched --field-selector metadata.name=w -w --output-watch-events >$out & "
        # However slow the machine is: changes come when the watch has begun, and it is ended when it has shown them.
        "shows() { until grep -q $1 $out || ! kill -0 $2 2>/dev/null; do sleep 0.1; done; }; "
        "shows ADDED $!; kubectl label configmap w -n watched a=b >/dev/null; "
        "shows MODIFIED $!; kubectl delete configmap w -n watched >/dev/null; shows DELETED $!; "
        "{ kill $!; wait; } 2>/dev/null; cat $out; rm $out",
    ),
    (
        "edit configmap, with sed",
        "kubectl create configmap e --from-literal=color=red -n watched >/dev/null; "
        "EDITOR='sed -i s/red/green/' kubectl edit configmap e -n watched; "
        "kubectl get configmap e -n watched -o jsonpath={.data.color}",
    ),
]
PYTHON_HEAD = """
import json
from kubernetes import client, config, dynamic, watch
config.load_kube_config()
core, api = client.CoreV1Api(), client.ApiClient()
def tell(call, *args, **options):
    try:
        answer = call(*args, **options)
        print(json.dumps(api.sanitize_for_serialization(answer), sort_keys=True, indent=1))
        return answer
    except client.exceptions.ApiException as error:
        text = error.body.decode() if isinstance(error.body, bytes) else error.body
        print(error.status, error.reason, json.loads(text)["message"] if text.startswith("{") else text)
"""
ITEM = "{'metadata': {'name': 'py', 'labels': {'l': 'v'}}, 'data': {'a': '1'}}"
PYTHON = [
    "tell(core.create_namespace, {'metadata': {'name': 'snake'}})",
    f"tell(core.create_namespaced_config_map, 'snake', {ITEM})",
    f"tell(core.create_namespaced_config_map, 'snake', {ITEM})",
    "tell(core.read_namespaced_config_map, 'py', 'snake')",
    "tell(core.read_namespaced_config_map, 'absent', 'snake')",
    "tell(core.list_namespaced_config_map, 'snake', label_selector='l=v')",
    "tell(core.list_namespaced_config_map, 'snake', label_selector='l=v', limit=1)",
    "tell(core.patch_namespaced_config_map, 'py', 'snake', {'data': {'b': '2'}})",
    "tell(core.patch_namespaced_config_map, 'py', 'snake', [{'op': 'remove', 'path': '/data/a'}])",
    "found = core.read_namespaced_config_map('py', 'snake'); found.data = {'c': '3'}\n"
    "tell(core.replace_namespaced_config_map, 'py', 'snake', found)\n"
    "tell(core.replace_namespaced_config_map, 'py', 'snake', found)",
    "tell(core.create_namespaced_config_map, 'snake', {'metadata': {'name': 'dry'}}, dry_run='All')\n"
    "tell(core.read_namespaced_config_map, 'dry', 'snake')",
    "start = core.list_namespaced_config_map('snake').metadata.resource_version\n"
    "core.patch_namespaced_config_map('py', 'snake', {'data': {'d': '4'}})\n"
    "for event in watch.Watch().stream(core.list_namespaced_config_map, 'snake', resource_version=start,"
    " timeout_seconds=2):\n    print(event['type'], event['object'].metadata.name, event['object'].data)",
    "maps = dynamic.DynamicClient(api).resources.get(api_version='v1', kind='ConfigMap')\n"
    "tell(lambda: maps.server_side_apply({'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 'py'},"
    " 'data': {'d': '5'}}, namespace='snake', field_manager='snake', force_conflicts=True).to_dict())"
    " if hasattr(maps, 'server_side_apply') else print([r.name for r in [maps]])",
    "tell(client.AuthorizationV1Api().create_self_subject_access_review, {'apiVersion': 'authorization.k8s.io/v1',"
    " 'kind': 'SelfSubjectAccessReview', 'spec': {'resourceAttributes': {'verb': 'get', 'resource': 'pods'}}})",
    "tell(client.CustomObjectsApi().list_cluster_custom_object, 'nowhere.example.com', 'v1', 'things')",
    "tell(core.delete_namespaced_config_map, 'py', 'snake')\n"
    "tell(core.delete_namespaced_config_map, 'py', 'snake')",
    "tell(core.delete_namespace, 'absent')",
]

# Why an answer may differ: the command (or how it begins), and the reason. The real server is 1.20, whose ways the
# in-memory server doesn't follow where today's differ.
WORDS = "refused alike, in words of its own"
YOUNGER = "1.20 is older: "
NAMED = {
    f"kubectl get configmap {N} --field-selector data.x=1": WORDS,
    f"kubectl get configmap {N} -l 'tier in'": WORDS,
    f"kubectl create configmap Not_A_Name {N}": WORDS,
    f"kubectl patch deployment applied {N} --type merge": WORDS + ", and a selector's first problem only",
    f"kubectl patch deployment applied {N} -p '{{\"spec\":{{\"template\":{{\"spec\":{{\"containers\":[{{\"image\"": WORDS,
    "kubectl get probes -A": WORDS,
    "python tell(client.CustomObjectsApi()": "a path that isn't served: a Status, where the real server has plain text",
    "kubectl apply --server-side --field-manager=judge -f -": YOUNGER + "a conflict doesn't say the time",
    "kubectl apply -f - (an unknown field)": YOUNGER + "kubectl itself finds the field; today's server does",
    "kubectl apply -f - (a wrong type)": YOUNGER + "kubectl itself finds the type; today's server does",
    f"kubectl get deployment applied {N} -o jsonpath={{.spec}}":
        YOUNGER + "it shows `creationTimestamp: null` in a pod's template",
    f"kubectl describe service web {N}": YOUNGER + "it knows neither ipFamilyPolicy nor internalTrafficPolicy",
    f"kubectl get serviceaccount robot {N}": YOUNGER + "it makes a token Secret for every account",
    "kubectl apply --server-side -f -": YOUNGER + "who scales a custom resource owns no field of it there",
    "kubectl explain probe.spec": YOUNGER + "it has no OpenAPI v3, by which kubectl prints otherwise",
    "kubectl explain deployment": YOUNGER + "it has no OpenAPI v3; and built-in fields have no descriptions here",
    "kubectl version": "the versions",
    "python tell(core.create_namespace, {": YOUNGER + "no label kubernetes.io/metadata.name",
    "kubectl api-versions": YOUNGER + "it lacks newer groups, and has beta versions",
    "python tell(client.AuthorizationV1Api()": "the review says why it allows; nobody tracks its fields",
}

PATTERNS = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uid>"),
    (re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|\+00:00)"), "<time>"),
    (re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} \w{3} \d{4} [\d:]+ \+0000"), "<time>"),
    (re.compile(r"(resourceVersion\"?: ?\"?)\d+"), r"\1<version>"),
    (re.compile(r"(Resource Version: +)\d+"), r"\1<version>"),
    (re.compile(r"\b(10\.\d+|127\.\d+)\.\d+\.\d+\b"), "<address>"),
    (re.compile(r"https://<address>:\d+"), "<server>"),
    (re.compile(r"\bmade-[a-z0-9]{5}\b"), "made-<random>"),
    (re.compile(r"(?<=\s)\d+(s|m|m\d+s)(?=\s|$)"), "<age>"),
    (re.compile(r"/tmp/\S+(\s+\d{4}-\d\d-\d\d [\d:.]+ \+0000)?"), "<file>"),
    (re.compile(r"(Client Version: +)\S+"), r"\1<version>"),
    (re.compile(r"[ \t]+"), " "),
]


def normalized(text):
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


class Server:
    def __init__(self, name, kubeconfig, work):
        self.name = name
        home = pathlib.Path(work) / f"home-{name}"
        home.mkdir()
        self.environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "HOME": str(home), "KUBECACHEDIR": str(home / "cache")}

    def answer(self, command):
        """What the command ends with and says, without what differs from run to run."""
        try:
            done = subprocess.run(
                command.arguments, input=command.text, capture_output=True, text=True, env=self.environment, timeout=60)
            code, out, err = done.returncode, normalized(done.stdout), normalized(done.stderr)
        except subprocess.TimeoutExpired:
            code, out, err = 124, "", "took longer than 60 s"
        # kubectl describes the data of a ConfigMap in the random order of a Go map.
        if command.title.startswith("kubectl describe configmap"):
            out = "\n".join(sorted(out.splitlines()))
        return {"exit": code, "out": out, "err": err}


class Command(typing.NamedTuple):
    title: str
    arguments: list
    text: str = ""


def groups(has_python):
    """The commands, in groups that have nothing to do with each other; each in the order in which it is run."""
    kubectl = []
    for command in KUBECTL:
        command, text, note = command if isinstance(command, tuple) else (command, "", "")
        title = "kubectl " + command + (f" ({note})" if note else "")
        kubectl.append(Command(title, ["bash", "-c", "kubectl " + command], text))
    yield kubectl
    yield [Command("kubectl " + title, ["bash", "-c", script]) for title, script in SHELL]
    if has_python:
        yield [
            Command("python " + body.replace("\n", "; "), [sys.executable, "-c", PYTHON_HEAD + body])
            for body in PYTHON
        ]


def answers(servers, has_python):
    """Each command with each server's answer, in order."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = []
        for group in groups(has_python):
            run = lambda server, group=group: [server.answer(command) for command in group]
            runs.append((group, [pool.submit(run, server) for server in servers]))
        for group, futures in runs:
            yield from zip(group, *(future.result() for future in futures))


def reason(title, seen):
    for begin, why in NAMED.items():
        if title.startswith(begin):
            seen.add(begin)
            return why
    return None


def clients(has_python):
    """The versions of the clients, whose words the recorded answers contain."""
    version = json.loads(subprocess.run(
        ["kubectl", "version", "--client", "-o", "json"], capture_output=True, text=True, check=True).stdout)
    # Some vendors' minor version ends in a plus sign.
    found = {"kubectl": "{major}.{minor}".format(**version["clientVersion"]).rstrip("+")}
    if has_python:
        import kubernetes
        found["python"] = kubernetes.__version__
    return found


def text(answer):
    return f"exit {answer['exit']}\n{answer['out']}\n{answer['err']}"


def recorded(path, has_python):
    """The recorded answers to the commands; ends the program where they are those of other clients."""
    document = json.loads(pathlib.Path(path).read_text())
    ours = clients(has_python)
    if ours["kubectl"] != document["clients"]["kubectl"]:
        print("SKIPPED: kubectl's and the Python client's commands: the answers were recorded with kubectl "
              f"{document['clients']['kubectl']}, and this is {ours['kubectl']}")
        sys.exit(0)
    if has_python and ours["python"] != document["clients"].get("python"):
        print(f"SKIPPED: the Python client's commands: the answers were recorded with {document['clients'].get('python')}, "
              f"and this is {ours['python']}")
        has_python = False
    return document["answers"], has_python


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", required=True)
    parser.add_argument("--real", help="the kubeconfig of a real server")
    parser.add_argument("--recorded", help="the file with the answers of a real server")
    parser.add_argument("--record", help="where to write the answers")
    parser.add_argument("--work", required=True)
    parser.add_argument("--no-python", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="shows every difference, named ones too")
    options = parser.parse_args()
    has_python = not options.no_python
    memory = Server("memory", options.memory, options.work)
    if options.recorded:
        known, has_python = recorded(options.recorded, has_python)
        rows = []
        for index, (command, ours) in enumerate(answers([memory], has_python)):
            entry = known[index] if index < len(known) else {}
            if entry.get("command") != command.title:
                sys.exit(f"error: nobody recorded an answer to `{command.title}`: run Scripts/interop-clients --record")
            rows.append((command.title, entry["real"], ours, entry.get("memory")))
    else:
        real = Server("real", options.real, options.work)
        rows = [(command.title, theirs, ours, None) for command, theirs, ours in answers([real, memory], has_python)]

    counts = {"same": 0, "named": 0, "differs": 0}
    named, seen, entries = [], set(), []
    for title, theirs, ours, expected in rows:
        why = reason(title, seen) if theirs != ours else None
        # A difference that has a name is the one that was recorded, and no other.
        if why and expected not in (None, ours):
            why, theirs = None, expected
        verdict = "same" if theirs == ours else "named" if why else "differs"
        counts[verdict] += 1
        entries.append({"command": title, "real": theirs, **({"memory": ours} if why else {})})
        print(f"{verdict:8} {title if len(title) <= 110 else title[:107] + '...'}", flush=True)
        if why:
            named.append((title, why))
        if verdict == "differs" or verdict == "named" and options.verbose:
            lines = difflib.unified_diff(
                text(theirs).splitlines(), text(ours).splitlines(), "expected", "in memory", n=0, lineterm="")
            print("\n".join("         " + line for line in lines))
    print()
    print("Named differences:")
    for title, why in named:
        print(f"- {title[:70]}: {why}")
    unused = [begin for begin in NAMED if begin not in seen and (has_python or not begin.startswith("python"))]
    for begin in unused:
        print(f"- (no longer: {begin})")
    total = sum(counts.values())
    print(f"{total} commands: {counts['same']} the same, {counts['named']} named differences, {counts['differs']} others")
    if counts["differs"] or unused:
        sys.exit(1)
    if options.record:
        document = {"clients": clients(has_python), "answers": entries}
        pathlib.Path(options.record).write_text(json.dumps(document, indent=1) + "\n")


main()
