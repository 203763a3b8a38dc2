"""Three functions that do in one round trip what happens most: accept, count a batch, read a range."""

from seatrial_kit import migrations

RUNS = "before the new code"
revision = "0002"
down_revision = "0001"

# Nothing below waits on a row that other submissions share, except the same idempotency key. Of the answer
# only what it is made of stays with the key; the steps of a fix are found again by `source`.
SUBMIT = """
CREATE FUNCTION submit_error(
    p_error_id text, p_project uuid, p_visible uuid[], p_category text, p_severity text, p_type text,
    p_agent text, p_environment text, p_message text, p_stack jsonb, p_context jsonb,
    p_pattern jsonb, p_factors jsonb, p_elapsed double precision,
    p_scope text, p_key text, p_request bytea,
    OUT answer jsonb, OUT replayed boolean, OUT conflict boolean
) LANGUAGE plpgsql AS $$
DECLARE
    v_version text := p_pattern ->> 'version';
    v_fingerprint text := p_pattern ->> 'fingerprint';
    v_pattern uuid;
    v_public text;
    v_new boolean;
    v_kept record;
    v_seen record;
    v_fix jsonb;
BEGIN
    replayed := false;
    conflict := false;
    IF p_key IS NOT NULL THEN
        INSERT INTO idempotency_keys (scope, key, fingerprint)
            VALUES (p_scope, p_key, p_request) ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            SELECT k.fingerprint, k.answer INTO v_kept FROM idempotency_keys k
                WHERE k.scope = p_scope AND k.key = p_key;
            IF FOUND THEN
                conflict := v_kept.fingerprint <> p_request;
                replayed := NOT conflict;
                IF replayed THEN
                    answer := v_kept.answer;
                    IF answer #>> '{resolution,source}' IS NOT NULL THEN
                        answer := jsonb_set(answer, '{resolution,steps}', coalesce((
                            SELECT steps FROM resolutions
                            WHERE id = (answer #>> '{resolution,source}')::uuid), '[]'));
                    END IF;
                END IF;
                RETURN;
            END IF;
            -- It expired between the two statements: so nobody has it, and this is a new request.
            INSERT INTO idempotency_keys (scope, key, fingerprint)
                VALUES (p_scope, p_key, p_request) ON CONFLICT DO NOTHING;
        END IF;
    END IF;

    SELECT id, pattern_id INTO v_pattern, v_public FROM error_patterns
        WHERE version = v_version AND fingerprint = v_fingerprint;
    IF NOT FOUND THEN
        INSERT INTO error_patterns (version, fingerprint, pattern_name, description, category, severity,
                                    framework, library)
            VALUES (v_version, v_fingerprint, p_pattern ->> 'name', p_pattern ->> 'description', p_category,
                    p_severity, p_pattern ->> 'framework', p_pattern ->> 'library')
            ON CONFLICT (version, fingerprint) DO NOTHING
            RETURNING id, pattern_id INTO v_pattern, v_public;
        IF NOT FOUND THEN
            SELECT id, pattern_id INTO STRICT v_pattern, v_public FROM error_patterns
                WHERE version = v_version AND fingerprint = v_fingerprint;
        END IF;
    END IF;

    IF p_visible IS NULL THEN
        SELECT p.occurrences, p.attempts, p.successes,
               EXISTS (SELECT FROM pattern_projects WHERE pattern_id = v_pattern) AS known,
               EXISTS (SELECT FROM pattern_projects WHERE pattern_id = v_pattern AND project_id = p_project)
                   AS here
            INTO v_seen FROM error_patterns p WHERE p.id = v_pattern;
    ELSE
        SELECT coalesce(sum(occurrences), 0)::bigint AS occurrences,
               coalesce(sum(attempts), 0)::bigint AS attempts,
               coalesce(sum(successes), 0)::bigint AS successes, count(*) > 0 AS known,
               coalesce(bool_or(project_id = p_project), false) AS here
            INTO v_seen FROM pattern_projects
            WHERE pattern_id = v_pattern AND project_id = ANY (p_visible);
    END IF;
    v_new := NOT v_seen.known;
    IF NOT v_seen.here THEN
        INSERT INTO pattern_projects (pattern_id, project_id, first_seen, last_seen, pattern_name, category,
                                      severity, framework, library, matching_criteria, factors)
            VALUES (v_pattern, p_project, now(), now(), p_pattern ->> 'name', p_category, p_severity,
                    p_pattern ->> 'framework', p_pattern ->> 'library', p_pattern -> 'criteria', p_factors)
            ON CONFLICT DO NOTHING;
        v_new := v_new AND FOUND;
    END IF;
    SELECT resolution INTO v_fix FROM pattern_projects
        WHERE pattern_id = v_pattern AND (p_visible IS NULL OR project_id = ANY (p_visible))
          AND resolution IS NOT NULL ORDER BY successes DESC LIMIT 1;

    INSERT INTO errors (error_id, project_id, pattern_id, agent_type, environment, category, severity, type,
                        message, stack_trace, context_data, pattern_matches)
        VALUES (p_error_id, p_project, v_pattern, p_agent, p_environment, p_category, p_severity, p_type,
                p_message, p_stack, p_context,
                jsonb_build_object('version', v_version, 'fingerprint', v_fingerprint, 'factors', p_factors));
    INSERT INTO pending_errors (timestamp, project_id, pattern_id, category)
        VALUES (now(), p_project, v_pattern, p_category);

    answer := jsonb_build_object(
        'errorId', p_error_id, 'patternId', v_public, 'newPattern', v_new,
        'occurrences', v_seen.occurrences + 1, 'attempts', v_seen.attempts, 'successes', v_seen.successes,
        'resolution', v_fix,
        'seconds', p_elapsed + extract(epoch FROM clock_timestamp() - statement_timestamp()));
    IF p_key IS NOT NULL THEN
        UPDATE idempotency_keys k SET answer = submit_error.answer #- '{resolution,steps}'
            WHERE k.scope = p_scope AND k.key = p_key;
    END IF;
END;
$$;
"""

# Rows are taken and counted in one statement, so in one transaction; always in the order of the keys, so that
# two workers cannot wait for each other.
COUNT = """
CREATE FUNCTION count_pending_errors(
    p_batch integer, p_first bigint DEFAULT 0, p_last bigint DEFAULT 9223372036854775807
) RETURNS bigint LANGUAGE sql AS $$
    WITH taken AS MATERIALIZED (
        DELETE FROM pending_errors WHERE id = ANY (ARRAY(
            SELECT id FROM pending_errors WHERE id BETWEEN p_first AND p_last
            ORDER BY id LIMIT p_batch FOR UPDATE SKIP LOCKED))
        RETURNING timestamp, project_id, pattern_id, category
    ), held_rows AS MATERIALIZED (
        SELECT 1 FROM pattern_projects
        WHERE (pattern_id, project_id) IN (SELECT DISTINCT pattern_id, project_id FROM taken)
        ORDER BY pattern_id, project_id FOR NO KEY UPDATE
    ), held_patterns AS MATERIALIZED (
        SELECT 1 FROM error_patterns
        WHERE id IN (SELECT pattern_id FROM taken) AND (SELECT count(*) FROM held_rows) >= 0
        ORDER BY id FOR NO KEY UPDATE
    ), hours AS (
        INSERT INTO error_hours AS known (hour, project_id, pattern_id, category, errors)
            SELECT date_trunc('hour', timestamp, 'UTC'), project_id, pattern_id, category, count(*)
            FROM taken GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (hour, project_id, pattern_id, category)
            DO UPDATE SET errors = known.errors + excluded.errors
    ), patterns AS (
        UPDATE pattern_projects known SET
            occurrences = known.occurrences + found.errors,
            first_seen = least(known.first_seen, found.first_seen),
            last_seen = greatest(known.last_seen, found.last_seen)
        FROM (SELECT pattern_id, project_id, count(*) AS errors, min(timestamp) AS first_seen,
                     max(timestamp) AS last_seen FROM taken GROUP BY 1, 2) AS found
        WHERE known.pattern_id = found.pattern_id AND known.project_id = found.project_id
          AND (SELECT count(*) FROM held_rows) > 0
        RETURNING 1
    ), totals AS (
        UPDATE error_patterns known SET
            occurrences = known.occurrences + found.errors,
            first_seen = least(known.first_seen, found.first_seen),
            last_seen = greatest(known.last_seen, found.last_seen)
        FROM (SELECT pattern_id, count(*) AS errors, min(timestamp) AS first_seen,
                     max(timestamp) AS last_seen FROM taken GROUP BY 1) AS found
        WHERE known.id = found.pattern_id AND (SELECT count(*) FROM held_patterns) > 0
    )
    SELECT count(*) FROM taken;
$$;
"""

# Exact at any moment: whole hours from the counts, what is not counted yet from the queue, and the broken
# hours at both ends from the errors themselves. A bound that is NULL is open.
RANGE = """
CREATE FUNCTION accepted_errors(
    p_from timestamptz, p_to timestamptz, p_projects uuid[], p_categories text[]
)
    RETURNS TABLE (project_id uuid, pattern_id uuid, category varchar, errors bigint)
    LANGUAGE sql STABLE AS $$
    WITH bounds AS (
        SELECT coalesce(p_from, '-infinity') AS begins, coalesce(p_to, 'infinity') AS ends,
               coalesce(date_trunc('hour', p_from + interval '1 hour - 1 microsecond', 'UTC'),
                        '-infinity') AS whole,
               coalesce(date_trunc('hour', p_to, 'UTC'), 'infinity') AS broken
    ), found AS (
        SELECT h.project_id, h.pattern_id, h.category, h.errors FROM error_hours h, bounds
            WHERE h.hour >= whole AND h.hour < broken
        UNION ALL
        SELECT q.project_id, q.pattern_id, q.category, 1 FROM pending_errors q, bounds
            WHERE q.timestamp >= whole AND q.timestamp < broken
        UNION ALL
        SELECT e.project_id, e.pattern_id, e.category, 1 FROM errors e, bounds
            WHERE e.timestamp >= begins AND e.timestamp < least(whole, ends)
        UNION ALL
        SELECT e.project_id, e.pattern_id, e.category, 1 FROM errors e, bounds
            WHERE e.timestamp >= greatest(broken, whole) AND e.timestamp < ends
    )
    SELECT f.project_id, f.pattern_id, f.category, sum(f.errors)::bigint FROM found f
        WHERE (p_projects IS NULL OR f.project_id = ANY (p_projects))
          AND (p_categories IS NULL OR f.category = ANY (p_categories))
        GROUP BY 1, 2, 3;
$$;
"""


def upgrade() -> None:
    for function in (SUBMIT, COUNT, RANGE):
        migrations.run_sql(function)


def downgrade() -> None:
    migrations.run_sql("DROP FUNCTION submit_error, count_pending_errors, accepted_errors;")
