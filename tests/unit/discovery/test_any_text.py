"""Whatever the files hold: no reader crashes, and every page that is written loads without a problem."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.discovery import test_codes, test_compositions
from tests.unit.discovery.applications import draft_of, page_of

FILES = (
    "compose.yaml",
    "docker-compose.override.yml",
    "Procfile",
    "Dockerfile",
    "pyproject.toml",
    "requirements.txt",
    "Pipfile",
    "setup.cfg",
    "package.json",
    "manage.py",
    "main.py",
    "server.js",
    ".env",
    "alembic.ini",
    "schema.prisma",
    "tables.sql",
)
SAMPLES = (
    "services:\n  web:\n    build: .\n    command: ",
    "services: {a: {image: postgres:99}, b: {build: ., depends_on: [a, b, c], environment: {A_URL: x://a}}}",
    "services: {db: {build: ., ports: [99999, '0:0'], command: [1, null]}, 'A b': {image: redis}}",
    "web: $PORT ${X",
    'FROM a AS b\nCMD ["x", 1]\nENV A=',
    "FROM\\\n\\\nCMD <<EOF\nEXPOSE 0",
    "[project]\ndependencies = [1, 'a']",
    '{"scripts": {"start": "node x", "migrate": 1}, "dependencies": []}',
    '{"scripts": {"start": ""}, "main": "./../x"}',
    "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.b')\nos.environ['\\u00e9']\n",
    "from flask import Flask\napp = Flask(1)\nx: int\ny = os.environ['DB_PASSWORD'] + os.environ['db-x']\n",
    "from celery import Celery\na = b = Celery()\nbeat_schedule = {1: 2, **x, 'a': {'schedule': c(*y)}}\n",
    "app.listen(process.env.PORT || 0); const {A, ...B} = process.env",
    "SECRET_KEY='\nA=1\nexport B\nDB_URL=x",
    'datasource db { provider = "x" url = env("URLS_WEB") }',
    'CREATE EXTENSION "uuid-ossp"; CREATE EXTENSION',
)
TEXTS = st.one_of(
    st.sampled_from(SAMPLES),
    st.text(max_size=200),
    st.builds(str.__add__, st.sampled_from(SAMPLES), st.text(max_size=40)),
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(FILES), TEXTS, max_size=6))
@example({"Procfile": "web: a\nweb: b\nWEB: c\n1: d\n"})
def test_no_text_breaks_a_reader_and_each_page_is_sound(texts: dict[str, str]) -> None:
    if draft_of(texts).programs:
        page_of(texts)


@pytest.mark.parametrize("file", FILES)
@settings(max_examples=60, deadline=None)
@given(text=TEXTS)
def test_no_text_of_one_file_breaks_its_page(file: str, text: str) -> None:
    page_of(
        {"Procfile": "web: python a.py\n", file: text} if file != "Procfile" else {file: f"web: x\n{text}"}
    )


NAMES = st.sampled_from(
    [
        "web",
        "db",
        "cache",
        "redis",
        "secrets",
        "user",
        "web-2",
        "x" * 60,
        "-",
        "É",
        "1",
        "postgres",
        "migrate",
    ]
)
VARIABLES = st.sampled_from(
    [
        "DB_URL",
        "DB_HOST",
        "CACHE_URL",
        "WEB_URL",
        "PORT",
        "SECRET_KEY",
        "DB_PASSWORD",
        "X_API_KEY",
        "REDIS_PORT",
        "MODE",
    ]
)
VALUES = st.sampled_from(
    [
        "postgres://a:b@db/x",
        "redis://redis/1",
        "http://web:80/a",
        "db",
        "web:80",
        "${X}",
        "${X:-y}",
        "plain",
        "8000",
        "",
    ]
)
CONTAINERS = st.fixed_dictionaries(
    {},
    optional={
        "image": st.sampled_from(
            ["postgres:17", "redis", "mysql:8", "nginx", "own/thing", "neo4j:5", "cp-kafka"]
        ),
        "build": st.sampled_from([".", "api", {"context": "./x", "target": "t"}]),
        "command": st.sampled_from(
            ["serve --port 8000", ["run", "-b", "0.0.0.0:80"], "sh -c 'a && b'", "manage.py migrate"]
        ),
        "ports": st.sampled_from([["8000:8000"], [80], [{"target": 3000}]]),
        "depends_on": st.lists(NAMES, max_size=3),
        "environment": st.dictionaries(VARIABLES, VALUES, max_size=5),
        "healthcheck": st.just({"test": ["CMD", "curl", "http://localhost/health"]}),
        "restart": st.sampled_from(["no", "always"]),
    },
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, CONTAINERS, max_size=5))
def test_each_page_of_a_compose_file_is_sound(containers: dict[str, object]) -> None:
    import json  # noqa: PLC0415

    texts = {"compose.yaml": json.dumps({"services": containers})}
    if draft_of(texts).programs:
        page_of(texts)


APPLICATIONS = (
    test_codes.DJANGO,
    {**test_compositions.APPLICATION, **test_codes.DJANGO},
    {
        "app/main.py": test_codes.FASTAPI,
        "app/settings.py": test_codes.SETTINGS,
        "requirements.txt": "fastapi\nuvicorn\nsqlalchemy\nasyncpg\nredis\narq\nrq\n",
    },
)
PIECES = st.sampled_from(
    [
        "",
        "${PORT}",
        "$X",
        "\n",
        ":",
        "'",
        '"',
        "{",
        "x-",
        "\u00e9",
        "/",
        "@",
        "DB_URL",
        "db",
        "SECRET_KEY",
        "\0",
    ]
)
EDITS = st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1), st.integers(0, 40), PIECES), max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(APPLICATIONS), EDITS)
@example(test_codes.DJANGO, [(3, 0.78, 0, "${PORT}")])
def test_no_slip_in_an_application_breaks_its_page(
    application: dict[str, str], edits: list[tuple[int, float, int, str]]
) -> None:
    texts = dict(application)
    for file, share, removed, piece in edits:
        path = sorted(texts)[file % len(texts)]
        at = int(share * len(texts[path]))
        texts[path] = texts[path][:at] + piece + texts[path][at + removed :]
    if draft_of(texts).programs:
        page_of(texts)
