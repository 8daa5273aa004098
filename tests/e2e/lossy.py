"""A proxy before the service that loses answers: the service did what was asked, nobody hears."""

import random
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "date", "server"}


class Lossy(ThreadingHTTPServer):
    """Passes all requests on, and hangs up instead of giving back a share of the POSTs' answers."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, target, share):
        super().__init__(("127.0.0.1", 0), Handler)
        self.target, self.share = target, share
        self.chance = random.Random(16)
        self.passed = self.lost = 0
        self.lock = threading.Lock()
        self.behind = httpx.Client(timeout=60)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def loses(self, method):
        with self.lock:
            is_lost = method == "POST" and self.chance.random() < self.share
            self.passed += 1
            self.lost += is_lost
        return is_lost


class Handler(BaseHTTPRequestHandler):
    """One connection: its requests, one after another."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _pass_on(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        answer = self.server.behind.request(
            self.command, self.server.target + self.path, headers=headers, content=body
        )
        if self.server.loses(self.command):
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name not in HOP | {"content-encoding"}:
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815 - looked for by name

    def log_message(self, *_):
        pass


@contextmanager
def losing_answers(target, share=0.3):
    """Run the proxy, and give it."""
    with Lossy(target, share) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            proxy.behind.close()
