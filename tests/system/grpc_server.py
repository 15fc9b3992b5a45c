"""A gRPC health server, for Debian's python3-grpcio: grpc_server.py PORT.

"" and "good" serve, "bad" does not, "late" never answers, every other service is unknown.
Messages are bytes here: a request is 0x0a, length, name; a reply 0x08, status.
"""
import sys
import threading
from concurrent import futures

import grpc

SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"


def check(request, context):
    service = request[2:].decode() if request else ""
    agent = dict(context.invocation_metadata()).get("user-agent", "")
    print(f"asked for {service!r} by {agent}", flush=True)
    if service == "late":
        threading.Event().wait(5)
    if service in ("", "good"):
        return SERVING
    if service == "bad":
        return NOT_SERVING
    context.abort(grpc.StatusCode.NOT_FOUND, f"no \u201c{service}\u201d here")


class Health(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method == "/grpc.health.v1.Health/Check":
            return grpc.unary_unary_rpc_method_handler(check)
        return None


server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), handlers=[Health()] if len(sys.argv) < 3 else [])
assert server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}") != 0
server.start()
print("serving", flush=True)
server.wait_for_termination()
