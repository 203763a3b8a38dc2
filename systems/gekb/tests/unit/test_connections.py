"""The page's greatest scale must fit into the page's PostgreSQL."""

from pathlib import Path

from gekb import api, worker
from ruamel.yaml import YAML
from seatrial_kit import jobs

PAGE = Path(__file__).parents[2] / "seatrial.yaml"
RESERVED = 10  # for a person, the backup, the migration and PostgreSQL's own reserve


def test_all_pools_at_the_greatest_scale_fit_into_postgres() -> None:
    page = YAML(typ="safe").load(PAGE.read_text("utf-8"))
    apis, workers = (page["services"][name]["scale"]["max"] for name in ("api", "worker"))
    wanted = apis * (api.CONNECTIONS_MAX + jobs.DEFERRING_CONNECTIONS) + workers * (
        worker.CONNECTIONS_MAX + jobs.WORKING_CONNECTIONS
    )
    assert wanted + RESERVED <= page["stores"]["db"]["settings"]["max_connections"]
