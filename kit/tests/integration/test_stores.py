"""API keys, idempotency keys and rate limits against the real PostgreSQL and Valkey."""

import asyncio
import signal
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
from seatrial_kit import databases, errors, idempotency_keys, keys, migrations, rate_limits

from kit.tests.engines import Valkey, free_port, valkey_engine


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[databases.Database]:
    await asyncio.to_thread(migrations.upgrade, database_url, migrations.KIT)
    opened = databases.Database(database_url)
    await opened.open()
    yield opened
    await opened.close()


async def test_a_key_is_found_by_its_secret_until_it_is_revoked(database: databases.Database) -> None:
    ring = keys.KeyRing(database, "gekb")
    made = await ring.create("builder", ("a", "b"))
    found = await ring.identify(made.secret)
    assert (found.role, found.projects, found.limited, found.is_admin) == ("project", ("a", "b"), True, False)
    assert await ring.revoke(made.key.id)
    with pytest.raises(errors.Unauthorized):
        await ring.identify(made.secret)
    assert await ring.revoke(made.key.id)  # again: it is as it was asked to be
    assert not await ring.revoke(uuid.uuid4())


async def test_a_key_in_use_is_asked_for_again_and_so_ends_where_it_was_not_revoked(
    database: databases.Database,
) -> None:
    now = 0.0
    ring, other = keys.KeyRing(database, "gekb", clock=lambda: now), keys.KeyRing(database, "gekb")
    made = await other.create("builder", ("a",))
    await ring.identify(made.secret)
    assert await other.revoke(made.key.id)
    now += keys.TTL_SECONDS * 0.8
    await ring.identify(made.secret)  # the remembered one, within its time
    now += keys.TTL_SECONDS * 0.8
    with pytest.raises(errors.Unauthorized):
        await ring.identify(made.secret)


@pytest.mark.parametrize("secret", ["", "gekb_", "other_" + "x" * 43, "gekb_" + "x" * 42, "gekb_" + "x" * 43])
async def test_an_unknown_secret_is_refused(database: databases.Database, secret: str) -> None:
    with pytest.raises(errors.Unauthorized):
        await keys.KeyRing(database, "gekb").identify(secret)


async def test_only_the_digest_of_a_key_is_stored(database: databases.Database) -> None:
    made = await keys.KeyRing(database, "gekb").create("builder", ("a",))
    stored = await database.value("SELECT string_agg(k::text, ' ') FROM api_keys k")
    assert made.secret not in stored and made.secret.partition("_")[2] not in stored


async def test_a_new_first_run_key_takes_the_place_of_the_former_one(database: databases.Database) -> None:
    ring = keys.KeyRing(database, "gekb")
    first, second = keys.make("gekb"), keys.make("gekb")
    await asyncio.gather(*(ring.ensure_first(first) for _ in range(5)))
    admin = await ring.identify(first)
    assert admin.is_admin and not admin.limited
    assert not await ring.revoke(admin.id)  # nobody locks everybody out
    await ring.ensure_first(second)
    assert (await ring.identify(second)).is_admin
    with pytest.raises(errors.Unauthorized):
        await ring.identify(first)
    await ring.ensure_first(first)  # and back
    assert (await ring.identify(first)).is_admin


def claim(fingerprint: bytes = b"one", key: str = "k") -> idempotency_keys.Claim:
    return idempotency_keys.Claim(scope="s", key=key, fingerprint=fingerprint)


async def test_the_same_claim_at_once_is_done_once_and_answered_alike(database: databases.Database) -> None:
    runs = 0

    async def work(connection: Any) -> dict[str, int]:
        nonlocal runs
        runs += 1
        await connection.execute("SELECT pg_sleep(0.2)")
        return {"run": runs}

    once = (idempotency_keys.once(database, claim(), work) for _ in range(8))
    outcomes = await asyncio.gather(*once)
    assert runs == 1
    assert {outcome.answer.replace(" ", "") for outcome in outcomes} == {'{"run":1}'}
    assert sorted(outcome.replayed for outcome in outcomes) == [False] + [True] * 7


async def test_another_request_under_the_same_key_is_a_conflict(database: databases.Database) -> None:
    async def work(_connection: Any) -> int:
        return 1

    await idempotency_keys.once(database, claim(b"one"), work)
    with pytest.raises(errors.Conflict):
        await idempotency_keys.once(database, claim(b"two"), work)


async def test_work_that_fails_leaves_its_key_free(database: databases.Database) -> None:
    async def failing(_connection: Any) -> int:
        raise errors.NotFound

    async def working(_connection: Any) -> int:
        return 7

    with pytest.raises(errors.NotFound):
        await idempotency_keys.once(database, claim(), failing)
    outcome = await idempotency_keys.once(database, claim(), working)
    assert (outcome.answer, outcome.replayed) == ("7", False)


async def test_old_claims_are_forgotten_and_young_ones_kept(database: databases.Database) -> None:
    async def work(_connection: Any) -> int:
        return 1

    await idempotency_keys.once(database, claim(key="old"), work)
    await idempotency_keys.once(database, claim(key="young"), work)
    await database.row(
        "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = 'old'"
    )
    assert await idempotency_keys.expire(database) == 1
    assert await database.value("SELECT string_agg(key, ',') FROM idempotency_keys") == "young"


async def test_limits_are_counted_together_by_all_processes(valkey: Valkey) -> None:
    one, other = (rate_limits.RateLimits(valkey.url, prefix="t1") for _ in range(2))
    verdicts = [await each.count("k", 5) for each in (one, other, one, other, one, other)]
    assert [verdict.count for verdict in verdicts] == [1, 2, 3, 4, 5, 6]
    assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False]
    refusal = one.refusal(verdicts[-1], code="LIMIT")
    assert refusal.code == "LIMIT" and 1 <= int(refusal.headers["Retry-After"]) <= 60
    assert refusal.body()["retryAfter"] == int(refusal.headers["Retry-After"])
    await one.close()
    await other.close()


async def test_a_window_ends_and_its_count_with_it(valkey: Valkey) -> None:
    now = 6000.0
    limits = rate_limits.RateLimits(valkey.url, prefix="t2", clock=lambda: now)
    first = await limits.count("k", 1)
    now += 60
    second = await limits.count("k", 1)
    assert (first.count, first.reset, second.count, second.reset) == (1, 6060, 1, 6120)
    await limits.close()


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
        now += rate_limits.AWAY_SECONDS
        assert (await limits.count("k", 2)).count == 5  # though Valkey has forgotten the one it knew
        now += 60
        assert (await limits.count("k", 2)).count == 1
        await limits.check()
        await limits.close()
    assert [line["event"] for line in logs] == ["Valkey is away, counting here", "Valkey is back"]


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


async def test_more_callers_than_connections_are_counted_in_valkey_all_the_same(valkey: Valkey) -> None:
    with structlog.testing.capture_logs() as logs:
        limits = rate_limits.RateLimits(valkey.url, prefix="t6", clock=lambda: 6000.0)
        await asyncio.gather(*(limits.count("k", 9) for _ in range(10 * rate_limits.CONNECTIONS_MAX)))
        other = rate_limits.RateLimits(valkey.url, prefix="t6", clock=lambda: 6000.0)
        assert (await other.count("k", 9)).count == 10 * rate_limits.CONNECTIONS_MAX + 1
        await limits.close()
        await other.close()
    assert logs == []


async def test_what_is_counted_in_the_process_has_a_bound() -> None:
    limits = rate_limits.RateLimits(f"redis://127.0.0.1:{free_port()}/0", prefix="t5")
    await limits.count("first", 5)
    for number in range(rate_limits.LOCAL_ENTRIES_MAX):
        limits._count_here(f"k{number}", 0)
    assert len(limits._local) == rate_limits.LOCAL_ENTRIES_MAX
    assert (await limits.count("first", 5)).count == 1
    await limits.close()
