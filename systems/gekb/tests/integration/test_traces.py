"""GEKB's spans: a request of the API, and the worker's run that it asked for."""

from kit.tests.collectors import Span, collector
from kit.tests.engines import Postgres, Valkey, wait_for
from systems.gekb.tests.processes import running


def test_the_run_of_a_job_is_a_span_linked_to_the_request_that_queued_it(
    postgres: Postgres, valkey: Valkey
) -> None:
    with collector() as (address, spans):
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_SERVICE_NAME": "gekb"}
        database_url = postgres.create_database("gekb-traces")
        with running(database_url, valkey.url, variables) as gekb:
            gekb.submit("traced", "KeyError: 'a'")

            def linked() -> list[tuple[Span, Span]]:
                requests = [span for span in spans if span.name == "POST /v1/errors"]
                runs = [span for span in spans if span.name == "run count-errors" and span.raw.links]
                ids = {request.raw.span_id: request for request in requests}
                return [(ids[id_], run) for run in runs if (id_ := run.raw.links[0].span_id) in ids]

            wait_for(linked, 30, "the linked run")
            ((request, run),) = linked()
            assert run.raw.links[0].trace_id == request.raw.trace_id != run.raw.trace_id
            assert run.attributes["messaging.destination.name"] == "counting"
            gekb.drain()
