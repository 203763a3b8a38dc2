"""What is said of a place of the page, and how one gets there."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial import errors, kinds
from seatrial.spec import explanations, trees
from tests.unit.spec import pages

PAGE = pages.read(pages.WHOLE.read_text(encoding="utf-8"))
TREE = trees.page_tree()


def test_a_path_of_keys_leads_past_names() -> None:
    found = explanations.explain("services.scale.up.after")
    assert found.form == "duration"
    assert "30d" in found.expected[0]
    assert found.default is None


@pytest.mark.parametrize(
    ("own", "same"),
    [
        ("services.api.scale.up", "services.scale.up"),
        ("stores.db", "stores.postgres"),
        ("stores.bus.topics.raw.events.keep", "stores.kafka.topics.keep"),
        ("promises.answer.latency.p95", "promises.latency.p95"),
        ("services.api.expose.site.cache", "services.expose.cache"),
        ("services.api.expose.live.host", "services.expose.host"),
        ("environments.production.nodes.gpu.spot", "environments.nodes.spot"),
        ("budgets.llm.actions[0].at", "budgets.actions.at"),
        ("services.NAME.volumes.*.path", "services.volumes.path"),
    ],
)
def test_a_name_of_the_page_at_hand_leads_where_the_key_does(own: str, same: str) -> None:
    named, plain = explanations.explain(own, PAGE), explanations.explain(same)
    assert (named.meaning, named.form, named.below) == (plain.meaning, plain.form, plain.below)


def test_a_word_that_the_page_does_not_have_is_looked_for_in_its_sections() -> None:
    with pytest.raises(
        errors.CallError, match=r"the page has no 'healt'; did you mean 'services\.health'\?$"
    ):
        explanations.explain("healt")


def test_the_page_itself_is_explained_where_no_path_is_named() -> None:
    found = explanations.explain("")
    assert [row.name for row in found.below] == list(TREE.page.keys)


def test_the_kinds_of_stores_and_the_sorts_of_promises_are_told_apart() -> None:
    assert {row.name for row in explanations.explain("stores").below} == {one.KIND for one in kinds.STORES}
    assert "time, point" in {row.name for row in explanations.explain("promises").below}


def test_a_key_says_what_may_be_chosen_and_what_it_is_otherwise() -> None:
    found = explanations.explain("jobs.when")
    assert found.allowed == ("before-deploy", "on-demand")
    assert found.default == "on-demand"


def test_keys_that_a_sentence_names_are_related() -> None:
    assert "stores.backup.keep" in explanations.explain("stores.backup.keepLog").related


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("servces", "services"),
        ("services.scal", "scale"),
        ("services.api.helth", "health"),
        ("stores.kafak", "kafka"),
        ("stores.kafka.topix", "topics"),
        ("promises.latncy", "latency"),
    ],
)
def test_an_unknown_path_is_answered_with_the_nearest_right_word(path: str, nearest: str) -> None:
    with pytest.raises(errors.CallError, match=f"did you mean '{nearest}'"):
        explanations.explain(path, PAGE)


def test_without_a_page_a_name_of_ones_own_is_asked_for_with_its_page() -> None:
    with pytest.raises(errors.CallError, match="known where its page is at hand"):
        explanations.explain("services.api")


def test_a_path_that_is_deeper_than_any_page_is_refused() -> None:
    with pytest.raises(errors.CallError, match="found a path of 41 words"):
        explanations.explain(".".join(["services", *["NAME"] * 40]))


@pytest.mark.parametrize("block", [TREE.page, *TREE.blocks.values()], ids=lambda block: block.name)
def test_every_key_of_every_section_can_be_explained(block: trees.Block) -> None:
    for section, key in TREE.page.keys.items():
        if block in TREE.below(key.value):
            for name in block.keys:
                assert explanations.explain(f"{section}.{name}").path == f"{section}.{name}"


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from([*TREE.page.keys, "api", "scale", "NAME", "of", "x", "[0]", ""]), max_size=6))
def test_any_path_is_explained_or_refused(words: list[str]) -> None:
    with contextlib.suppress(errors.CallError):
        assert explanations.explain(".".join(words), PAGE).meaning


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=20))
def test_any_text_is_explained_or_refused(text: str) -> None:
    with contextlib.suppress(errors.CallError):
        assert explanations.explain(text, PAGE).meaning
