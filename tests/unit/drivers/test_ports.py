"""Ports are chosen once, kept, and never shared."""

import socket
from pathlib import Path

import pytest

from seatrial import errors, parts
from seatrial.drivers.laptop import folders, ports

EXPOSED = frozenset({"api.http", "worker.http"})


def endpoint(name: str, port: int) -> parts.Endpoint:
    return parts.Endpoint(name=name, of=name.partition(".")[0], port=port)


@pytest.fixture
def taken() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_port_of_the_page_is_taken_when_it_is_free(tmp_path: Path, taken: int) -> None:
    folder = folders.open_folder(tmp_path)
    assert ports.allocate_ports(folder, (endpoint("api.http", taken),), EXPOSED) == {"api.http": taken}


def test_another_port_is_taken_where_the_one_of_the_page_is_held_and_kept_afterwards(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as holder:
        wanted = endpoint("api.http", holder.getsockname()[1])
        first = ports.allocate_ports(folder, (wanted,), EXPOSED)
    assert first["api.http"] != wanted.port
    assert ports.allocate_ports(folder, (wanted,), EXPOSED) == first


def test_two_endpoints_never_get_the_same_port(tmp_path: Path, taken: int) -> None:
    folder = folders.open_folder(tmp_path)
    both = (endpoint("api.http", taken), endpoint("worker.http", taken))
    chosen = ports.allocate_ports(folder, both, EXPOSED)
    assert chosen["api.http"] == taken
    assert chosen["worker.http"] != taken


def test_a_kept_port_that_is_held_by_somebody_else_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        folders.write_atomically(folder.ports, f'{{"api.http": {port}, "old.http": 1234}}')
        with pytest.raises(errors.MissingError, match=f"api.http: port {port} is held by .*process"):
            ports.allocate_ports(folder, (endpoint("api.http", port),), EXPOSED)
    assert ports.read_ports(folder) == {"api.http": port, "old.http": 1234}


def test_what_is_not_exposed_keeps_out_of_the_way_and_moves_on_when_its_port_is_taken(tmp_path: Path) -> None:
    folder = folders.open_folder(tmp_path)
    inner = (endpoint("db.main", 5432),)
    first = ports.allocate_ports(folder, inner, EXPOSED)["db.main"]
    assert first != 5432
    assert ports.allocate_ports(folder, inner, EXPOSED)["db.main"] == first
    with socket.create_server(("127.0.0.1", first)):
        second = ports.allocate_ports(folder, inner, EXPOSED)["db.main"]
    assert second != first
    assert ports.read_ports(folder) == {"db.main": second}


@pytest.mark.parametrize("text", ["[1]", "{", '{"a": "b"}'])
def test_a_file_of_ports_that_was_broken_by_hand_is_named(tmp_path: Path, text: str) -> None:
    folder = folders.open_folder(tmp_path)
    folder.ports.write_text(text)
    with pytest.raises(
        errors.MissingError, match=r"is not a mapping of endpoints to ports .*: delete it to choose"
    ):
        ports.read_ports(folder)


@pytest.mark.parametrize("exposed", [frozenset[str](), frozenset({"db.read"})])
def test_two_endpoints_of_one_part_with_one_number_are_one_port(
    tmp_path: Path, exposed: frozenset[str]
) -> None:
    folder = folders.open_folder(tmp_path)
    both = (endpoint("db.main", 5432), endpoint("db.read", 5432), endpoint("db.other", 5433))
    chosen = ports.allocate_ports(folder, both, exposed)
    assert chosen["db.main"] == chosen["db.read"] != chosen["db.other"]
    with socket.create_server(("127.0.0.1", chosen["db.other"])):
        again = ports.allocate_ports(folder, both, exposed)
    assert (again["db.main"], again["db.read"]) == (chosen["db.main"], chosen["db.main"])
