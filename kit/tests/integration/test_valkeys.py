"""Rate limits and the shared cache: one contract on the real Valkey and in memory, and what Valkey adds."""

import asyncio
import functools
import signal
import time
import uuid
from collections.abc import AsyncIterator

import pytest
import structlog
from seatrial_kit import caches, errors, rate_limits, valkeys

from kit.tests import pages
from kit.tests.engines import Valkey, free_port, valkey_engine


@pytest.fixture(params=["valkey", "memory"])
def url(request: pytest.FixtureRequest) -> str | None:
    """With an address, and without one."""
    engine: Valkey | None = request.getfixturevalue("valkey") if request.param == "valkey" else None
    return engine.url if engine else None


@pytest.fixture
async def cache(url: str | None) -> AsyncIterator[caches.SharedCache]:
    made = caches.SharedCache(url, prefix=uuid.uuid4().hex, ttl_seconds=0.3)
    yield made
    await made.close()


async def test_requests_are_counted_up_to_the_limit_and_refused_beyond(url: str | None) -> None:
    limits = rate_limits.RateLimits(url, prefix=uuid.uuid4().hex, clock=lambda: 6010.0)
    await limits.check()
    verdicts = [await limits.count("k", 2) for _ in range(3)]
    assert [(verdict.count, verdict.allowed) for verdict in verdicts] == [(1, True), (2, True), (3, False)]
    assert (await limits.count("other", 2)).count == 1
    refusal = limits.refusal(verdicts[-1], code="LIMIT")
    assert (refusal.code, refusal.headers["Retry-After"], refusal.body()["retryAfter"]) == ("LIMIT", "50", 50)
    await limits.close()


async def test_a_window_ends_and_its_count_with_it(url: str | None) -> None:
    now = 6000.0
    limits = rate_limits.RateLimits(url, prefix=uuid.uuid4().hex, clock=lambda: now)
    first = await limits.count("k", 1)
    now += 60
    second = await limits.count("k", 1)
    assert (first.count, first.reset, second.count, second.reset) == (1, 6060, 1, 6120)
    await limits.close()


async def test_of_many_requests_at_once_each_has_a_count_of_its_own(url: str | None) -> None:
    limits = rate_limits.RateLimits(url, prefix=uuid.uuid4().hex, clock=lambda: 6000.0)
    counted = await asyncio.gather(*(limits.count("k", 9) for _ in range(15)))
    assert sorted(verdict.count for verdict in counted) == list(range(1, 16))
    await limits.close()


async def test_what_is_counted_in_the_process_has_a_bound() -> None:
    limits = rate_limits.RateLimits(None, prefix="t5", clock=lambda: 6000.0)
    await limits.count("first", 5)
    for number in range(rate_limits.LOCAL_ENTRIES_MAX):
        await limits.count(f"k{number}", 5)
    assert len(limits._local) == rate_limits.LOCAL_ENTRIES_MAX
    assert (await limits.count("first", 5)).count == 1


async def test_what_was_put_is_found_until_it_is_forgotten(cache: caches.SharedCache) -> None:
    await cache.check()
    assert await cache.get("k") is None
    await cache.put("k", b"one")
    await cache.put("k", b"\x00two")
    await cache.put("other", b"")
    assert (await cache.get("k"), await cache.get("other")) == (b"\x00two", b"")
    await cache.forget("k")
    await cache.forget("never")
    assert (await cache.get("k"), await cache.get("other")) == (None, b"")


async def test_what_was_put_ends_by_itself(cache: caches.SharedCache) -> None:
    await cache.put("k", b"x")
    async with asyncio.timeout(5):
        while await cache.get("k") is not None:
            await asyncio.sleep(0.05)


async def test_what_is_too_large_is_not_kept_and_takes_the_old_value_along(cache: caches.SharedCache) -> None:
    await cache.put("k", b"x" * caches.SHARED_BYTES_MAX)
    assert await cache.get("k") is not None
    await cache.put("k", b"x" * (caches.SHARED_BYTES_MAX + 1))
    assert await cache.get("k") is None


async def test_the_cache_in_memory_has_a_bound() -> None:
    cache = caches.SharedCache(None, prefix="c", ttl_seconds=60)
    for number in range(caches.SHARED_ENTRIES_MAX + 1):
        await cache.put(str(number), b"x")
    assert (await cache.get("0"), await cache.get("1")) == (None, b"x")
    assert len(cache._memory) == caches.SHARED_ENTRIES_MAX


async def test_the_cache_in_valkey_is_one_for_all_processes_and_in_memory_is_not(valkey: Valkey) -> None:
    prefix = uuid.uuid4().hex
    for url, seen in ((valkey.url, b"x"), (None, None)):
        one, other = (caches.SharedCache(url, prefix=prefix, ttl_seconds=60) for _ in range(2))
        await one.put("k", b"x")
        assert await other.get("k") == seen
        await one.close()
        await other.close()


async def test_a_cache_without_its_valkey_finds_nothing_and_fails_nobody() -> None:
    cache = caches.SharedCache(f"redis://127.0.0.1:{free_port()}/0", prefix="c", ttl_seconds=60)
    with structlog.testing.capture_logs() as logs:
        await cache.put("k", b"x")
        assert await cache.get("k") is None
        await cache.forget("k")
        with pytest.raises(errors.Unavailable, match="caching nothing"):
            await cache.check()
    assert [(line["event"], line["meanwhile"]) for line in logs] == [("Valkey is away", "caching nothing")]
    await cache.close()


async def test_limits_are_counted_together_by_all_processes(valkey: Valkey) -> None:
    one, other = (rate_limits.RateLimits(valkey.url, prefix="t1") for _ in range(2))
    verdicts = [await each.count("k", 5) for each in (one, other, one, other, one, other)]
    assert [verdict.count for verdict in verdicts] == [1, 2, 3, 4, 5, 6]
    assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False]
    await one.close()
    await other.close()


async def test_limits_hold_in_the_process_while_valkey_is_away_and_return_to_it() -> None:
    with valkey_engine() as engine, structlog.testing.capture_logs() as logs:
        now = 6000.0
        limits = rate_limits.RateLimits(engine.url, prefix="t3", clock=lambda: now)
        assert (await limits.count("k", 2)).count == 1
        await limits.check()
        engine.kill()
        with pytest.raises(errors.Unavailable, match="Valkey"):
            await limits.check()
        counts = [(await limits.count("k", 2)).count for _ in range(3)]
        assert counts == [2, 3, 4]
        engine.start()
        await asyncio.sleep(valkeys.AWAY_SECONDS)
        assert (await limits.count("k", 2)).count == 5  # though Valkey has forgotten the one it knew
        now += 60
        assert (await limits.count("k", 2)).count == 1
        await limits.check()
        await limits.close()
    assert [line["event"] for line in logs] == ["Valkey is away", "Valkey is back"]


async def test_a_valkey_that_hangs_costs_a_caller_little_and_only_now_and_then() -> None:
    with valkey_engine() as engine:
        limits = rate_limits.RateLimits(engine.url, prefix="t4")
        await limits.count("k", 100)
        engine.signal(signal.SIGSTOP)
        begin = time.monotonic()
        for _ in range(50):
            await limits.count("k", 100)
        assert time.monotonic() - begin < 1
        engine.signal(signal.SIGCONT)
        await limits.close()


async def test_callers_who_waited_while_valkey_went_away_do_not_try_it_in_their_turn() -> None:
    with valkey_engine() as engine:
        valkey = valkeys.Valkey(engine.url, without="waiting")
        asked: list[int] = []

        async def call(number: int) -> None:
            asked.append(number)
            await valkey.client.get("k")

        engine.signal(signal.SIGSTOP)
        callers = 5 * valkeys.CONNECTIONS_MAX
        await asyncio.gather(*(valkey.ask(functools.partial(call, number)) for number in range(callers)))
        assert asked == list(range(valkeys.CONNECTIONS_MAX))
        engine.signal(signal.SIGCONT)
        await valkey.close()


async def test_more_callers_than_connections_are_counted_in_valkey_all_the_same(valkey: Valkey) -> None:
    with structlog.testing.capture_logs() as logs:
        limits = rate_limits.RateLimits(valkey.url, prefix="t6", clock=lambda: 6000.0)
        await asyncio.gather(*(limits.count("k", 9) for _ in range(3 * valkeys.CONNECTIONS_MAX)))
        other = rate_limits.RateLimits(valkey.url, prefix="t6", clock=lambda: 6000.0)
        assert (await other.count("k", 9)).count == 3 * valkeys.CONNECTIONS_MAX + 1
        await limits.close()
        await other.close()
    assert logs == []


def test_the_program_of_the_page_works_with_valkey_and_without(valkey: Valkey) -> None:
    assert pages.run("caches", {}) == pages.run("caches", {"CACHE_URL": valkey.url})
