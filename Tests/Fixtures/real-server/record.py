"""Records what a real API server answers, as the *.txt files beside this one.

    python3 Tests/Fixtures/real-server/record.py DIR [NAME...]

DIR is a running server's directory (Scripts/api-server start --directory DIR), with ocm-crds.yaml loaded; names limit
the recording. In a file `> ` starts a request, the lines after it are its headers and its body, `< ` starts the
answer: status, content type unless JSON, body. What differs from run to run is replaced: uids by UID1, UID2…,
resourceVersions by RV1, RV2… (the same number is the same value), times by TIME. managedFields are left out but where
they are the point. Setting-up requests are not shown.
"""

import http.client
import json
import re
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

directory = Path(sys.argv[1])
here = Path(__file__).parent
CM = "/api/v1/namespaces/rec/configmaps"
MCA = "/apis/addon.open-cluster-management.io/v1beta1/namespaces/rec/managedclusteraddons"
CLUSTERS = "/apis/cluster.open-cluster-management.io/v1/managedclusters"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"


class Recording:
    def __init__(self, title):
        self.lines = [f"# {title}"]
        self.seen = {}
        self.show_managed_fields = False

    def send(self, method, path, body=None, headers=None, quiet=False):
        """Returns status and decoded body (a list of events for a watch)."""
        headers = dict(headers or {})
        if isinstance(body, str):
            data = body.encode()
        else:
            data = None if body is None else json.dumps(body).encode()
        context = ssl.create_default_context(cafile=directory / "pki" / "ca.crt")
        if "Authorization" not in headers:
            context.load_cert_chain(directory / "pki" / "admin.crt", directory / "pki" / "admin.key")
        port = int((directory / "ports").read_text().split()[2])
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=90)
        sent = {"Accept": "application/json", **headers}
        if data is not None and "Content-Type" not in sent:
            sent["Content-Type"] = "application/json"
        connection.request(method, path, data, sent)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        watch = "watch=true" in path and response.status == 200
        try:
            decoded = [json.loads(line) for line in text.splitlines()] if watch else json.loads(text)
        except ValueError:
            decoded = text
        if not quiet:
            self.lines.append(f"> {method} {self.replaced(path)}")
            self.lines += [f"{name}: {value}" for name, value in headers.items() if name != "Authorization"]
            if data is not None:
                shown = body if isinstance(body, str) else self.shown(body)
                self.lines.append(shown if len(shown) < 2000 else f"({len(data)} bytes)")
            kind = response.getheader("Content-Type", "")
            self.lines.append(f"< {response.status}" + ("" if kind == "application/json" else f" {kind}"))
            for name in ("Retry-After", "Warning", "Allow"):
                if response.getheader(name):
                    self.lines.append(f"{name}: {response.getheader(name)}")
            for each in decoded if watch else [decoded]:
                self.lines.append(each.rstrip() if isinstance(each, str) else self.shown(each))
        return response.status, decoded

    def note(self, text):
        self.lines.append(f"# {text}")

    def shown(self, value):
        if not self.show_managed_fields:
            value = without_managed_fields(value)
        return self.replaced(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def replaced(self, text):
        def name(prefix, value):
            known = self.seen.setdefault(prefix, {})
            return f"{prefix}{known.setdefault(value, len(known) + 1)}"

        text = re.sub(
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", lambda m: name("UID", m[0]), text
        )
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME", text)
        kept = ("0", "1", "999999999999")
        text = re.sub(
            r'("resourceVersion":"|resourceVersion=|"/metadata/resourceVersion","value":"|ResourceVersion in record \()(\d+)',
            lambda m: m[1] + (m[2] if m[2] in kept else name("RV", m[2])),
            text,
        )
        text = re.sub(r"\b0xc0[0-9a-f]{8}\b", "POINTER", text)
        text = re.sub(r"(Too large resource version: 999999999999, current: )\d+", r"\1N", text)
        text = re.sub(r"127\.43\.\d+\.\d+", "CLUSTER_IP", text)
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
        text = re.sub(r'("continue":"|continue=)(eyJ[\w%=+/-]+)', lambda m: m[1] + "CONTINUE", text)
        text = re.sub(r'("name":"made-)[a-z0-9]{5}"', r'\1XXXXX"', text)
        return re.sub(r"(too old resource version: )(\d+)( \()(\d+)(\))", r"\1N\3N\5", text)


def without_managed_fields(value):
    if isinstance(value, dict):
        return {key: without_managed_fields(each) for key, each in value.items() if key != "managedFields"}
    if isinstance(value, list):
        return [without_managed_fields(each) for each in value]
    return value


def cm(name, data=None, **metadata):
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}}
    if data is not None:
        body["data"] = data
    return body


def mca(name, spec=None, **metadata):
    return {
        "apiVersion": "addon.open-cluster-management.io/v1beta1",
        "kind": "ManagedClusterAddOn",
        "metadata": {"name": name, **metadata},
        "spec": spec or {},
    }


def put_cm(r, name, data=None, **metadata):
    return r.send("POST", CM, cm(name, data or {"a": "1"}, **metadata), quiet=True)[1]


def apply(r, path, body, manager="m1", extra="", quiet=False):
    return r.send("PATCH", f"{path}?fieldManager={manager}{extra}", body, {"Content-Type": APPLY}, quiet)


SCENARIOS = {}


def scenario(title):
    def register(function):
        SCENARIOS[function.__name__.replace("_", "-")] = (title, function)
        return function

    return register


@scenario("Reading what is not there")
def get_missing(r):
    r.send("GET", f"{CM}/missing")
    r.send("GET", "/api/v1/namespaces/missing")
    r.send("GET", "/api/v1/namespaces/missing/configmaps/missing")
    r.send("GET", "/api/v1/namespaces/missing/configmaps")
    r.send("GET", f"{MCA}/missing")


@scenario("Unknown paths, resources and methods")
def unknown_path(r):
    r.send("GET", "/apis/nothing.example")
    r.send("GET", "/apis/nothing.example/v1/things")
    r.send("GET", "/apis/apps/v9/deployments")
    r.send("GET", "/api/v1/things")
    r.send("GET", "/apis/addon.open-cluster-management.io/v1beta1/things")
    r.send("POST", f"{CM}/a", cm("a"))
    r.send("PUT", CM, cm("a"))
    r.send("POST", f"{MCA}/a", mca("a"))
    r.send("GET", f"{CM}/a/status")
    r.send("GET", f"{MCA}/a/scale")


@scenario("Create: an object, again, and in a namespace that is not there")
def create(r):
    r.send("POST", CM, cm("created", {"a": "1"}))
    r.send("POST", CM, cm("created", {"a": "1"}))
    r.send("POST", "/api/v1/namespaces/missing/configmaps", cm("a"))
    r.send("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}})
    r.send("POST", MCA, mca("created"))
    r.send("POST", MCA, mca("created"))
    r.send("POST", MCA.replace("/rec/", "/missing/"), mca("a"))


@scenario("Create: names and metadata that are refused, or completed")
def create_names(r):
    r.send("POST", CM, cm("Bad_Name"))
    r.send("POST", MCA, mca("Bad_Name"))
    r.send("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a.b"}})
    r.send("POST", CM, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}})
    r.send("POST", MCA, {**mca("x"), "metadata": {}})
    r.send("POST", CM, cm("a", namespace="other"))
    r.send("POST", CM, cm("a", resourceVersion="1"))
    r.send("POST", MCA, mca("a", resourceVersion="1"))
    r.send("POST", CM, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "made-"}})
    r.send("POST", CM, cm("with-uid", uid="11111111-1111-1111-1111-111111111111", generation=7, deletionTimestamp="2020-01-01T00:00:00Z"))
    r.send("POST", MCA, mca("with-uid", uid="11111111-1111-1111-1111-111111111111", generation=7, deletionTimestamp="2020-01-01T00:00:00Z"))
    r.send("POST", CM, cm("a", labels={"a b": "c"}))
    r.send("POST", CM, cm("a", labels={"a": "b c"}))
    r.send("POST", CM, cm("a", annotations={"A_b/c/d": ""}))
    r.send("POST", CM, cm("a", finalizers=["unqualified"]))
    r.send("POST", CM, cm("a", ownerReferences=[{"apiVersion": "v1", "kind": "ConfigMap", "name": "", "uid": ""}]))
    r.send("POST", CM, cm("a", ownerReferences=[
        {"apiVersion": "v1", "kind": "A", "name": "a", "uid": "1", "controller": True},
        {"apiVersion": "v1", "kind": "A", "name": "b", "uid": "2", "controller": True}]))


@scenario("Create: bodies that cannot be read")
def create_bodies(r):
    r.send("POST", CM, "{")
    r.send("POST", CM, "")
    r.send("POST", CM, "[]")
    r.send("POST", CM, {"metadata": {"name": "a"}})
    r.send("POST", CM, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}})
    r.send("POST", CM, {"apiVersion": "v2", "kind": "ConfigMap", "metadata": {"name": "a"}})
    r.send("POST", CM, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": 1}})
    r.send("POST", CM, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "unknown-field"}, "foo": 1})
    r.send("POST", MCA, {"metadata": {"name": "a"}})
    r.send("POST", MCA, {**mca("a"), "kind": "Other"})
    r.send("POST", MCA, {**mca("a"), "apiVersion": "addon.open-cluster-management.io/v1alpha1"})
    r.send("POST", MCA, "{")
    r.send("POST", CM, cm("a"), {"Content-Type": "text/plain"})
    r.send("GET", CM, headers={"Accept": "text/plain"})


@scenario("Size limits")
def size(r):
    r.send("POST", CM, cm("large", {"a": "x" * (1024 * 1024 + 1)}))
    r.send("POST", CM, cm("large", {"a": "x" * (3 * 1024 * 1024 + 1)}))
    r.send("POST", MCA, mca("large", {"a": "x" * (1600 * 1024)}))
    r.send("POST", CM, cm("large", annotations={"a": "x" * (256 * 1024)}))


@scenario("Replace")
def replace(r):
    first = put_cm(r, "replaced")
    stale = first["metadata"]["resourceVersion"]
    r.note("unconditional, with a change; then the same body again: nothing moves")
    _, second = r.send("PUT", f"{CM}/replaced", cm("replaced", {"a": "2"}))
    r.send("PUT", f"{CM}/replaced", cm("replaced", {"a": "2"}))
    r.note("stale resourceVersion, also without a change")
    r.send("PUT", f"{CM}/replaced", cm("replaced", {"a": "3"}, resourceVersion=stale))
    r.send("PUT", f"{CM}/replaced", cm("replaced", {"a": "2"}, resourceVersion=stale))
    r.note("wrong uid, other name, other namespace, not a resourceVersion")
    r.send("PUT", f"{CM}/replaced", cm("replaced", {"a": "3"}, uid="11111111-1111-1111-1111-111111111111"))
    r.send("PUT", f"{CM}/replaced", cm("other"))
    r.send("PUT", f"{CM}/replaced", cm("replaced", namespace="other"))
    r.send("PUT", f"{CM}/replaced", cm("replaced", resourceVersion="abc"))
    r.note("missing")
    r.send("PUT", f"{CM}/missing", cm("missing"))
    r.send("PUT", f"{CM}/missing", cm("missing", resourceVersion=stale))
    r.send("PUT", f"{MCA}/missing", mca("missing"))
    r.send("PUT", "/apis/coordination.k8s.io/v1/namespaces/rec/leases/upserted",
           {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "upserted"}})
    r.note("kinds that forbid unconditional update")
    r.send("POST", MCA, mca("replaced"), quiet=True)
    r.send("PUT", f"{MCA}/replaced", mca("replaced"))
    r.send("PUT", "/apis/apiregistration.k8s.io/v1/apiservices/v1.apps", {
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.apps"},
        "spec": {"group": "apps", "version": "v1", "groupPriorityMinimum": 17800, "versionPriority": 15}})


@scenario("Immutable fields")
def immutable(r):
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": "Opaque"}
    r.send("POST", "/api/v1/namespaces/rec/secrets", secret, quiet=True)
    r.send("PUT", "/api/v1/namespaces/rec/secrets/s", {**secret, "type": "other"})
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {
        "replicas": 0, "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}}
    path = "/apis/apps/v1/namespaces/rec/deployments"
    r.send("POST", path, deployment, quiet=True)
    changed = json.loads(json.dumps(deployment))
    changed["spec"]["selector"]["matchLabels"] = changed["spec"]["template"]["metadata"]["labels"] = {"a": "c"}
    r.send("PUT", f"{path}/d", changed)
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "b"},
               "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}}
    path = "/apis/rbac.authorization.k8s.io/v1/namespaces/rec/rolebindings"
    r.send("POST", path, binding, quiet=True)
    r.send("PUT", f"{path}/b", {**binding, "roleRef": {**binding["roleRef"], "name": "other"}})
    r.note("a reserved Secret type without the keys that it demands; data that is not base64")
    r.send("POST", "/api/v1/namespaces/rec/secrets", {**secret, "metadata": {"name": "t"}, "type": "kubernetes.io/tls"})
    r.send("POST", "/api/v1/namespaces/rec/secrets", {**secret, "metadata": {"name": "t"}, "data": {"a": "!"}})


@scenario("Custom resources: generation, status subresource, validation, pruning")
def custom_resource(r):
    condition = {"type": "Available", "status": "True", "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    r.note("status in a create is dropped; generation starts at 1")
    _, made = r.send("POST", MCA, {**mca("cr", {"a": 1}), "status": {"conditions": [condition]}})
    rv = made["metadata"]["resourceVersion"]
    r.note("main replace: a label alone doesn't move generation, spec does, status is ignored")
    _, made = r.send("PUT", f"{MCA}/cr", mca("cr", {"a": 1}, resourceVersion=rv, labels={"x": "y"}))
    _, made = r.send("PUT", f"{MCA}/cr", {**mca("cr", {"a": 2}, resourceVersion=made["metadata"]["resourceVersion"]), "status": {"conditions": [condition]}})
    r.note("status replace: spec and labels are ignored")
    body = {**mca("cr", {"a": 9}, resourceVersion=made["metadata"]["resourceVersion"], labels={"no": "no"}), "status": {"conditions": [condition]}}
    _, made = r.send("PUT", f"{MCA}/cr/status", body)
    r.send("PUT", f"{MCA}/cr/status", body)
    r.send("PUT", f"{MCA}/missing/status", mca("missing", resourceVersion="1"))
    r.note("validation, and a duplicate key of a list map")
    r.send("PUT", f"{MCA}/cr/status", {**made, "status": {"conditions": [{"type": "X", "status": "Maybe", "reason": ""}]}})
    r.send("PUT", f"{MCA}/cr/status", {**made, "status": {"conditions": [condition, condition]}})
    r.send("POST", CLUSTERS, {"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster", "metadata": {"name": "rec-invalid"}})
    r.note("unknown fields are pruned, defaults are filled in")
    r.send("POST", CLUSTERS, {"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster",
                              "metadata": {"name": "rec-pruned"}, "spec": {"hubAcceptsClient": False, "nothing": 1}})
    r.send("DELETE", f"{CLUSTERS}/rec-pruned", quiet=True)


@scenario("Server-side apply: upsert, no-op, preconditions")
def apply_upsert(r):
    path = f"{CM}/applied"
    _, made = apply(r, path, cm("applied", {"a": "1"}))
    r.note("again: nothing moves")
    apply(r, path, cm("applied", {"a": "1"}))
    r.note("no manager; a manager that is too long; managedFields set; other name; no kind; not an object")
    r.send("PATCH", path, cm("applied", {"a": "1"}), {"Content-Type": APPLY})
    apply(r, path, cm("applied"), "m" * 129)
    apply(r, path, cm("applied", managedFields=[{"manager": "x"}]))
    apply(r, path, cm("other"))
    apply(r, path, {"metadata": {"name": "applied"}})
    apply(r, path, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "applied"}})
    apply(r, path, "[]")
    apply(r, path, "{")
    apply(r, path, {"apiVersion": "v1", "kind": "ConfigMap"})
    r.note("force is only for apply")
    r.send("PATCH", f"{path}?force=true", {}, {"Content-Type": MERGE})
    r.note("stale resourceVersion, wrong uid")
    apply(r, path, cm("applied", {"a": "2"}), quiet=True)
    apply(r, path, cm("applied", {"a": "3"}, resourceVersion=made["metadata"]["resourceVersion"]))
    apply(r, path, cm("applied", {"a": "3"}, uid="11111111-1111-1111-1111-111111111111"))
    r.note("of a missing object: with a uid, with a resourceVersion only, with both")
    apply(r, f"{CM}/m1", cm("m1", {"a": "1"}, uid="11111111-1111-1111-1111-111111111111"))
    apply(r, f"{CM}/m2", cm("m2", {"a": "1"}, resourceVersion="1"))
    apply(r, f"{CM}/m3", cm("m3", {"a": "1"}, resourceVersion="1", uid="11111111-1111-1111-1111-111111111111"))
    apply(r, "/api/v1/namespaces/missing/configmaps/a", cm("a"))
    r.note("unknown field of a built-in kind")
    apply(r, path, {**cm("applied", {"a": "1"}), "foo": 1})


@scenario("Server-side apply of custom resources: preconditions and status")
def apply_custom(r):
    path = f"{MCA}/applied"
    condition = {"type": "Available", "status": "True", "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    apply(r, f"{path}/status", {**mca("applied"), "status": {"conditions": [condition]}})
    apply(r, path, mca("applied", {"a": 1}))
    r.note("a status in the main apply is dropped (1.20 records its owner all the same, so it isn't tried here)")
    apply(r, f"{path}/status", {**mca("applied"), "status": {"conditions": [condition]}}, "m2")
    apply(r, f"{path}/status", {**mca("applied"), "status": {"conditions": [condition]}}, "m2")
    r.note("labels and spec in a status apply are ignored (as the owner of spec: else 1.20 sees a conflict)")
    apply(r, f"{path}/status", {**mca("applied", {"a": 2}, labels={"no": "no"}), "status": {"conditions": [condition]}}, "m1")
    r.note("a conflict in a list map")
    apply(r, f"{path}/status", {**mca("applied"), "status": {"conditions": [{**condition, "reason": "Q"}]}}, "m3")
    r.note("another manager's own condition in the same list")
    apply(r, f"{path}/status", {**mca("applied"), "status": {"conditions": [{**condition, "type": "Other"}]}}, "m3")
    r.note("dropping it removes it; an empty status likewise")
    apply(r, f"{path}/status", {**mca("applied"), "status": {}}, "m3")
    r.note("wrong uid on the object and on its status; stale resourceVersion; uid of a missing one")
    apply(r, path, mca("applied", {"a": 1}, uid="11111111-1111-1111-1111-111111111111"))
    apply(r, f"{path}/status", {**mca("applied", uid="11111111-1111-1111-1111-111111111111"), "status": {"conditions": [condition]}}, "m2")
    apply(r, path, mca("applied", {"a": 3}, resourceVersion="1"))
    apply(r, f"{MCA}/m1", mca("m1", uid="11111111-1111-1111-1111-111111111111"))
    apply(r, f"{MCA}/m2", mca("m2", resourceVersion="1"))
    r.note("duplicate key of a list map")
    apply(r, f"{path}/status", {**mca("applied"), "status": {"conditions": [condition, condition]}}, "m2")
    r.note("fails validation")
    apply(r, f"{path}/status", {**mca("applied"), "status": {"conditions": [{**condition, "status": "Maybe"}]}}, "m2")
    r.note("unknown field of a pruned schema")
    apply(r, f"{CLUSTERS}/rec-applied", {"apiVersion": "cluster.open-cluster-management.io/v1", "kind": "ManagedCluster",
                                         "metadata": {"name": "rec-applied"}, "spec": {"nothing": 1}})
    r.send("DELETE", f"{CLUSTERS}/rec-applied", quiet=True)
    r.note("read in the other version: one owner per version")
    r.show_managed_fields = True
    old = {**mca("versions", {"a": 1}), "apiVersion": "addon.open-cluster-management.io/v1alpha1"}
    apply(r, f"{MCA}/versions".replace("v1beta1", "v1alpha1"), old)
    r.send("GET", f"{MCA}/versions")
    apply(r, f"{MCA}/versions", mca("versions", {"a": 1, "b": 2}))


@scenario("Server-side apply: one manager for an object and its status")
def apply_subresources(r):
    r.note("since 1.22 managedFields has one entry for each subresource; 1.20 has one in all, so each apply takes the other's away")
    r.show_managed_fields = True
    path = f"{MCA}/both"
    condition = {"type": "Available", "status": "True", "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    for _ in range(2):
        apply(r, path, mca("both", {"a": 1}))
        apply(r, f"{path}/status", {"apiVersion": mca("")["apiVersion"], "kind": "ManagedClusterAddOn",
                                    "metadata": {"name": "both"}, "status": {"conditions": [condition]}})
    r.note("a status in a main apply: dropped, but 1.20 records its owner, so that another manager meets a conflict")
    path = f"{MCA}/other"
    apply(r, path, {**mca("other", {"a": 1}), "status": {"conditions": [condition]}})
    apply(r, f"{path}/status", {**mca("other"), "status": {"conditions": [condition]}}, "m2")
    r.note("the last item of a list map removed: 1.20 leaves null behind, which is refused")
    path = f"{MCA}/third"
    apply(r, path, mca("third"), "m0")
    apply(r, f"{path}/status", {**mca("third"), "status": {"conditions": [condition]}})
    apply(r, f"{path}/status", {**mca("third"), "status": {}})


@scenario("Server-side apply: ownership")
def apply_ownership(r):
    r.show_managed_fields = True
    path = f"{CM}/owned"
    apply(r, path, cm("owned", {"a": "1", "b": "1"}))
    r.note("a conflict names manager and field")
    apply(r, path, cm("owned", {"a": "2", "b": "2"}), "m2")
    r.note("the same value is shared, a forced one is taken over")
    apply(r, path, cm("owned", {"a": "1"}), "m2")
    apply(r, path, cm("owned", {"b": "2"}), "m3", "&force=true")
    r.note("dropped: a shared field stays, one's own goes")
    apply(r, path, cm("owned", {"c": "1"}))
    r.note("an update by another manager takes over what it changes; the conflict names it with its operation and time")
    r.send("PATCH", f"{path}?fieldManager=u1", {"data": {"c": "2"}}, {"Content-Type": MERGE})
    apply(r, path, cm("owned", {"c": "3"}))
    r.note("dropped after another's Update: stays")
    apply(r, path, cm("owned"))


@scenario("managedFields: moving another manager's entry, resetting")
def managed_fields(r):
    r.show_managed_fields = True
    path = f"{CM}/moved"
    _, made = r.send("POST", f"{CM}?fieldManager=old", cm("moved", {"a": "1", "b": "1"}))
    entry = made["metadata"]["managedFields"][0]
    moved = [{**entry, "manager": "new", "operation": "Apply"}]
    r.note("rename in place, guarded by the resourceVersion; then a stale one")
    patch = [{"op": "replace", "path": "/metadata/managedFields", "value": moved},
             {"op": "replace", "path": "/metadata/resourceVersion", "value": made["metadata"]["resourceVersion"]}]
    r.send("PATCH", f"{path}?fieldManager=new", patch, {"Content-Type": JSON_PATCH})
    r.send("PATCH", f"{path}?fieldManager=new", patch, {"Content-Type": JSON_PATCH})
    r.note("now a dropped field really goes")
    apply(r, path, cm("moved", {"a": "1"}), "new")
    r.note("reset")
    r.send("PATCH", path, {"metadata": {"managedFields": [{}]}}, {"Content-Type": MERGE})
    r.note("empty list: kept as it was")
    r.send("PATCH", f"{path}?fieldManager=u", {"data": {"a": "2"}}, {"Content-Type": MERGE}, quiet=True)
    r.send("PATCH", path, {"metadata": {"managedFields": []}}, {"Content-Type": MERGE})
    r.note("nonsense")
    r.send("PATCH", path, {"metadata": {"managedFields": [{"manager": "x", "operation": "Y"}]}}, {"Content-Type": MERGE})
    r.note("an apply after a reset: what was there belongs to before-first-apply")
    r.send("PATCH", path, {"metadata": {"managedFields": [{}]}}, {"Content-Type": MERGE}, quiet=True)
    apply(r, path, cm("moved", {"a": "2"}), "new")


@scenario("JSON, merge and strategic merge patches")
def patch(r):
    made = put_cm(r, "patched", {"a": "1", "b": "1"})
    path = f"{CM}/patched"
    r.send("PATCH", path, {}, {"Content-Type": "application/json"})
    r.send("PATCH", path, {}, {"Content-Type": "text/plain"})
    r.send("PATCH", f"{MCA}/missing", {}, {"Content-Type": "application/strategic-merge-patch+json"})
    r.note("merge: null removes; no change moves nothing; stale resourceVersion; wrong uid; missing; other name")
    r.send("PATCH", path, {"data": {"b": None, "c": "1"}}, {"Content-Type": MERGE})
    r.send("PATCH", path, {"data": {"c": "1"}}, {"Content-Type": MERGE})
    r.send("PATCH", path, {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}, "data": {"c": "2"}}, {"Content-Type": MERGE})
    r.send("PATCH", path, {"metadata": {"uid": "11111111-1111-1111-1111-111111111111"}, "data": {"c": "2"}}, {"Content-Type": MERGE})
    r.send("PATCH", f"{CM}/missing", {}, {"Content-Type": MERGE})
    r.send("PATCH", path, {"metadata": {"name": "other"}}, {"Content-Type": MERGE})
    r.send("PATCH", path, "{", {"Content-Type": MERGE})
    r.send("PATCH", path, "[]", {"Content-Type": MERGE})
    r.note("JSON patch: test passes, test fails, path is missing, not a list, unknown operation")
    r.send("PATCH", path, [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "replace", "path": "/data/a", "value": "2"}], {"Content-Type": JSON_PATCH})
    r.send("PATCH", path, [{"op": "test", "path": "/data/a", "value": "1"}], {"Content-Type": JSON_PATCH})
    r.send("PATCH", path, [{"op": "remove", "path": "/data/zzz"}], {"Content-Type": JSON_PATCH})
    r.send("PATCH", path, [{"op": "replace", "path": "/data/zzz", "value": "1"}], {"Content-Type": JSON_PATCH})
    r.send("PATCH", path, {}, {"Content-Type": JSON_PATCH})
    r.send("PATCH", path, [{"op": "frobnicate", "path": "/data/a"}], {"Content-Type": JSON_PATCH})
    r.note("strategic merge")
    r.send("PATCH", path, {"data": {"a": None}}, {"Content-Type": "application/strategic-merge-patch+json"})


@scenario("Delete: answers, preconditions, finalizers, propagation")
def delete(r):
    made = put_cm(r, "deleted")
    r.send("DELETE", f"{CM}/missing")
    r.send("DELETE", f"{CM}/deleted", {"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}})
    r.send("DELETE", f"{CM}/deleted", {"preconditions": {"resourceVersion": "1"}})
    r.send("DELETE", f"{CM}/deleted?propagationPolicy=Nonsense")
    r.send("DELETE", f"{CM}/deleted?dryRun=All")
    r.send("DELETE", f"{CM}/deleted", {"preconditions": {"uid": made["metadata"]["uid"], "resourceVersion": made["metadata"]["resourceVersion"]}})
    r.send("POST", MCA, mca("deleted"), quiet=True)
    r.send("DELETE", f"{MCA}/deleted")
    r.note("with a finalizer: marked; again: nothing moves; a new finalizer is refused; the last one removed: gone")
    _, made = r.send("POST", MCA, mca("held", finalizers=["example.com/hold"]))
    r.send("DELETE", f"{MCA}/held")
    r.send("DELETE", f"{MCA}/held")
    r.send("PATCH", f"{MCA}/held", {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}, {"Content-Type": MERGE})
    r.send("PATCH", f"{MCA}/held", {"metadata": {"finalizers": None}}, {"Content-Type": MERGE})
    r.send("GET", f"{MCA}/held")
    r.note("foreground and orphan")
    put_cm(r, "foreground", finalizers=["example.com/hold"])
    r.send("DELETE", f"{CM}/foreground", {"propagationPolicy": "Foreground"})
    r.send("PATCH", f"{CM}/foreground", {"metadata": {"finalizers": None}}, {"Content-Type": MERGE}, quiet=True)
    put_cm(r, "orphaning", finalizers=["example.com/hold"])
    r.send("DELETE", f"{CM}/orphaning?propagationPolicy=Orphan")
    time.sleep(1)
    r.send("PATCH", f"{CM}/orphaning", {"metadata": {"finalizers": None}}, {"Content-Type": MERGE}, quiet=True)
    r.note("collection, by label")
    for name in ("c1", "c2"):
        put_cm(r, name, labels={"group": "c"})
    r.send("DELETE", f"{CM}?labelSelector=group%3Dc")
    r.send("DELETE", f"{CM}?labelSelector=group%3Dc")
    r.send("POST", MCA, mca("c1", labels={"group": "c"}), quiet=True)
    r.send("DELETE", f"{MCA}?labelSelector=group%3Dc")


@scenario("Delete of a namespace; creating in it meanwhile")
def delete_namespace(r):
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "rec-gone"}}
    r.send("POST", "/api/v1/namespaces", namespace)
    r.send("POST", "/api/v1/namespaces/rec-gone/configmaps", cm("held", finalizers=["example.com/hold"]), quiet=True)
    r.send("DELETE", "/api/v1/namespaces/rec-gone")
    r.send("POST", "/api/v1/namespaces/rec-gone/configmaps", cm("late"))
    apply(r, "/api/v1/namespaces/rec-gone/configmaps/late", cm("late"))
    time.sleep(2)
    r.send("DELETE", "/api/v1/namespaces/rec-gone")
    r.send("PATCH", "/api/v1/namespaces/rec-gone/configmaps/held", {"metadata": {"finalizers": None}}, {"Content-Type": MERGE}, quiet=True)
    for _ in range(200):
        status, _ = r.send("GET", "/api/v1/namespaces/rec-gone", quiet=True)
        if status == 404:
            break
        time.sleep(0.1)
    r.send("GET", "/api/v1/namespaces/rec-gone")


@scenario("List: selectors, limit and continue, resourceVersion")
def list_(r):
    made = [put_cm(r, f"l{number}", labels={"set": "list", "n": str(number)}) for number in range(3)]
    empty = "labelSelector=set%3Dnone"
    r.send("GET", f"{CM}?{empty}")
    r.send("GET", f"{CM}?labelSelector=set%3Dlist&limit=2")
    _, page = r.send("GET", f"{CM}?labelSelector=set%3Dlist&limit=2", quiet=True)
    token = page["metadata"]["continue"]
    r.send("GET", f"{CM}?labelSelector=set%3Dlist&limit=2&continue={token}")
    r.send("GET", f"{CM}?labelSelector=set%3Dlist&limit=2&continue=nonsense")
    r.send("GET", f"{CM}?labelSelector=set%3Dlist&limit=2&continue={token}&resourceVersion={made[0]['metadata']['resourceVersion']}")
    r.send("GET", f"{CM}?{empty}&limit=-1")
    r.send("GET", f"{CM}?{empty}&limit=abc")
    r.note("selectors")
    r.send("GET", f"{CM}?labelSelector=a%3D%3D%3Db")
    r.send("GET", f"{CM}?labelSelector=a%20in%20(")
    r.send("GET", f"{CM}?labelSelector=a%3Db%20c")
    r.send("GET", f"{CM}?labelSelector=set%3Dlist,n%20notin%20(0,1)")
    r.send("GET", f"{CM}?labelSelector=n%3E1,set")
    r.send("GET", f"{CM}?fieldSelector=metadata.name%3Dl0")
    r.send("GET", f"{CM}?fieldSelector=data.a%3D1")
    r.send("GET", f"{CM}?fieldSelector=metadata.name")
    r.send("GET", f"{MCA}?fieldSelector=spec.a%3D1")
    r.note("resourceVersion")
    r.send("GET", f"{CM}?{empty}&resourceVersion=abc")
    r.send("GET", f"{CM}?{empty}&resourceVersion=999999999999")
    r.send("GET", f"{CM}/l0?resourceVersion=999999999999")
    r.send("GET", f"{CM}?{empty}&resourceVersion={made[0]['metadata']['resourceVersion']}&resourceVersionMatch=Exact")
    r.send("GET", f"{CM}?{empty}&resourceVersionMatch=Exact")
    r.send("GET", f"{CM}?{empty}&resourceVersion=0&resourceVersionMatch=Exact")


@scenario("List: order over namespaces, remainingItemCount, from the cache, of a cluster-scoped kind in a namespace")
def list_order(r):
    r.send("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "rec-a"}}, quiet=True)
    for path, name in ((MCA, "b"), (MCA, "a"), (MCA.replace("/rec/", "/rec-a/"), "z")):
        r.send("POST", path, mca(name), quiet=True)
    everywhere = MCA.replace("/namespaces/rec", "")
    r.send("GET", everywhere)
    r.note("remainingItemCount comes only without selectors; resourceVersion=0 is served from the cache, whole")
    r.send("GET", f"{everywhere}?limit=1")
    r.send("GET", f"{everywhere}?limit=1&resourceVersion=0")
    r.send("GET", f"{everywhere}?limit=1&fieldSelector=metadata.namespace%3Drec")
    r.send("GET", CLUSTERS.replace("/managedclusters", "/namespaces/rec/managedclusters"))
    r.send("GET", f"{everywhere}/a")
    r.send("POST", everywhere, mca("a"))
    r.send("DELETE", everywhere, headers={"Impersonate-User": "jane"})
    r.send("DELETE", "/api/v1/namespaces/rec-a", quiet=True)


@scenario("What the server fills in: defaults, normalized values, stringData")
def defaults(r):
    def made(path, body):
        name = body["metadata"]["name"]
        r.send("POST", path, body)
        r.send("DELETE", f"{path}/{name}", quiet=True)

    meta = {"name": "d"}
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    made("/api/v1/namespaces/rec/secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": meta,
                                           "data": {"a": "MQ==", "b": ""}, "stringData": {"a": "2"}})
    made("/api/v1/namespaces/rec/configmaps", cm("d", {}, labels={}, annotations={"a": ""}))
    made("/api/v1/namespaces/rec/serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    made(f"{rbac}/namespaces/rec/roles", {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta,
        "rules": [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": [], "verbs": ["get"]}]})
    made(f"{rbac}/namespaces/rec/rolebindings", {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": meta,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "d"},
        "subjects": [{"kind": "ServiceAccount", "name": "d", "namespace": "rec"}, {"kind": "User", "name": "u"}]})
    made("/apis/apiregistration.k8s.io/v1/apiservices", {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
        "metadata": {"name": "v1.d.example"}, "spec": {"group": "d.example", "version": "v1", "groupPriorityMinimum": 10,
        "versionPriority": 10, "insecureSkipTLSVerify": True, "service": {"name": "d", "namespace": "rec"}}})
    made("/apis/apps/v1/namespaces/rec/deployments", {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {
            "nodeSelector": {}, "priorityClassName": "",
            "volumes": [{"name": "v", "secret": {"secretName": "s"}}],
            "containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 1}], "env": [{"name": "E", "value": ""}],
                            "resources": {"limits": {"cpu": "1000m", "memory": "0.5Gi"}, "requests": {"cpu": "0.1"}},
                            "readinessProbe": {"httpGet": {"path": "/healthz", "port": 9443, "scheme": "HTTPS"}}}]}}}})
    made("/apis/apps/v1/namespaces/rec/deployments", {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [
            {"name": "c", "image": "i", "resources": {"limits": {"cpu": "0.1", "memory": "0.5Gi"}}},
            {"name": "C_", "resources": {}}]}}}})
    made("/apis/authentication.open-cluster-management.io/v1beta1/namespaces/rec/managedserviceaccounts", {
        "apiVersion": "authentication.open-cluster-management.io/v1beta1", "kind": "ManagedServiceAccount",
        "metadata": meta, "spec": {"rotation": {}}})
    r.note("a Service's clusterIP is replaced here too")
    made("/api/v1/namespaces/rec/services", {"apiVersion": "v1", "kind": "Service", "metadata": meta,
                                            "spec": {"selector": {"a": "b"}, "ports": [{"port": 443}]}})


@scenario("Server-side apply of built-in kinds: lists by key, equal values spelled otherwise, an object being deleted")
def apply_builtin(r):
    path = "/apis/apps/v1/namespaces/rec/deployments/d"

    def deployment(*containers):
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {
            "replicas": 0, "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": list(containers)}}}}

    first = {"name": "c", "image": "i", "resources": {"limits": {"cpu": "0.1"}}}
    apply(r, path, deployment(first))
    time.sleep(1)  # the Deployment's controller writes its status and annotation

    def brief(body):
        _, answer = apply(r, path, body, quiet=True)
        container = answer["spec"]["template"]["spec"]["containers"]
        r.note(json.dumps({"generation": answer["metadata"]["generation"], "containers": [
            {key: each[key] for key in ("name", "image", "resources", "args") if key in each} for each in container]}))
        return answer["metadata"]["resourceVersion"]

    before = brief(deployment(first))
    r.note(f"the same again leaves the resourceVersion as it is: {brief(deployment(first)) == before}")
    other = {**first, "resources": {"limits": {"cpu": "100m"}}}
    r.note(f"an equal quantity, spelled otherwise, too: {brief(deployment(other)) == before}")
    r.note("a second container is added by name, and goes when dropped")
    brief(deployment(first, {"name": "c2", "image": "i2"}))
    brief(deployment(first))
    r.note("two containers of one name; a port twice")
    apply(r, path, deployment(first, first))
    r.note("the last container dropped")
    apply(r, path, deployment())
    r.note("being deleted: still applied")
    put_cm(r, "dying", finalizers=["example.com/hold"])
    r.send("DELETE", f"{CM}/dying", quiet=True)
    apply(r, f"{CM}/dying", cm("dying", {"b": "1"}))
    r.send("PATCH", f"{CM}/dying", {"metadata": {"finalizers": None}}, {"Content-Type": MERGE}, quiet=True)


@scenario("Continue after a compaction: 410 with a token that goes on inconsistently")
def list_expired(r):
    for number in range(3):
        put_cm(r, f"e{number}", labels={"set": "expired"})
    _, page = r.send("GET", f"{CM}?labelSelector=set%3Dexpired&limit=1", quiet=True)
    put_cm(r, "e9")
    compact()
    _, expired = r.send("GET", f"{CM}?labelSelector=set%3Dexpired&limit=1&continue={page['metadata']['continue']}")
    r.send("GET", f"{CM}?labelSelector=set%3Dexpired&limit=1&continue={expired['metadata']['continue']}")
    r.send("GET", f"{CM}?resourceVersion={page['metadata']['resourceVersion']}&resourceVersionMatch=Exact&limit=1")


@scenario("Watch: events, bookmarks, selectors, timeouts")
def watch(r):
    selector = "labelSelector=set%3Dwatch"
    first = put_cm(r, "w1", labels={"set": "watch"})
    put_cm(r, "w2", labels={"set": "other"})
    r.send("PATCH", f"{CM}/w1", {"data": {"a": "2"}}, {"Content-Type": MERGE}, quiet=True)
    r.send("PATCH", f"{CM}/w2", {"metadata": {"labels": {"set": "watch"}}}, {"Content-Type": MERGE}, quiet=True)
    r.send("PATCH", f"{CM}/w1", {"metadata": {"labels": {"set": "other"}}}, {"Content-Type": MERGE}, quiet=True)
    r.send("DELETE", f"{CM}/w2", quiet=True)
    r.send("DELETE", f"{CM}/w1", quiet=True)
    rv = first["metadata"]["resourceVersion"]
    r.note("modified, selected by a label change, no longer selected, deleted: the object as it was last, with a new resourceVersion")
    r.send("GET", f"{CM}?watch=true&timeoutSeconds=1&{selector}&resourceVersion={rv}")
    r.note("bookmarks come about once a minute, and two seconds before the end of the timeout, where they tell something new")
    later = threading.Timer(3, put_cm, (r, "w4"), {"labels": {"set": "other"}})
    later.start()
    r.send("GET", f"{CM}?watch=true&timeoutSeconds=15&allowWatchBookmarks=true&{selector}&resourceVersion={rv}")
    r.note("without a resourceVersion, or with 0: what exists comes first, as ADDED")
    put_cm(r, "w3", labels={"set": "watch"})
    r.send("GET", f"{CM}?watch=true&timeoutSeconds=1&{selector}")
    r.send("GET", f"{CM}?watch=true&timeoutSeconds=1&{selector}&resourceVersion=0")
    r.note("one object by field selector; a namespace that is not there")
    r.send("GET", f"{CM}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dw3")
    r.send("GET", "/api/v1/namespaces/missing/configmaps?watch=true&timeoutSeconds=1")
    r.note("bad requests")
    r.send("GET", f"{CM}?watch=true&resourceVersion=abc&timeoutSeconds=1")
    r.send("GET", f"{CM}?watch=true&resourceVersion=999999999999&timeoutSeconds=1")
    r.send("GET", f"{CM}?watch=true&labelSelector=a%20in%20(")
    r.send("GET", f"{CM}?watch=true&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&{selector}")


@scenario("Watch from a resourceVersion that is forgotten: 410 as an event and as a status")
def watch_expired(r):
    put_cm(r, "o1")
    compact()
    r.send("GET", f"{CM}?watch=true&timeoutSeconds=1&resourceVersion=1")
    r.send("GET", f"{MCA}?watch=true&timeoutSeconds=1&resourceVersion=1")


@scenario("Metadata only, and dry run")
def partial(r):
    put_cm(r, "p1", labels={"set": "partial"})
    accept = {"Accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}
    accept_list = {"Accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}
    r.send("GET", f"{CM}/p1", headers=accept)
    r.send("GET", f"{CM}?labelSelector=set%3Dpartial", headers=accept_list)
    r.send("GET", f"{CM}?labelSelector=set%3Dpartial&watch=true&timeoutSeconds=1", headers=accept)
    r.send("GET", f"{CM}/missing", headers=accept)
    r.note("dry run")
    r.send("POST", f"{CM}?dryRun=All", cm("dry", {"a": "1"}))
    r.send("POST", f"{CM}?dryRun=Some", cm("dry"))
    r.send("PATCH", f"{CM}/p1?dryRun=All", {"data": {"a": "2"}}, {"Content-Type": MERGE})
    apply(r, f"{CM}/p1", cm("p1", {"b": "1"}), extra="&dryRun=All")
    r.note("strict field validation: unknown to 1.20")
    r.send("POST", f"{CM}?fieldValidation=Strict", {**cm("strict"), "foo": 1})


@scenario("Authentication and authorization")
def access(r):
    r.send("GET", CM, headers={"Authorization": "Bearer nonsense"})
    r.note("as a user without rights")
    user = {"Impersonate-User": "jane"}
    r.send("GET", f"{CM}/a", headers=user)
    r.send("GET", "/api/v1/secrets", headers=user)
    r.send("POST", "/apis/apps/v1/namespaces/rec/deployments", {}, user)
    r.send("GET", f"{MCA}/a/status", headers=user)
    r.send("GET", "/metrics", headers=user)


@scenario("Owner references: the garbage collector")
def garbage_collection(r):
    owner = put_cm(r, "owner")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    put_cm(r, "dependent", ownerReferences=[reference])
    put_cm(r, "wrong-uid", ownerReferences=[{**reference, "uid": "11111111-1111-1111-1111-111111111111"}])
    put_cm(r, "orphan", ownerReferences=[{**reference, "name": "never", "uid": "22222222-2222-2222-2222-222222222222"}])

    def wait(name):
        for tenth in range(300):
            if r.send("GET", f"{CM}/{name}", quiet=True)[0] == 404:
                return True
            time.sleep(0.1)
        return False

    r.note(f"a dependent whose owner's uid is another's: collected: {wait('wrong-uid')}")
    r.note(f"one whose owner never existed: collected: {wait('orphan')}")
    r.send("DELETE", f"{CM}/owner", {"propagationPolicy": "Background"})
    r.note(f"one whose owner was deleted: collected: {wait('dependent')}")


@scenario("Discovery")
def discovery(r):
    r.send("GET", "/api")
    r.send("GET", "/apis/addon.open-cluster-management.io")
    r.send("GET", "/apis/addon.open-cluster-management.io/v1beta1")
    r.send("GET", "/readyz")


def compact():
    script = here.parents[2] / "Scripts" / "api-server"
    subprocess.run([script, "compact", "--directory", directory], check=True, stderr=subprocess.DEVNULL)
    # The server's own watch cache and compacted revision follow.
    time.sleep(0.5)


def main():
    setup = Recording("")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "rec"}}
    for name, (title, function) in SCENARIOS.items():
        if len(sys.argv) > 2 and name.rstrip("-") not in sys.argv[2:]:
            continue
        setup.send("DELETE", "/api/v1/namespaces/rec", quiet=True)
        for _ in range(300):
            status, _ = setup.send("POST", "/api/v1/namespaces", namespace, quiet=True)
            if status == 201:
                break
            time.sleep(0.1)
        else:
            sys.exit("the namespace `rec` of the scenario before doesn't go away")
        recording = Recording(title)
        function(recording)
        (here / f"{name.rstrip('-')}.txt").write_text("\n".join(recording.lines) + "\n")
        print(name.rstrip("-"), len(recording.lines), "lines")
    setup.send("DELETE", "/api/v1/namespaces/rec", quiet=True)


main()
