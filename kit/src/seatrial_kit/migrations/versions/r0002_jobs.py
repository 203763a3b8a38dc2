"""Procrastinate's schema as it stands since its version 3.4.0.

Built from the library's own history, which never changes, and not from its newest schema file, which does:
so a database made today and one made after an upgrade of the library are the same. Newer parts get a new
revision.
"""

from seatrial_kit import jobs, migrations

RUNS = "before the new code"
revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for sql in jobs.schema_history("00.00.00", "03.04.00"):
        migrations.run_sql(sql)


def downgrade() -> None:
    migrations.run_sql(
        """
        DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
            procrastinate_workers CASCADE;
        DO $$
        DECLARE
            name text;
        BEGIN
            FOR name IN SELECT oid::regprocedure FROM pg_proc WHERE proname LIKE 'procrastinate\\_%'
            LOOP EXECUTE 'DROP FUNCTION ' || name || ' CASCADE'; END LOOP;
        END;
        $$;
        DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_status, procrastinate_job_event_type;
        """
    )
