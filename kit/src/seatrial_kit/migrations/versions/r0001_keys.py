"""API keys, and the answers kept for idempotency keys."""

from seatrial_kit import migrations

RUNS = "before the new code"
revision = "0001"
down_revision = None


def upgrade() -> None:
    migrations.run_sql(
        """
        CREATE TABLE api_keys (
            id uuid PRIMARY KEY DEFAULT uuidv7(),
            digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
            name text NOT NULL,
            role text NOT NULL CHECK (role IN ('admin', 'project')),
            origin text NOT NULL CHECK (origin IN ('first-run', 'made')),
            projects text[] NOT NULL DEFAULT '{}',
            limited boolean NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            revoked_at timestamptz
        );
        CREATE TABLE idempotency_keys (
            scope text NOT NULL,
            key text NOT NULL,
            fingerprint bytea NOT NULL,
            answer jsonb,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (scope, key)
        );
        CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
        """
    )


def downgrade() -> None:
    migrations.run_sql("DROP TABLE idempotency_keys, api_keys;")
