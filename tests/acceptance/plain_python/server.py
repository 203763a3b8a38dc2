"""Shows notes, and takes new ones."""

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from notes import connect


class Notes(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            self.answer(200, {"status": "ok"})
        elif self.path == "/":
            with connect() as database:
                self.answer(200, [text for (text,) in database.execute("SELECT text FROM notes")])
        else:
            self.answer(404, {"error": "no such page"})

    def do_POST(self):
        text = self.rfile.read(min(int(self.headers["Content-Length"]), 1000)).decode()
        with connect() as database:
            database.execute("INSERT INTO notes VALUES (?)", (text,))
        print(f"noted {text!r}", flush=True)
        self.answer(201, {"noted": text})

    def answer(self, code, body):
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8000)
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Notes).serve_forever()
