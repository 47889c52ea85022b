"""A stand-in between a command and its server: it passes requests on, or does what a test says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

#: Told the number of a request (from 1) and how to pass it on; None hangs up without an answer.
Turn = Callable[[int, Callable[[], httpx.Response]], httpx.Response | None]

PASSED = ("content-type", "x-operator-key", "x-api-key", "idempotency-key")


@contextmanager
def between(server_url: str, turn: Turn) -> Iterator[str]:
    """The URL of a stand-in before a server. `turn` is asked about each batch of charges."""
    batches = 0
    client = httpx.Client(base_url=server_url, trust_env=False, timeout=30)

    class Handler(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            nonlocal batches
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name: self.headers[name] for name in PASSED if name in self.headers}

            def forward() -> httpx.Response:
                return client.request(self.command, self.path, content=body, headers=headers)

            answer: httpx.Response | None
            if self.path.endswith("/charges/batch"):
                batches += 1
                answer = turn(batches, forward)
            else:
                answer = forward()
            if answer is not None:
                self.send_response(answer.status_code)
                for name in ("content-type", "retry-after"):
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

        do_GET = do_POST = do_DELETE = _pass_on  # noqa: N815 - the names http.server calls

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}"
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()
        client.close()
