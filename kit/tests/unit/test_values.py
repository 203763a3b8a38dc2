"""Caches, keys, settings, claims and quantiles: what is pure in the kit and small."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from seatrial_kit import caches, errors, idempotency_keys, keys, metrics, rate_limits, settings
from starlette.requests import Request
from starlette.routing import Route

KEY = keys.Key(id=uuid.UUID(int=7), name="k", role="project", projects=("a",), limited=True)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_cache_forgets_by_age_and_by_number() -> None:
    clock = Clock()
    cache: caches.TimedCache[str, int] = caches.TimedCache(ttl_seconds=5, entries_max=2, clock=clock)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c"), len(cache)) == (None, 2, 3, 2)
    clock.now += 5.1
    assert (cache.get("b"), cache.get("c")) == (None, None)


def test_a_key_has_256_random_bits_and_is_stored_as_a_digest() -> None:
    made = keys.make("gekb")
    assert made.startswith("gekb_")
    assert len(made) == len("gekb_") + 43
    assert made != keys.make("gekb")
    assert len(keys.digest(made)) == 32
    assert made.encode() not in keys.digest(made)


@pytest.mark.parametrize(
    ("authorization", "x_api_key", "secret"),
    [
        ("Bearer one", "", "one"),
        ("bearer  one ", "two", "one"),
        ("Basic one", "two", "two"),
        ("", "two", "two"),
        ("Bearer", "", ""),
    ],
)
def test_a_key_may_come_in_either_header(authorization: str, x_api_key: str, secret: str) -> None:
    assert keys.presented(authorization, x_api_key) == secret


def test_all_wrong_settings_are_said_at_once_and_no_secret_is_shown() -> None:
    reader = settings.Reader({"DB_URL": "mysql://root:hidden@x/y", "KEY": "hidden", "LOG_LEVEL": "loud"})
    reader.url("DB_URL", ("postgresql",))
    reader.url("CACHE_URL", ("redis",))
    reader.secret("KEY", "gekb_.*")
    reader.level("LOG_LEVEL", "info")
    with pytest.raises(settings.SettingError) as caught:
        reader.finish()
    message = str(caught.value)
    assert all(name in message for name in ("DB_URL", "CACHE_URL", "KEY", "LOG_LEVEL", "'loud'"))
    assert "hidden" not in message
    assert "\n" not in message


def test_right_settings_are_read() -> None:
    reader = settings.Reader({"DB_URL": "postgresql://u:p@127.0.0.1:1/db", "KEY": "gekb_1"})
    assert reader.url("DB_URL", ("postgresql",)).endswith("/db")
    assert reader.secret("KEY", "gekb_.*") == "gekb_1"
    assert reader.level("LOG_LEVEL", "info") == "info"
    reader.finish()


def request(key: str | None, path: str = "/v1/errors") -> Request:
    headers = [] if key is None else [(b"idempotency-key", key.encode("latin-1"))]
    route = Route("/v1/errors", lambda _: None)
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "route": route}
    return Request(
        scope | {"query_string": b"", "server": ("127.0.0.1", 80), "scheme": "http", "root_path": ""}
    )


def test_a_claim_is_of_one_key_one_route_and_the_whole_request() -> None:
    claim = idempotency_keys.claim(request("k1"), KEY, b"body", "project")
    assert claim is not None
    assert claim.scope == f"{KEY.id}:POST /v1/errors"
    same = idempotency_keys.claim(request("k1"), KEY, b"body", "project")
    assert same == claim
    for other in (
        idempotency_keys.claim(request("k1"), KEY, b"other", "project"),
        idempotency_keys.claim(request("k1"), KEY, b"body", "elsewhere"),
        idempotency_keys.claim(request("k1", "/v1/errors/7"), KEY, b"body", "project"),
    ):
        assert other is not None
        assert other.fingerprint != claim.fingerprint
    assert idempotency_keys.claim(request(None), KEY, b"body") is None


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "\x7f", "é"])
def test_an_idempotency_key_must_be_visible_and_bounded(key: str) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        idempotency_keys.claim(request(key), KEY, b"")
    assert caught.value.field == "Idempotency-Key"


def test_a_verdict_tells_what_is_left() -> None:
    verdict = rate_limits.Verdict(limit=2, count=3, reset=120)
    assert not verdict.allowed
    assert verdict.headers() == {
        "X-RateLimit-Limit": "2",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "120",
    }


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_the_smallest_value_that_so_many_do_not_exceed(
    values: list[float], share: float
) -> None:
    ordered = sorted(values)
    quantile = metrics.nearest_rank(ordered, share)
    assert sum(value <= quantile for value in ordered) >= share * len(ordered) - 1e-6
    assert sum(value < quantile for value in ordered) < share * len(ordered)


def test_a_summary_exposes_quantiles_sum_and_count_from_the_start_and_forgets_old_samples() -> None:
    clock, own = Clock(), metrics.registry()
    summary = metrics.QuantileSummary("work_seconds", "Work.", age_seconds=60, clock=clock)
    own.register(summary)
    page = generate_latest(own).decode()
    assert 'work_seconds{quantile="0.95"} 0.0' in page
    assert "work_seconds_count 0.0" in page
    for value in range(1, 101):
        summary.observe(float(value))
    page = generate_latest(own).decode()
    assert 'work_seconds{quantile="0.95"} 95.0' in page
    assert 'work_seconds{quantile="0.5"} 50.0' in page
    assert "work_seconds_count 100.0" in page
    assert "work_seconds_sum 5050.0" in page
    clock.now += 61
    assert 'work_seconds{quantile="0.95"} 0.0' in generate_latest(own).decode()
