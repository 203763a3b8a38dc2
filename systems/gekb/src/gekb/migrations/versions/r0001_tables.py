"""Projects, patterns, errors with the queue of those not yet counted, counts, and reported resolutions.

An error row is written once and not touched by counting: what waits to be counted is a narrow row in
`pending_errors`, written in the same transaction and deleted in the transaction that counts it. An error
names its project and pattern without foreign keys: each check would lock the one row that all requests of a
storm share. Neither projects nor patterns are ever deleted.

What a pattern looks like is kept twice: in `error_patterns` over all projects, for admin keys, and in
`pattern_projects` for each project by itself, so that a project key sees nothing of other projects.
"""

import sqlalchemy
from seatrial_kit import migrations

RUNS = "before the new code"
revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE projects (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    slug varchar(100) NOT NULL UNIQUE,
    name varchar(255) NOT NULL,
    repository_url varchar(500),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE error_patterns (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    pattern_id varchar(255) NOT NULL UNIQUE DEFAULT 'pat-' || replace(gen_random_uuid()::text, '-', ''),
    version text NOT NULL,
    fingerprint text NOT NULL,
    pattern_name varchar(255) NOT NULL,
    description text NOT NULL,
    category varchar(100) NOT NULL,
    severity varchar(20) NOT NULL,
    framework text,
    library text,
    occurrences bigint NOT NULL DEFAULT 0,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    attempts bigint NOT NULL DEFAULT 0,
    successes bigint NOT NULL DEFAULT 0,
    success_rate double precision NOT NULL GENERATED ALWAYS AS (
        CASE WHEN attempts > 0 THEN successes::double precision / attempts ELSE -1 END) STORED,
    UNIQUE (version, fingerprint)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.1);

CREATE TABLE errors (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    error_id varchar(255) NOT NULL UNIQUE,
    timestamp timestamptz NOT NULL DEFAULT now(),
    project_id uuid NOT NULL,
    pattern_id uuid NOT NULL,
    agent_type varchar(100),
    environment varchar(50),
    category varchar(100) NOT NULL,
    severity varchar(20) NOT NULL,
    type text,
    message text NOT NULL,
    stack_trace jsonb,
    context_data jsonb NOT NULL,
    pattern_matches jsonb NOT NULL,
    resolution_data jsonb
) WITH (autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05);

-- Lives for a fraction of a second a row, so it is cleaned by the number of dead rows, not by their share.
CREATE TABLE pending_errors (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    timestamp timestamptz NOT NULL,
    project_id uuid NOT NULL,
    pattern_id uuid NOT NULL,
    category varchar(100) NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- What could not be counted, kept for a person to look at.
CREATE TABLE uncounted_errors (LIKE pending_errors, reason text NOT NULL, set_aside_at timestamptz NOT NULL
    DEFAULT now());

CREATE TABLE pattern_projects (
    pattern_id uuid NOT NULL REFERENCES error_patterns ON DELETE CASCADE,
    project_id uuid NOT NULL REFERENCES projects ON DELETE CASCADE,
    occurrences bigint NOT NULL DEFAULT 0,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    successes bigint NOT NULL DEFAULT 0,
    success_rate double precision NOT NULL GENERATED ALWAYS AS (
        CASE WHEN attempts > 0 THEN successes::double precision / attempts ELSE -1 END) STORED,
    timed_successes bigint NOT NULL DEFAULT 0,
    success_seconds double precision NOT NULL DEFAULT 0,
    resolution jsonb,
    pattern_name varchar(255) NOT NULL,
    category varchar(100) NOT NULL,
    severity varchar(20) NOT NULL,
    framework text,
    library text,
    matching_criteria jsonb NOT NULL,
    factors jsonb NOT NULL,
    PRIMARY KEY (pattern_id, project_id)
) WITH (fillfactor = 70);

CREATE TABLE error_hours (
    hour timestamptz NOT NULL,
    project_id uuid NOT NULL,
    pattern_id uuid NOT NULL,
    category varchar(100) NOT NULL,
    errors bigint NOT NULL,
    PRIMARY KEY (hour, project_id, pattern_id, category)
) WITH (fillfactor = 70);

CREATE TABLE resolutions (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    error_id uuid NOT NULL REFERENCES errors ON DELETE CASCADE,
    project_id uuid NOT NULL,
    pattern_id uuid NOT NULL,
    category varchar(100) NOT NULL,
    error_timestamp timestamptz NOT NULL,
    strategy varchar(100) NOT NULL,
    steps jsonb NOT NULL,
    success boolean NOT NULL,
    resolution_time double precision CHECK (resolution_time >= 0),
    automated boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);
"""

INDEXES = """
CREATE INDEX idx_errors_timestamp ON errors (timestamp DESC, id DESC);
CREATE INDEX idx_errors_project ON errors (project_id, timestamp DESC, id DESC);
CREATE INDEX idx_errors_category ON errors (category, timestamp DESC, id DESC);
CREATE INDEX idx_errors_severity ON errors (severity, timestamp DESC, id DESC);
CREATE INDEX idx_errors_unresolved ON errors (timestamp) WHERE resolution_data IS NULL;
CREATE INDEX idx_errors_analytics ON errors (timestamp, category, severity, project_id);
CREATE INDEX idx_errors_pattern ON errors (pattern_id, timestamp DESC, id DESC);
CREATE INDEX idx_patterns_occurrences ON error_patterns (occurrences DESC, id);
CREATE INDEX idx_patterns_category ON error_patterns (category, occurrences DESC, id);
CREATE INDEX idx_patterns_last_seen ON error_patterns (last_seen DESC, id);
CREATE INDEX idx_patterns_success_rate ON error_patterns (success_rate DESC, id);
CREATE INDEX idx_patterns_text ON error_patterns USING gin
    (pattern_name gin_trgm_ops, description gin_trgm_ops);
CREATE INDEX idx_pattern_projects_occurrences ON pattern_projects (project_id, occurrences DESC, pattern_id);
CREATE INDEX idx_pattern_projects_category ON pattern_projects
    (project_id, category, occurrences DESC, pattern_id);
CREATE INDEX idx_pattern_projects_last_seen ON pattern_projects (project_id, last_seen DESC, pattern_id);
CREATE INDEX idx_pattern_projects_text ON pattern_projects USING gin (pattern_name gin_trgm_ops);
CREATE INDEX idx_pattern_projects_resolved ON pattern_projects (pattern_id, successes DESC)
    WHERE resolution IS NOT NULL;
CREATE INDEX idx_resolutions_success ON resolutions (success, resolution_time);
CREATE INDEX idx_resolutions_error_timestamp ON resolutions (error_timestamp);
CREATE INDEX idx_resolutions_pattern ON resolutions (pattern_id, project_id);
CREATE INDEX idx_resolutions_error ON resolutions (error_id);
"""


def upgrade() -> None:
    try:
        migrations.run_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sqlalchemy.exc.DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise migrations.MigrationError(f"the database needs the extension pg_trgm: {reason}") from error
    migrations.run_sql(TABLES)
    migrations.run_sql(INDEXES)


def downgrade() -> None:
    migrations.run_sql(
        "DROP TABLE resolutions, error_hours, pattern_projects, uncounted_errors, pending_errors, errors,"
        " error_patterns, projects;"
    )
