"""Who is given what: nothing of a plan is used in secret."""

from pathlib import Path

from seatrial import parts
from seatrial.plan import planning, users
from seatrial.spec import loading
from tests.unit.spec import pages

PLAN = planning.make_plan(
    loading.parse_page(pages.WHOLE.read_bytes(), "whole.yaml"), "laptop", Path("/nowhere")
)


def test_a_secret_is_used_by_whoever_is_given_it_and_by_the_server_that_asks_for_it() -> None:
    used = users.of_secrets(PLAN)
    assert used["token"] == ("api",)
    assert used["db-password"] == ("db", "migrate")
    assert used["db-app-password"] == ("api", "db")
    assert used["provider-key"] == ("models",)
    assert used["models-key"] == ("api", "models", "nightly")
    assert used["pager-key"] == ("oncall",)


def test_every_secret_of_a_plan_is_there() -> None:
    assert users.of_secrets(PLAN).keys() == {secret.name for secret in PLAN.of(parts.Secret)}


def test_an_external_is_used_by_whoever_may_reach_it() -> None:
    assert users.of_externals(PLAN) == {"weather": ("api",), "writer-provider": ("models",)}


def test_settings_are_given_to_every_service_and_job() -> None:
    given = users.of_config(PLAN, planning.SETTINGS)
    assert {"api", "engine", "migrate", "nightly"} <= set(given)
    assert "db" not in given
