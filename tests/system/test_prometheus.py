#!/usr/bin/env python3
"""Debian's prometheus scrapes a pidlet, by TLS and with its token, as people set it up."""
import base64
import json
import os
import re
import subprocess
import tempfile
import urllib.parse
import urllib.request

from api import Served
from pidlet import BOUND, Skip, main, pod, sh, wait_until

SOURCE = os.environ.get("SOURCE_ROOT") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CACHE = os.path.join(os.path.dirname(os.path.abspath(os.environ["PIDLET"])), "prometheus")

PODS = pod("loop", f'[{sh("app", "exit 3")}]', "terminationGracePeriodSeconds: 0", "pidlet.dev/backoff: 'initial=1h,max=1h'") + "---\n" + pod(
    "probed", '[{name: app, command: [sleep, "1000"], livenessProbe: {periodSeconds: 1, exec: {command: ["true"]}}}]',
    "terminationGracePeriodSeconds: 0")

CONFIG = """\
global: {{scrape_interval: 500ms, scrape_timeout: 500ms}}
scrape_configs:
- job_name: pidlet
  scheme: https
  authorization: {{credentials_file: {home}/token}}
  tls_config: {{ca_file: {home}/ca.pem}}
  static_configs: [{{targets: ["{target}"]}}]
"""


def programs():
    made = subprocess.run([os.path.join(SOURCE, "packaging", "prometheus"), CACHE], capture_output=True, text=True)
    if made.returncode != 0:
        raise Skip("prometheus cannot be had: " + made.stderr.strip().split("\n")[-1])
    return made.stdout.strip()


class Prometheus:
    def __init__(self, s):
        with open(s.kubeconfig()) as f:
            kubeconfig = f.read()
        def value(key):
            return re.search(key + ": (\\S+)", kubeconfig)[1]
        self.home = tempfile.TemporaryDirectory(prefix="pidlet-prometheus-")
        for name, text in (("token", value("token")),
                           ("ca.pem", base64.b64decode(value("certificate-authority-data")).decode()),
                           ("config.yaml", CONFIG.format(home=self.home.name, target=value("server").split("//")[1]))):
            with open(os.path.join(self.home.name, name), "w") as f:
                f.write(text)
        self.log = open(os.path.join(self.home.name, "log"), "w+")
        self.process = subprocess.Popen(
            [os.path.join(programs(), "prometheus"), f"--config.file={self.home.name}/config.yaml",
             f"--storage.tsdb.path={self.home.name}/data", "--web.listen-address=127.0.0.1:0"],
            stdout=self.log, stderr=subprocess.STDOUT)

    def __enter__(self):
        self.address = wait_until(self.listening, "prometheus to listen")
        return self

    def __exit__(self, kind, error, tb):
        if error is not None:
            print("".join("# " + line for line in self.text().splitlines(True)[-40:]))
        self.process.kill()
        self.process.wait()
        self.log.close()
        self.home.cleanup()

    def text(self):
        with open(self.log.name) as f:
            return f.read()

    def listening(self):
        assert self.process.poll() is None, self.text()
        found = re.search(r'msg="Listening on" address=(\S+)', self.text())
        return found and found[1]

    def query(self, expression):
        """The values, by their labels as a text; none while it has none."""
        url = f"http://{self.address}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(url, timeout=BOUND) as answer:
                return [(one["metric"], float(one["value"][1])) for one in json.load(answer)["data"]["result"]]
        except urllib.error.HTTPError:          # it is not ready yet
            return []


def test_prometheus_scrapes_pidlet():
    with Served(PODS, tcp=True) as s, Prometheus(s) as p:
        wait_until(lambda: [v for _, v in p.query('up{job="pidlet"}')] == [1], "prometheus to have scraped")
        wait_until(lambda: p.query('kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"} == 1'), "the wait to be seen")
        (labels, restarts), = p.query('kube_pod_container_status_restarts_total{pod="loop"}')
        assert (labels["namespace"], labels["container"], restarts) == ("default", "app", 1), (labels, restarts)
        assert p.query('pidlet_container_backoff_seconds{pod="loop"}')[0][1] == 3600
        assert p.query("kubelet_running_pods")[0][1] == 1
        wait_until(lambda: sum(v for _, v in p.query('rate(prober_probe_total{pod="probed",result="successful"}[10s])')) > 0,
                   "a rate of probes")
        assert 0 < p.query('histogram_quantile(0.9, sum by (le) (rate(prober_probe_duration_seconds_bucket[10s])))')[0][1] < 10
        assert p.query('kubelet_started_containers_total{container_type="container"}')[0][1] == 3
        # That pidlet has gone is seen as well, as an alert on `up` sees it.
        s.signal(15)
        s.wait()
        wait_until(lambda: [v for _, v in p.query('up{job="pidlet"}')] == [0], "prometheus to miss it")


def test_promtool_finds_nothing_wrong_with_the_metrics():
    with Served(PODS) as s:
        wait_until(lambda: "prober_probe_total{" in s.get("/metrics").text, "a probe to be counted")
        run = subprocess.run([os.path.join(programs(), "promtool"), "check", "metrics"], input=s.get("/metrics").text,
                             capture_output=True, text=True, timeout=BOUND)
        assert run.returncode == 0 and run.stdout + run.stderr == "", run.stdout + run.stderr


main(globals())
