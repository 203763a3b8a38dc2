"""What an environment variable is for, judged by its name alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

from seatrial.discovery.findings import Role

_OTHER_STORES = re.compile(r"MYSQL|MARIADB|MONGO|ORACLE|MSSQL|SNOWFLAKE|CLICKHOUSE|DYNAMO|SQLITE|BIGQUERY")
_PIECES: Mapping[str, str] = {
    "URL": "url",
    "URI": "url",
    "DSN": "url",
    "CONNECTION_STRING": "url",
    "CONNECTION_URL": "url",
    "ADDR": "pair",
    "ADDRESS": "pair",
    "HOST": "host",
    "HOSTNAME": "host",
    "SERVER": "host",
    "PORT": "port",
    "USER": "user",
    "USERNAME": "user",
    "PASSWORD": "password",
    "PASSWD": "password",
    "PASS": "password",
    "NAME": "name",
    "DB": "name",
    "DATABASE": "name",
    "DBNAME": "name",
    "DB_NAME": "name",
}
_STORES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("redis", re.compile(r"(?:\w+_)?(?:REDIS|VALKEY|KEYDB)_?(\w*)")),
    ("broker", re.compile(r"(?:\w+_)?(?:CELERY_BROKER|BROKER|CELERY_RESULT|RESULT|QUEUE)_?(URL|BACKEND|)")),
    (
        "kafka",
        re.compile(r"(?:\w+_)?KAFKA_?(?:BOOTSTRAP_|BROKER_)?(SERVERS|SERVER|BROKERS|BROKER|URL|HOST|PORT)"),
    ),
    ("neo4j", re.compile(r"(?:\w+_)?NEO4J_?(\w*)")),
    ("search", re.compile(r"(?:\w+_)?(?:ELASTICSEARCH|ELASTIC|OPENSEARCH)_?(\w*)")),
    ("postgres", re.compile(r"(?:\w+_)?(?:POSTGRES|POSTGRESQL|PGSQL|PG)_?(\w*)")),
    ("database", re.compile(r"(?:\w+_)?(?:SQLALCHEMY_DATABASE|DATABASE|DB|SQL)_(\w*)")),
    ("redis", re.compile(r"(?:\w+_)?CACHE_(URL|URI|HOST|PORT|PASSWORD|LOCATION)")),
)
_GENERATED = re.compile(
    r"(\w+_)?(SECRET_KEY(_BASE)?|JWT_(SECRET|KEY)(_KEY)?|(SESSION|COOKIE|AUTH|CSRF|APP|SIGNING|NEXTAUTH|HASH|TOKEN)"
    r"_(SECRET|KEY|SALT)|SECRET|SALT|PEPPER)"
)
_SHOWN = re.compile(r"(\w+_)?(SUPERUSER|ADMIN|ROOT_USER|INITIAL|DEFAULT)_PASSWORD")
_OPERATOR = re.compile(
    r".*(API_?KEY|ACCESS_KEY|PRIVATE_KEY|CLIENT_SECRET|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS?|WEBHOOK_URL|DSN)"
    r"(_ID)?"
)
_OUTSIDE = re.compile(
    r"(AWS|AZURE|GCP|GOOGLE|STRIPE|GITHUB|GITLAB|TWILIO|SENDGRID|SLACK|OPENAI|ANTHROPIC|SENTRY|MAILGUN|FACEBOOK"
    r"|TWITTER|APPLE|S3|SMTP|EMAIL|MAIL|OAUTH|RECAPTCHA|PAYPAL|DISCORD|TELEGRAM|HUGGINGFACE|HF)_"
)


def role(name: str) -> Role | None:
    """The role of a variable, or None where its name does not tell."""
    upper = name.upper()
    if upper == "PORT":
        return Role(sort="port")
    if re.fullmatch(r"(\w+_)?ALLOWED_HOSTS?", upper):
        return Role(sort="hosts")
    if store := _store(upper):
        return store
    if _GENERATED.fullmatch(upper) and not _OUTSIDE.search(upper):
        return Role(sort="secret")
    if _SHOWN.fullmatch(upper):
        return Role(sort="secret", piece="shown")
    if _OPERATOR.fullmatch(upper):
        return Role(sort="operator")
    return None


def is_secret(name: str) -> bool:
    """Whether the name says that its value is nobody else's business."""
    found = role(name)
    return found is not None and (found.sort in {"secret", "operator"} or found.piece in {"password", "url"})


def _store(upper: str) -> Role | None:
    if _OTHER_STORES.search(upper) or upper.endswith(("_API_KEY", "_TIMEOUT", "_SSL", "_SSLMODE")):
        return None
    for kind, pattern in _STORES:
        match = pattern.fullmatch(upper)
        if match is None:
            continue
        rest = match[1]
        if kind == "broker":
            return Role(sort="store", kind="redis", piece="url")
        if kind == "kafka":
            return Role(
                sort="store",
                kind="kafka",
                piece={"HOST": "host", "PORT": "port", "URL": "url"}.get(rest, "pair"),
            )
        piece = _PIECES.get(rest, "url" if rest in {"", "LOCATION", "BACKEND"} else "")
        if kind == "redis" and piece == "name":
            piece = "number"
        if piece:
            return Role(sort="store", kind=kind, piece=piece)
    return None
