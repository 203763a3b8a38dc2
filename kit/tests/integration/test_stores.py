"""API keys and idempotency keys against the real PostgreSQL."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from seatrial_kit import databases, errors, idempotency_keys, keys, migrations


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
