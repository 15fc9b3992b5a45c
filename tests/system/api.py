"""The API of a pidlet under test: over its socket, and by the real kubectl."""
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import urllib.parse

from pidlet import BOUND, Pidlet, wait_until

KUBECTL = os.environ.get("KUBECTL") or shutil.which("kubectl")
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=BOUND)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, response):
        self.code = response.status
        self.headers = response.headers
        self.body = response.read()
        self.text = self.body.decode(errors="replace")

    @property
    def json(self):
        return json.loads(self.text)


class Watch:
    """A watch under way: its events one by one."""

    def __init__(self, path, query):
        self.connection = UnixConnection(path)
        self.connection.request("GET", query)
        self.response = self.connection.getresponse()
        assert self.response.status == 200, (self.response.status, self.response.read())

    def next(self):
        line = self.response.readline()
        return json.loads(line) if line else None

    def until(self, wanted):
        """Reads on to an event for which `wanted` holds, and returns it."""
        while True:
            event = self.next()
            assert event is not None, "the watch has ended"
            if wanted(event):
                return event

    def close(self):
        self.connection.close()


class Served(Pidlet):
    """A pidlet that serves its API on a socket of its own, and with `tcp` on a port."""

    def __init__(self, *manifests, args=(), tcp=False, folder=None, **more):
        import tempfile
        self.api_folder = tempfile.TemporaryDirectory(prefix="pidlet-api-") if folder is None else None
        self.home = folder or self.api_folder.name
        self.socket = os.path.join(self.home, "api.sock")
        args = ["--socket", self.socket, *(["--listen", "127.0.0.1:0"] if tcp else []), *args]
        super().__init__(*manifests, args=args, **more)

    def __enter__(self):
        super().__enter__()
        wait_until(self.answers, "the API to answer")
        return self

    def __exit__(self, *how):
        try:
            super().__exit__(*how)
        finally:
            if self.api_folder is not None:
                self.api_folder.cleanup()

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"pidlet has ended:\n{self.output()}")
        try:
            return self.request("GET", "/healthz").text == "ok"
        except OSError:
            return False

    def request(self, method, path, body=None, content_type="application/json", headers=None):
        connection = UnixConnection(self.socket)
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        headers = {**({"Content-Type": content_type} if body is not None else {}), **(headers or {})}
        try:
            connection.request(method, path, body=body, headers=headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def pods(self, name="", namespace="default", **query):
        path = f"/api/v1/namespaces/{namespace}/pods" + ("/" + name if name else "")
        return path + ("?" + urllib.parse.urlencode(query) if query else "")

    def pod(self, name, **more):
        answer = self.get(self.pods(name, **more))
        return answer.json if answer.code == 200 else None

    def watch(self, path):
        return Watch(self.socket, path)

    def kubeconfig(self):
        path = os.path.join(self.home, "kubeconfig")
        answer = self.get("/pidlet/kubeconfig")
        assert answer.code == 200, answer.text
        with open(path, "w") as f:
            f.write(answer.text)
        return path

    def kubectl(self, *args, stdin=None, code=0, program=None, env=None):
        """Runs kubectl; its output, stderr after stdout, once its exit status is `code`."""
        if not hasattr(self, "_kubeconfig"):
            self._kubeconfig = self.kubeconfig()
        run = subprocess.run(
            [program or KUBECTL, "--kubeconfig", self._kubeconfig, "--cache-dir", os.path.join(self.home, "cache"), *args],
            input=stdin, capture_output=True, text=True, timeout=4 * BOUND,
            env={**os.environ, "HOME": self.home, "NO_COLOR": "1", **(env or {})})
        text = run.stdout + run.stderr
        assert code is None or run.returncode == code, f"kubectl {' '.join(args)}: exit status {run.returncode}\n{text}"
        return re.sub("\x1b\\[[0-9;]*m", "", text)


AGE = r"(?<![\w.])(\d+[smhdy])+(?![\w.])"


def normal(text):
    """Without what differs from run to run: ages, stamps, UIDs, the host's name and addresses, and the room for them."""
    host = re.escape(socket.gethostname().lower())
    text = re.sub(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "DATE", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "STAMP", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b", "UID", text)
    text = re.sub(AGE, "AGE", text)
    text = re.sub(rf"(?<![\w-]){host}(?![\w-])", "HOST", text)
    text = re.sub(r"HOST/[0-9a-f.:]+", "HOST/IP", text)
    text = re.sub(r"https?://127\.0\.0\.1:\d+", "URL", text)
    text = re.sub(r"pidlet\.\d+\.\d+\.\d+", "pidlet.VERSION", text)
    return "\n".join(re.sub(r" {2,}", "  ", line).rstrip() for line in text.strip().split("\n"))
