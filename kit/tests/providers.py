"""An endpoint for models that speaks the protocol, and speaks it badly when the test says so."""

import contextlib
import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any


class Script:
    """What is answered, in this order; the last answer repeats. Each is a status, a body and headers."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes, dict[str, str]]] = []
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.delay_seconds = 0.0

    def say(self, body: object, status: int = 200, **headers: str) -> None:
        """`body` as JSON, or as it is where it is bytes; `Content_Length` may lie."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, content, {"Content-Type": "application/json"} | named))

    def say_text(self, text: str | None, *, finish: str = "stop", usage: bool = True) -> None:
        completion: dict[str, Any] = {
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
            ]
        }
        if usage:
            completion["usage"] = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
        self.say(completion)

    def say_stream(self, *events: object, **headers: str) -> None:
        lines = (event if isinstance(event, str) else json.dumps(event) for event in events)
        text = "".join(f"data: {line}\n\n" for line in lines)
        self.say(text.encode(), Content_Type="text/event-stream", **headers)


def chunk(text: str, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Script

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.script.asked.append(asked | {"path": self.path})
        self.script.keys.append(self.headers["Authorization"])
        time.sleep(self.script.delay_seconds)
        answers = self.script.answers
        status, content, headers = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.close_connection = "Content-Length" in headers
        with contextlib.suppress(ConnectionError):  # the caller gave up
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def provider() -> Iterator[tuple[str, Script]]:
    """Its address, which ends in /v1, and what it shall answer."""
    script = Script()
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (Handler,), {"script": script})
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
