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
