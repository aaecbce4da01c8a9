"""A hub for measurements: a real kube-apiserver with clusters on it, and the programs that work there."""

import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECRETS = "open-cluster-management-credentials"
WRITES = {"create", "update", "patch", "delete", "deletecollection"}
# What the manager calls itself.
MANAGER = b"gateway-manager/"
# Several managers run on one machine.
NO_ENDPOINTS = ("--metrics-bind-address", "0", "--health-probe-bind-address", "0")

# Else Python ends without its `finally`, and servers and programs go on.
signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def programs():
    given = os.environ.get("PROGRAMS")
    if given:
        return pathlib.Path(given)
    flags = ["-c", "release", "--static-swift-stdlib"]
    for product in ("gateway-manager", "ocm-agents"):
        build = subprocess.run(
            ["swift", "build", *flags, "--product", product], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if build.returncode != 0:
            sys.exit(f"{build.stdout}error: {product} can't be built")
    return pathlib.Path(run("swift", "build", *flags, "--show-bin-path", cwd=ROOT).strip())


class Process:
    """A program that is measured while it runs."""

    def __init__(self, *command, log):
        self.started = time.time()
        self.log = pathlib.Path(log)
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=open(log, "w"), stderr=subprocess.STDOUT)
        self.last = (0.0, 0.0)

    def sample(self):
        """CPU seconds and peak memory in MB, as last seen."""
        try:
            stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
            peak = re.search(r"VmHWM:\s+(\d+)", status)
            if peak:
                self.last = ((int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"), int(peak[1]) / 1024)
        except FileNotFoundError:
            pass
        return self.last

    def end(self):
        self.sample()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def cpu_of(pid_file):
    pid = pid_file.read_text().strip()
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


class Hub:
    def __init__(self, directory, bin_path):
        self.directory, self.bin = directory, bin_path
        self.seeded = directory.parent / "seeded"

    def kubeconfig(self):
        return self.directory / "kubeconfig"

    def start(self):
        run(ROOT / "Scripts/api-server", "start", "--directory", self.directory)

    def stop(self):
        subprocess.run([ROOT / "Scripts/api-server", "stop", "--directory", self.directory], check=True)

    def seed(self, clusters):
        self.start()
        manifests = run(self.bin / "gateway-manager", "manifests")
        # No gateway runs here; that it doesn't is not to be said of every cluster meanwhile.
        manifests = re.sub(r"(kind: ClusterGatewayConfiguration\n(?:.*\n)*?spec:\n)", r"\1  health: {interval: 1h}\n", manifests)
        file = self.directory / "manifests.yaml"
        file.write_text(manifests)
        # The 1.20 that Debian's source gives has no policy/v1.
        run(
            ROOT / "Scripts/api-server", "load", "--directory", self.directory, "--where-served=PodDisruptionBudget",
            ROOT / "Tests/Fixtures/ocm-crds.yaml", file,
        )
        run(self.bin / "ocm-agents", "seed", "--clusters", clusters, "--kubeconfig", self.kubeconfig())
        self.stop()
        (self.directory / "audit.log").unlink()
        shutil.copytree(self.directory, self.seeded)

    def reset(self):
        shutil.rmtree(self.directory)
        shutil.copytree(self.seeded, self.directory)
        self.start()

    def size(self):
        return (self.directory / "audit.log").stat().st_size

    def events(self, start=0, agent=None):
        with open(self.directory / "audit.log", "rb") as log:
            if start > 0:
                # To the first whole line from there on.
                log.seek(start - 1)
                log.readline()
            for line in log:
                # The text first: most lines are others', and parsing is slow.
                if agent and agent not in line:
                    continue
                event = json.loads(line)
                if not agent or agent in event.get("userAgent", "").encode():
                    yield event


def seconds(event, field="stageTimestamp"):
    return datetime.datetime.strptime(event[field], "%Y-%m-%dT%H:%M:%S.%fZ").replace(
        tzinfo=datetime.timezone.utc).timestamp()
