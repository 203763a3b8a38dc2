from pathlib import Path

import pytest

from seatrial import errors
from seatrial.cli import systems


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    page = tmp_path / "systems" / "shop" / "seatrial.yaml"
    page.parent.mkdir(parents=True)
    page.write_text("x")
    (tmp_path / "systems" / "shop" / "deep" / "below").mkdir(parents=True)
    monkeypatch.delenv("SEATRIAL_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_system_is_found_by_its_folder_its_page_and_its_short_name(tree: Path) -> None:
    expected = tree / "systems" / "shop" / "seatrial.yaml"
    for named in ("shop", "systems/shop", "systems/shop/seatrial.yaml", str(expected)):
        assert systems.find_page(named).resolve() == expected


def test_a_short_name_is_found_from_below_and_from_elsewhere_through_the_checkout(
    tree: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tree / "systems" / "shop" / "deep" / "below")
    assert systems.find_page("shop").parent.name == "shop"
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(errors.CallError, match="no system 'shop'"):
        systems.find_page("shop")
    monkeypatch.setenv("SEATRIAL_HOME", str(tree))
    assert systems.find_page("shop").parent.name == "shop"


@pytest.mark.usefixtures("tree")
def test_a_mistyped_name_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(errors.CallError, match="did you mean 'shop'"):
        systems.find_page("shpo")


@pytest.mark.usefixtures("tree")
def test_a_folder_without_a_page_says_so() -> None:
    with pytest.raises(errors.CallError, match=r"systems/shop/deep holds no seatrial\.yaml"):
        systems.find_page("systems/shop/deep")


PAGE = """
apiVersion: seatrial/v1alpha1
kind: System
metadata: {name: shop}
services: {api: {command: [serve]}, web: {command: [serve]}}
"""


@pytest.fixture
def inside(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Below the folder of the shop, which has parts."""
    (tree / "systems" / "shop" / "seatrial.yaml").write_text(PAGE)
    monkeypatch.chdir(tree / "systems" / "shop" / "deep")
    return tree


@pytest.mark.usefixtures("inside")
def test_without_a_name_the_page_around_here_is_meant() -> None:
    assert systems.find_page(None).parent.name == "shop"
    assert systems.split([]) == (None, ())
    assert systems.split(["api"]) == (None, ("api",))
    assert systems.split(["unknown", "api"]) == (None, ("unknown", "api"))


@pytest.mark.usefixtures("inside")
def test_a_first_word_that_stands_for_a_page_is_the_system() -> None:
    assert systems.split(["shop", "api"]) == ("shop", ("api",))
    assert systems.split(["..", "api"]) == ("..", ("api",))


@pytest.mark.usefixtures("tree")
def test_where_no_page_is_around_the_first_word_is_the_system() -> None:
    assert systems.split(["shop", "api"]) == ("shop", ("api",))
    assert systems.split(["api"]) == ("api", ())
    with pytest.raises(errors.CallError, match=r"no seatrial\.yaml here or above: name a system"):
        systems.find_page(None)


def test_a_word_that_is_a_part_here_and_a_system_too_is_refused_until_it_is_said_which(inside: Path) -> None:
    other = inside / "systems" / "api" / "seatrial.yaml"
    other.parent.mkdir()
    other.write_text(PAGE)
    with pytest.raises(
        errors.CallError, match=r"write `.*shop api` for the part, or `.*systems/api/seatrial\.yaml`"
    ):
        systems.split(["api"])
    assert systems.split(["../../api", "web"]) == ("../../api", ("web",))


def test_a_hint_names_the_system_as_the_caller_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEATRIAL_CALLED_AS", raising=False)
    assert systems.hint("logs", None, "-f") == "seatrial logs -f"
    monkeypatch.setenv("SEATRIAL_CALLED_AS", "./run")
    assert systems.hint("logs", "my shop", "-f") == "./run logs 'my shop' -f"
