"""PostgreSQL through one bounded pool; every foreign exception is mapped here and nowhere else."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import asyncpg

from seatrial_kit import errors

RETRY_SECONDS = 1
SERVER_EXTRA_SECONDS = 2.0  # so that the client's own limit comes first
RELEASE_SECONDS = 0.3  # to end what was cancelled; after that the connection is cut

_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, crashed
    asyncpg.InsufficientResourcesError,  # too many connections, disk or memory full
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InterfaceError,  # the client's own word for a connection that ended
    asyncpg.InternalClientError,
    OSError,
)
_SLOW = (
    TimeoutError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
_SCHEMA = (
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedFunctionError,
    asyncpg.UndefinedColumnError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.InvalidCachedStatementError,  # a migration ran; the next try prepares anew
)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Bounds of the pool and of every wait on it."""

    connections_max: int = 10
    acquire_seconds: float = 5.0
    command_seconds: float = 10.0
    connect_seconds: float = 2.0

    def server_settings(self) -> dict[str, str]:
        """The server ends by itself what a client that was killed has left running."""
        return {
            "jit": "off",
            "idle_in_transaction_session_timeout": "30000",
            "statement_timeout": str(int((self.command_seconds + SERVER_EXTRA_SECONDS) * 1000)),
            "client_connection_check_interval": "2000",
        }


class _Connection(asyncpg.Connection):  # type: ignore[misc] # asyncpg has no types
    def get_reset_query(self) -> str:
        """No round trip when a connection goes back: nothing here uses session state."""
        return ""

    ended_here = False  # and not lost

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 -- asyncpg's
        self.ended_here = self.ended_here or not self.is_closed()
        await super().close(timeout=timeout)

    def terminate(self) -> None:
        self.ended_here = self.ended_here or not self.is_closed()
        super().terminate()


class Database:
    """Opens connections when they are needed, so it starts without PostgreSQL and comes back after it."""

    def __init__(
        self, url: str, *, limits: Limits | None = None, on_failure: Callable[[], None] = lambda: None
    ) -> None:
        self._url = url
        self._limits = limits or Limits()
        self._on_failure = on_failure
        self._pool: Any = None
        self._probe_pool: Any = None

    async def open(self) -> None:
        self._pool = await self._create_pool(self._limits.connections_max)
        self._probe_pool = await self._create_pool(1)

    async def close(self) -> None:
        """Bounded: what is still busy after a second is cut."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await asyncio.gather(self._pool.close(), self._probe_pool.close())
        self._pool.terminate()
        self._probe_pool.terminate()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """A connection for several statements; each of them commits by itself."""
        async with self._borrowed(self._pool) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """A connection inside one transaction, committed at the end."""
        async with self.connection() as connection, _finished(connection.transaction()):
            yield connection

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Any]:
        """A connection on which all reads see the same moment."""
        options = {"isolation": "repeatable_read", "readonly": True}
        async with self.connection() as connection, _finished(connection.transaction(**options)):
            yield connection

    async def row(self, query: str, *arguments: object) -> Any:  # noqa: ANN401 -- asyncpg.Record or None
        async with self.connection() as connection:
            return await connection.fetchrow(query, *arguments)

    async def rows(self, query: str, *arguments: object) -> list[Any]:
        async with self.connection() as connection:
            return list(await connection.fetch(query, *arguments))

    async def value(self, query: str, *arguments: object) -> Any:  # noqa: ANN401 -- one column
        async with self.connection() as connection:
            return await connection.fetchval(query, *arguments)

    async def check(self) -> None:
        """For the readiness probe, on a connection of its own: being busy is not being unready."""
        async with self._borrowed(self._probe_pool) as connection:
            await connection.fetchval("SELECT 1")

    async def _create_pool(self, connections_max: int) -> Any:  # noqa: ANN401 -- asyncpg has no types
        return await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=connections_max,
            timeout=self._limits.connect_seconds,
            command_timeout=self._limits.command_seconds,
            connect=self._connect,
            connection_class=_Connection,
            server_settings=self._limits.server_settings(),
        )

    async def _connect(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 -- what the pool passes
        """Failures are counted here and in `_note_end`: where connections are made and lost."""
        try:
            connection = await asyncpg.connect(*arguments, **options)
        except Exception:
            self._on_failure()
            raise
        connection.add_termination_listener(self._note_end)
        return connection

    def _note_end(self, connection: _Connection) -> None:
        if not connection.ended_here:
            self._on_failure()

    @contextlib.asynccontextmanager
    async def _borrowed(self, pool: Any) -> AsyncIterator[Any]:  # noqa: ANN401 -- asyncpg has no types
        with self._mapped():
            connection = await pool.acquire(timeout=self._limits.acquire_seconds)
            try:
                yield connection
            except asyncio.CancelledError:
                connection.terminate()  # an orderly release may time out and hide the cancellation
                raise
            finally:
                await pool.release(connection, timeout=RELEASE_SECONDS)

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except asyncpg.DataError:
            raise  # a value that should not have come so far: a defect, not an outage
        except _SLOW as error:
            raise errors.Unavailable(
                "the database did not answer in time", retry_after_seconds=RETRY_SECONDS
            ) from error
        except _SCHEMA as error:
            raise errors.Unavailable("the database schema is not there yet", retry_after_seconds=5) from error
        except _LOST as error:
            raise errors.Unavailable("the database is away", retry_after_seconds=RETRY_SECONDS) from error


@contextlib.asynccontextmanager
async def _finished(transaction: Any) -> AsyncIterator[None]:  # noqa: ANN401 -- asyncpg has no types
    await transaction.start()
    try:
        yield
    except asyncio.CancelledError:
        raise  # the connection is about to be cut, which is a rollback that cannot hang
    except BaseException:
        await transaction.rollback()
        raise
    else:
        await transaction.commit()
