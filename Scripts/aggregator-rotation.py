"""Polls the gateway through a real API server's aggregator while the manager rotates its certificates.

usage: aggregator-rotation.py DIRECTORY GATEWAY-MANAGER AUTHORITIES LEAVES   (see Scripts/aggregator-rotation)

The test plays what is missing on a bare API server: the kubelets, which write the Secret to each pod's files 0 to 30
seconds late, two pods that serve with what is in their files, kube-proxy, and the controllers of Endpoints.
"""

import base64
import http.client
import json
import random
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

directory, manager = Path(sys.argv[1]), sys.argv[2]
cas, leaves = int(sys.argv[3]), int(sys.argv[4])
random.seed(1)
NAMESPACE = "vela-system"
API = "/apis/cluster.core.oam.dev/v1alpha1"
POD_DELAY = 30

port = int((directory / "ports").read_text().split()[2])
admin = ssl.create_default_context(cafile=directory / "pki" / "ca.crt")
admin.load_cert_chain(directory / "pki" / "admin.crt", directory / "pki" / "admin.key")
opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=admin), urllib.request.ProxyHandler({}))


def request(method, path, body=None, content_type="application/json"):
    """The answer, or None where there is no such object."""
    data = None if body is None else json.dumps(body).encode()
    message = urllib.request.Request(
        f"https://127.0.0.1:{port}{path}", data, {"Content-Type": content_type}, method=method
    )
    try:
        with opener.open(message, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        text = error.read()
        if error.code == 404 and method == "GET":
            return None
        raise RuntimeError(f"{method} {path}: {error.code} {text[:300]}") from None


def create(path, body):
    try:
        return request("POST", path, body)
    except RuntimeError as error:
        if ": 409 " not in str(error):
            raise


def secret(namespace, name):
    found = request("GET", f"/api/v1/namespaces/{namespace}/secrets/{name}")
    return {key: base64.b64decode(value) for key, value in (found or {}).get("data", {}).items()}


def wait(what, condition, seconds=600):
    begin = time.monotonic()
    end = begin + seconds
    while not (result := condition()):
        if time.monotonic() > end:
            sys.exit(f"error: {what} did not come in {seconds} s; the manager's log ends:\n{log_end()}")
        time.sleep(0.5)
    print(f"{time.strftime('%T')} {what}: {time.monotonic() - begin:.0f} s", file=sys.stderr)
    return result


def log_end():
    return "\n".join((directory / "manager.log").read_text().splitlines()[-15:])


def own_address():
    """An address of this machine that isn't loopback's: an API server takes no other for a pod's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
        try:
            anything.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            sys.exit("error: this machine has no address but loopback's, which an API server takes for no pod's")
        return anything.getsockname()[0]


class Pod:
    """A TLS server on a port of its own that takes its certificate from files."""

    def __init__(self, number):
        self.place = directory / f"pod-{number}"
        self.place.mkdir()
        self.context = self.identity = self.loaded = None
        self.presented = set()
        self.is_stuck = False
        self.due = {}
        self.listener = socket.create_server((own_address(), 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=accept, args=(self.listener, lambda: self), daemon=True).start()

    def follow(self, pair, now):
        """The kubelet's part: what is in the Secret comes to the files late."""
        if pair not in self.due:
            self.due[pair] = now + (random.uniform(0, POD_DELAY) if self.due else 0)
        if self.due[pair] <= now:
            for name, content in zip(("tls.crt", "tls.key"), pair):
                (self.place / name).write_bytes(content)

    def reload(self):
        files = (self.place / "tls.crt", self.place / "tls.key")
        if not all(file.exists() for file in files):
            return
        pair = tuple(file.read_bytes() for file in files)
        if pair != self.loaded and not self.is_stuck:
            self.load(files, pair)

    def present(self, files):
        """Presents what is in these files from now on, whatever the Secret says."""
        self.is_stuck = True
        self.load(files, None)

    def load(self, files, pair):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(*files)
        except ssl.SSLError:
            return  # half written
        context.num_tickets = 0
        self.context, self.loaded, self.identity = context, pair, identity(files[0])

    def answer(self, connection):
        connection.settimeout(30)
        context, presented = self.context, self.identity
        try:
            with context.wrap_socket(connection, server_side=True) as stream:
                head = b""
                while b"\r\n\r\n" not in head:
                    part = stream.recv(65536)
                    if not part:
                        return
                    head += part
                body = json.dumps(
                    {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": API[6:], "resources": []}
                ).encode()
                stream.sendall(
                    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n"
                    + b"Content-Length: %d\r\n\r\n" % len(body) + body
                )
                self.presented.add(presented)
                stream.unwrap()
        except (OSError, ValueError):
            pass  # whoever asked sees it
        finally:
            connection.close()


def identity(certificate):
    """Its serial number, and the identifier of its CA's key."""
    lines = subprocess.run(
        ["openssl", "x509", "-noout", "-serial", "-ext", "authorityKeyIdentifier", "-in", certificate],
        check=True, capture_output=True, text=True,
    ).stdout.splitlines()
    return lines[0], lines[-1].strip()


def accept(listener, choose):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=choose().answer, args=(connection,), daemon=True).start()


class Manager:
    def __init__(self):
        self.kills = 0
        self.start()

    def start(self):
        with open(directory / "manager.log", "ab") as log:
            self.process = subprocess.Popen(
                [manager, "run", "--kubeconfig", directory / "kubeconfig", "--no-leader-elect", "--metrics-bind-address", "0",
                 "--health-probe-bind-address", "0", "-v"],
                stdout=log, stderr=log,
            )

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.kills += 1
        time.sleep(random.uniform(0, 5))
        self.start()


class Poller(threading.Thread):
    """Asks for the gateway's API; every request is a handshake of the aggregator with a pod."""

    running = True

    def __init__(self):
        super().__init__(daemon=True)
        self.count, self.failures = 0, []

    def run(self):
        connection = None
        while Poller.running:
            try:
                if connection is None:
                    connection = http.client.HTTPSConnection("127.0.0.1", port, context=admin, timeout=60)
                connection.request("GET", f"{API}/clustergateways")
                response = connection.getresponse()
                text = response.read()
                if response.status != 200:
                    self.failures.append((time.strftime('%T'), f"{response.status} {text[:300].decode(errors='replace').strip()}"))
            except (OSError, http.client.HTTPException) as error:
                self.failures.append((time.strftime('%T'), str(error)))
                connection = None
            self.count += 1


def api_service():
    return request("GET", "/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.cluster.core.oam.dev") or {}


def trusted():
    return base64.b64decode(api_service().get("spec", {}).get("caBundle") or "").count(b"BEGIN")


def is_available():
    conditions = api_service().get("status", {}).get("conditions", [])
    return any(each["type"] == "Available" and each["status"] == "True" for each in conditions)


def is_routed():
    """The condition comes before the aggregator's routes do: until then it answers 404."""
    try:
        return all(request("GET", f"{API}/clustergateways") for _ in range(50))
    except RuntimeError:
        return False


def kinds(failures):
    """How often each failure occurred, and when at first and at last: no failure hides behind the first ones."""
    times = {}
    for when, text in failures:
        times.setdefault(text, []).append(when)
    return [f"{len(all)} x {text} ({min(all)} to {max(all)})" for text, all in times.items()]


def signer():
    return secret("open-cluster-management-addon", "cluster-gateway-signer")


def serving():
    data = secret(NAMESPACE, "cluster-gateway-tls-cert")
    return (data.get("tls.crt"), data.get("tls.key")) if data.get("tls.key") else None


def create_slices(pods):
    """The pods' slices, in the version that the API server has."""
    version = "v1" if request("GET", "/apis/discovery.k8s.io/v1") else "v1beta1"
    for number, pod in enumerate(pods):
        create(
            f"/apis/discovery.k8s.io/{version}/namespaces/{NAMESPACE}/endpointslices",
            {
                "apiVersion": f"discovery.k8s.io/{version}",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": f"cluster-gateway-{number}", "labels": {"kubernetes.io/service-name": "cluster-gateway"}
                },
                "addressType": "IPv4",
                "endpoints": [{"addresses": [own_address()], "conditions": {"ready": True}}],
                "ports": [{"name": "", "port": pod.port, "protocol": "TCP"}],
            },
        )


def keep_pods(pods):
    while True:
        pair = serving()
        for pod in pods:
            if pair:
                pod.follow(pair, time.monotonic())
            pod.reload()
        time.sleep(1)


def rotate(*arguments):
    subprocess.run(
        [manager, "certs", "rotate", *arguments, "--kubeconfig", directory / "kubeconfig"],
        check=True, stdout=subprocess.DEVNULL,
    )


def strangers_pair():
    """A certificate for the gateway's name by a CA that the bundle doesn't have."""
    certificate, key = directory / "stranger.crt", directory / "stranger.key"
    name = f"cluster-gateway.{NAMESPACE}.svc"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={name}",
         "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    return certificate, key


signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
request(
    "PATCH", "/apis/proxy.open-cluster-management.io/v1alpha1/clustergatewayconfigurations/cluster-gateway",
    {"spec": {"egress": {"type": "Direct", "clusterProxy": None}, "certificates": {"overlap": "1m"}}},
    "application/merge-patch+json",
)
create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
pods = [Pod(1), Pod(2)]
create_slices(pods)
running = Manager()
try:
    service = wait("the Service", lambda: request("GET", f"/api/v1/namespaces/{NAMESPACE}/services/cluster-gateway"), 120)
    service_port = service["spec"]["ports"][0]
    create(
        f"/api/v1/namespaces/{NAMESPACE}/endpoints",
        {
            "apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "cluster-gateway"},
            "subsets": [
                {
                    "addresses": [{"ip": "192.0.2.1"}],
                    "ports": [{"name": service_port.get("name", ""), "port": service_port["port"]}],
                }
            ],
        },
    )
    entrance = socket.create_server((service["spec"]["clusterIP"], service_port["port"]))
    wait("the serving Secret", serving, 120)
    threading.Thread(target=keep_pods, args=(pods,), daemon=True).start()
    wait("the pods' certificate", lambda: all(pod.loaded for pod in pods), 60)
    threading.Thread(target=accept, args=(entrance, lambda: random.choice(pods)), daemon=True).start()
    wait("the APIService's being available", is_available, 120)
    wait("the aggregator's answering", is_routed, 60)

    began = time.monotonic()
    pollers = [Poller(), Poller()]
    for poller in pollers:
        poller.start()
    done = {"cas": 0, "leaves": 0}
    while done["cas"] < cas or done["leaves"] < leaves:
        if done["leaves"] * cas <= done["cas"] * leaves and done["leaves"] < leaves:
            before = serving()
            rotate()
            after = wait("another leaf", lambda: (pair := serving()) != before and pair)
            wait("the pods' having it", lambda: all(pod.loaded == after for pod in pods))
            done["leaves"] += 1
        else:
            before = signer()["ca.crt"]
            rotate("--ca")
            wait("another CA in the bundle", lambda: trusted() == 2)
            time.sleep(random.uniform(0, 20))
            running.kill()
            wait("the other CA's being in force", lambda: signer().get("ca.crt") != before)
            wait("the old CA's end", lambda: trusted() == 1)
            done["cas"] += 1
        print(f"{time.strftime('%T')} {done}, {sum(poller.count for poller in pollers)} requests", file=sys.stderr)
    time.sleep(3)
    seconds = time.monotonic() - began
    count = sum(poller.count for poller in pollers)
    failures = [failure for poller in pollers for failure in poller.failures]
    presented = set().union(*(pod.presented for pod in pods))
    # The pollers must see it when a leaf comes before its CA.
    pods[0].present(strangers_pair())
    time.sleep(3)
    noticed = sum(len(poller.failures) for poller in pollers) - len(failures)
    Poller.running = False
    for poller in pollers:
        poller.join()
    version = request("GET", "/version")["gitVersion"]
    print(f"API server          {version}, aggregator to 2 pods ({ssl.OPENSSL_VERSION}), files 0 to {POD_DELAY} s late")
    print(f"requests            {count}, each a handshake")
    print(f"leaf rotations      {done['leaves']} asked for, and one with each CA")
    print(f"CA rotations        {done['cas']}, overlap 1m")
    print(f"presented           {len(presented)} leaves of {len({key for _, key in presented})} CAs")
    print(f"manager             killed {running.kills} times")
    print(f"time                {seconds:.0f} s")
    print(f"failures            {len(failures)}")
    for kind in kinds(failures):
        print(f"  {kind}")
    print(f"control             {noticed} failures while a pod presents what nobody trusts yet")
    code = 1 if failures or not noticed else 0
finally:
    running.process.kill()
sys.exit(code)
