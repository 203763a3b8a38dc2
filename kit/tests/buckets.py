"""A small S3 for tests: what obstore asks of one, in memory, which can also be told to fail.

The servers that packages offer were not taken: moto's brings 195 MB of dependencies, the others ignore
`If-None-Match` or cannot take an object in parts.
"""

import contextlib
import dataclasses
import datetime as dt
import hashlib
import http.server
import re
import threading
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET = "media"
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclasses.dataclass(kw_only=True)
class Contents:
    """What the server holds, and how it behaves: `status` other than 0 answers everything with it."""

    objects: dict[str, tuple[bytes, str]] = dataclasses.field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = dataclasses.field(default_factory=dict)
    types: dict[str, str] = dataclasses.field(default_factory=dict)
    status: int = 0
    delay_seconds: float = 0.0
    cut: bool = False
    page: int = 1000
    asked: int = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    contents: Contents

    def answer(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        _, bucket, *rest = parts.path.split("/", 2)
        self.query = {
            name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()
        }
        self.contents.asked += 1
        time.sleep(self.contents.delay_seconds)
        if self.contents.status:
            self.say(self.contents.status, b"<Error/>")
        elif not self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 "):
            self.say(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif bucket != BUCKET:
            self.say(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        else:
            getattr(self, f"answer_{self.command.lower()}")(unquote(rest[0]) if rest else "")

    do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 -- the base class's names

    def answer_put(self, key: str) -> None:
        if "partNumber" in self.query:
            self.contents.parts[self.query["uploadId"]][int(self.query["partNumber"])] = self.body
        elif self.headers.get("If-None-Match") == "*" and key in self.contents.objects:
            self.say(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        else:
            self.contents.objects[key] = (self.body, self.headers.get("Content-Type", ""))
        self.say(200, b"", ETag=f'"{hashlib.md5(self.body).hexdigest()}"')

    def answer_get(self, key: str) -> None:
        if not key:
            self.answer_list()
        elif key not in self.contents.objects:
            self.say(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            content, kind = self.contents.objects[key]
            named = {"Content-Type": kind, "ETag": '"x"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
            self.say(200, content, **named)

    def answer_list(self) -> None:
        prefix, after = self.query.get("prefix", ""), self.query.get("start-after", "")
        after = max(after, self.query.get("continuation-token", ""))
        keys = sorted(key for key in self.contents.objects if key.startswith(prefix) and key > after)
        page = keys[: self.contents.page]
        more = len(keys) > len(page)
        items = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{NOW.isoformat()}</LastModified><ETag>x</ETag>"
            f"<Size>{len(self.contents.objects[key][0])}</Size></Contents>"
            for key in page
        )
        token = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if more else ""
        truncated = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        text = f"<ListBucketResult>{truncated}{items}{token}</ListBucketResult>"
        self.say(200, text.encode())

    def answer_post(self, key: str) -> None:
        if "delete" in self.query:
            names = re.findall(r"<Key>(.*?)</Key>", self.body.decode())
            for name in names:
                self.contents.objects.pop(name, None)
            gone = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names)
            self.say(200, f"<DeleteResult>{gone}</DeleteResult>".encode())
        elif "uploads" in self.query:
            number = f"upload-{len(self.contents.parts)}"
            self.contents.parts[number] = {}
            self.contents.types[number] = self.headers.get("Content-Type", "")
            self.say(200, f"<R><UploadId>{number}</UploadId></R>".encode())
        else:
            number = self.query["uploadId"]
            parts = self.contents.parts.pop(number)
            whole = b"".join(parts[index] for index in sorted(parts))
            self.contents.objects[key] = (whole, self.contents.types[number])
            self.say(200, b"<R><ETag>x</ETag></R>")

    def answer_delete(self, _key: str) -> None:
        self.contents.parts.pop(self.query.get("uploadId", ""), None)
        self.say(204, b"")

    def say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.close_connection = self.contents.cut
        with contextlib.suppress(ConnectionError):  # the caller gave up
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if self.contents.cut else body)

    def log_message(self, *_arguments: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def bucket_server() -> Iterator[tuple[str, Contents]]:
    """Its address and its contents."""
    contents = Contents()
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (Handler,), {"contents": contents})
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", contents
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
