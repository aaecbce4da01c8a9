"""Creates the objects of YAML files on a server that Scripts/api-server runs.

Definitions of custom resources come first, then namespaces, then everything whose owners exist already. What only a
server can give (uid, resourceVersion, managedFields, times) is dropped, and ownerReferences get their owners' new
uids; a reference to an owner that isn't there is dropped too, for the garbage collector would delete the object.
A status is written through the status subresource. Objects that exist already stay as they are.

With --managed-fields the managers of the file are put in place as well, by one patch after everything else: what an
adoption of another manager's fields needs to be tested on. Servers before 1.22 don't know a manager's subresource.
With --hand-over=LABEL=VALUE an object of a kind whose managers the server doesn't keep, as APIServices in 1.20, gets that
label instead.
With --where-served=KIND an object of that kind is left out on a server that doesn't serve its version.
"""

import json
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

try:
    import yaml
except ImportError:
    sys.exit("Scripts/api-server: error: load needs PyYAML (Debian: python3-yaml)")


class Loader(yaml.SafeLoader):
    """YAML as Kubernetes reads it: what looks like a time is a string."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Server:
    def __init__(self, directory: Path):
        port = (directory / "ports").read_text().split()[2]
        self.base = f"https://127.0.0.1:{port}"
        context = ssl.create_default_context(cafile=directory / "pki" / "ca.crt")
        context.load_cert_chain(directory / "pki" / "admin.crt", directory / "pki" / "admin.key")
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), urllib.request.ProxyHandler({})
        )
        self.resources = {}

    def request(self, method, path, body=None, content_type="application/json"):
        """Status code and decoded body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.base + path, data, {"Content-Type": content_type}, method=method
        )
        try:
            with self.opener.open(request, timeout=60) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            text = error.read()
            try:
                return error.code, json.loads(text)
            except ValueError:  # what no handler claims is answered in plain text
                return error.code, {"message": text.decode(errors="replace").strip()}

    def resource(self, manifest):
        """The path prefix, name and status subresource of an object's kind; None when it isn't served."""
        version, kind = manifest["apiVersion"], manifest["kind"]
        prefix = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if version not in self.resources:
            status, found = self.request("GET", prefix)
            if status != 200:
                return None
            self.resources[version] = found["resources"]
        served = {each["name"]: each for each in self.resources[version]}
        for name, each in served.items():
            if each["kind"] == kind and "/" not in name:
                return prefix, name, each["namespaced"], f"{name}/status" in served
        return None


def order(manifest):
    kinds = ["CustomResourceDefinition", "Namespace", "ClusterManagementAddOn", "ManagedCluster", "ManagedClusterAddOn"]
    kind = manifest["kind"]
    return kinds.index(kind) if kind in kinds else len(kinds)


def describe(manifest):
    metadata = manifest["metadata"]
    return "/".join(filter(None, [manifest["kind"], metadata.get("namespace"), metadata["name"]]))


def cleaned(manifest, uids):
    body = json.loads(json.dumps(manifest))
    metadata = body["metadata"]
    for field in ("uid", "resourceVersion", "managedFields", "creationTimestamp", "generation", "selfLink"):
        metadata.pop(field, None)
    owners = [
        {**owner, "uid": uids[owner["uid"]]}
        for owner in metadata.pop("ownerReferences", [])
        if owner["uid"] in uids
    ]
    if owners:
        metadata["ownerReferences"] = owners
    if manifest["kind"] == "Service":
        # Allocated by the server; the other one's range need not be ours.
        for field in ("clusterIP", "clusterIPs"):
            if body.get("spec", {}).get(field) != "None":
                body.get("spec", {}).pop(field, None)
    if manifest["kind"] in ("CustomResourceDefinition", "Namespace", "APIService"):
        body.pop("status", None)
    return body


def create(server, manifest, uids, keep_managers, hand_over, optional):
    resource = server.resource(manifest)
    if resource is None and manifest["kind"] in optional:
        print(f"{describe(manifest)} is left out: {manifest['apiVersion']} isn't served here")
        return None
    if resource is None:
        return f"{describe(manifest)}: {manifest['apiVersion']} {manifest['kind']} is not served"
    prefix, name, namespaced, has_status = resource
    metadata = manifest["metadata"]
    scope = f"/namespaces/{metadata['namespace']}" if namespaced else ""
    path = f"{prefix}{scope}/{name}"
    body = cleaned(manifest, uids)

    code, answer = server.request("POST", path, body)
    if code == 409 and answer.get("reason") == "AlreadyExists":
        code, answer = server.request("GET", f"{path}/{metadata['name']}")
        body.pop("status", None)
        print(f"{describe(manifest)} exists already")
    if code not in (200, 201):
        return f"{describe(manifest)}: {code} {answer.get('message')}"
    if "uid" in metadata:
        uids[metadata["uid"]] = answer["metadata"]["uid"]

    failure = write_status(server, path, manifest, body) if has_status and body.get("status") else None
    keeps = answer["metadata"].get("managedFields")
    if failure is None and hand_over and not keeps and metadata.get("managedFields"):
        key, _, value = hand_over.partition("=")
        patch = {"metadata": {"labels": {key: value}}}
        code, answer = server.request("PATCH", f"{path}/{metadata['name']}", patch, "application/merge-patch+json")
        if code != 200:
            failure = f"{describe(manifest)}: its label: {code} {answer.get('message')}"
    if failure is None and keep_managers and keeps and metadata.get("managedFields"):
        # The owners' uids are keys of managedFields too.
        managers = json.dumps(metadata["managedFields"])
        for old, new in uids.items():
            managers = managers.replace(old, new)
        patch = [{"op": "replace", "path": "/metadata/managedFields", "value": json.loads(managers)}]
        code, answer = server.request("PATCH", f"{path}/{metadata['name']}", patch, "application/json-patch+json")
        if code != 200:
            failure = f"{describe(manifest)}: its managedFields: {code} {answer.get('message')}"
    return failure


def write_status(server, path, manifest, body):
    name = manifest["metadata"]["name"]
    # A controller may be at work on the object already: what it changed in between is no reason to give up.
    for _ in range(10):
        code, answer = server.request("GET", f"{path}/{name}")
        if code == 200:
            answer["status"] = body["status"]
            code, answer = server.request("PUT", f"{path}/{name}/status", answer)
        if code != 409:
            break
    return None if code == 200 else f"{describe(manifest)}: its status: {code} {answer.get('message')}"


def await_established(server, name):
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
    for _ in range(300):
        _, answer = server.request("GET", path)
        conditions = {each["type"]: each for each in answer.get("status", {}).get("conditions", [])}
        if conditions.get("Established", {}).get("status") == "True":
            # Established comes a moment before discovery and the handlers follow.
            group, resource = answer["spec"]["group"], answer["spec"]["names"]["plural"]
            served = [each["name"] for each in answer["spec"]["versions"] if each["served"]]
            if all(server.request("GET", f"/apis/{group}/{version}/{resource}")[0] == 200 for version in served):
                server.resources.clear()
                return None
        refused = conditions.get("NamesAccepted", {})
        if refused.get("status") == "False":
            return f"CustomResourceDefinition/{name}: {refused.get('message')}"
        time.sleep(0.1)
    return f"CustomResourceDefinition/{name}: not established after 30 s"


def main():
    server = Server(Path(sys.argv[1]))
    manifests = []
    arguments = sys.argv[2:]
    keep_managers = "--managed-fields" in arguments
    hand_over = next((each.partition("=")[2] for each in arguments if each.startswith("--hand-over=")), None)
    optional = {each.partition("=")[2] for each in arguments if each.startswith("--where-served=")}
    for file in arguments:
        if file.startswith("--"):
            continue
        with open(file, encoding="utf-8") as stream:
            for document in yaml.load_all(stream, Loader):
                if document:
                    manifests += document["items"] if document["kind"].endswith("List") else [document]
    manifests.sort(key=order)

    failures, uids, definitions = [], {}, []
    for manifest in manifests:
        if definitions and manifest["kind"] != "CustomResourceDefinition":
            failures += filter(None, (await_established(server, name) for name in definitions))
            definitions = []
        failure = create(server, manifest, uids, keep_managers, hand_over, optional)
        if failure:
            failures.append(failure)
        elif manifest["kind"] == "CustomResourceDefinition":
            definitions.append(manifest["metadata"]["name"])
    failures += filter(None, (await_established(server, name) for name in definitions))

    print(f"{len(manifests) - len(failures)} of {len(manifests)} objects loaded")
    for failure in failures:
        print(f"Scripts/api-server: error: {failure}", file=sys.stderr)
    sys.exit(1 if failures else 0)


main()
