"""GET /: what answers here, for people who open the address in a browser. Holds nothing that is stored."""

import html

from seatrial_kit import applications
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>GEKB</title>
<h1>GEKB</h1>
<p>An error knowledge base for coding agents: report an error, and learn what helped last time.</p>
<h2>Report an error</h2>
<pre>curl -sS {url}/v1/errors \\
  -H "Authorization: Bearer $KEY" \\
  -H "X-Project-ID: my-project" -H "Content-Type: application/json" \\
  -d '{{"error": {{"type": "ImportError", "message": "no module named yaml"}}}}'</pre>
<h2>Ask for patterns</h2>
<pre>curl -sS "{url}/v1/patterns/search?query=yaml" -H "Authorization: Bearer $KEY"</pre>
<p><a href="/health">Health</a>, <a href="/ready">readiness</a>, <a href="/metrics">metrics</a>.</p>
</html>
"""


def routes() -> list[Route]:
    return [applications.route("/", GET=_landing)]


async def _landing(request: Request) -> Response:
    """The calls name the address under which the page was asked for."""
    return HTMLResponse(_PAGE.format(url=html.escape(str(request.base_url).rstrip("/"))))
