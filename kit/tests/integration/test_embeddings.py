"""Sentence vectors: held against what sentence-transformers and torch gave once, and against themselves."""

import importlib.metadata
import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seatrial_kit import embeddings

from kit.tests import pages

REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "reference_vectors.json").read_text("utf-8"))
NEAR = 2e-5


@pytest.fixture(scope="module")
def sentences() -> embeddings.Sentences:
    return embeddings.Sentences()


def test_the_vectors_are_those_of_the_model_as_torch_computes_it(sentences: embeddings.Sentences) -> None:
    found = sentences.vectors(REFERENCE["texts"])
    begins = np.array(REFERENCE["begins"])
    assert np.abs(found[:, : begins.shape[1]] - begins).max() < NEAR
    assert np.abs(found @ found.T - np.array(REFERENCE["cosines"])).max() < NEAR


def test_vectors_have_length_one_and_are_of_32_bits(sentences: embeddings.Sentences) -> None:
    found = sentences.vectors(REFERENCE["texts"])
    assert (found.shape, found.dtype) == ((len(REFERENCE["texts"]), embeddings.SIZE), np.float32)
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 1e-6
    assert sentences.vectors([]).shape == (0, embeddings.SIZE)


def test_a_text_has_the_same_vector_alone_in_any_order_and_in_any_company(
    sentences: embeddings.Sentences,
) -> None:
    texts = [f"number {number} " * (number % 40 + 1) for number in range(150)]
    together = sentences.vectors(texts)
    assert np.abs(sentences.vectors(texts[::-1])[::-1] - together).max() < NEAR
    for index in (0, 39, 77, 149):
        assert np.abs(sentences.vectors([texts[index]])[0] - together[index]).max() < NEAR


def test_what_lies_beyond_256_tokens_does_not_count(sentences: embeddings.Sentences) -> None:
    begin = "word " * 300
    one, other, shorter = sentences.vectors([begin, begin + "and an end", "word " * 200])
    assert np.abs(one - other).max() < NEAR
    assert np.abs(one - shorter).max() > NEAR


def test_texts_that_mean_the_same_are_nearer_than_others(sentences: embeddings.Sentences) -> None:
    texts = ["the disk is full", "no space left on device", "the invoice was paid twice"]
    cosines = (found := sentences.vectors(texts)) @ found.T
    assert cosines[0, 1] > 0.4 > cosines[0, 2]


def test_threads_that_begin_at_once_get_what_one_gets() -> None:
    fresh = embeddings.Sentences()
    texts = REFERENCE["texts"]
    found: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: found.append(fresh.vectors(texts))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(np.array_equal(found[0], other) for other in found)


@given(st.lists(st.integers(2, embeddings.TOKENS_MAX), max_size=300))
def test_batches_hold_each_text_once_and_keep_their_bound(lengths: list[int]) -> None:
    made = embeddings.batches(lengths)
    assert sorted(index for batch in made for index in batch) == list(range(len(lengths)))
    assert all(max(lengths[i] for i in batch) * len(batch) <= embeddings.BATCH_TOKENS_MAX for batch in made)


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "\ud83d", "half a ship \ud83d", "x" * 100_000, "🚢" * 999], ids=ascii
)
def test_any_text_has_a_vector(sentences: embeddings.Sentences, text: str) -> None:
    assert np.isfinite(sentences.vectors([text])).all()


def test_blanks_before_a_text_do_not_count_however_many(sentences: embeddings.Sentences) -> None:
    indented, text = sentences.vectors(
        [" \n" * embeddings.CHARACTERS_MAX + "the disk is full", "the disk is full"]
    )
    assert np.array_equal(indented, text)


def test_neither_torch_nor_the_package_of_the_weights_is_imported() -> None:
    program = "import sys; from seatrial_kit import embeddings; embeddings.Sentences().vectors(['a'])\n"
    check = f"sys.exit(bool({{'torch', 'sentence_transformers', '{embeddings.PACKAGE}'}} & set(sys.modules)))"
    subprocess.run([sys.executable, "-W", "error", "-c", program + check], check=True)


def test_the_exported_requirements_leave_torch_out() -> None:
    root = Path(__file__).parents[3]
    for path in (*root.glob("requirements/*.txt"), *root.glob("systems/*/requirements.txt")):
        entries = path.read_text("utf-8").replace("\\\n", " ").splitlines()
        wanted = [entry for entry in entries if "sys_platform == 'never'" not in entry]
        assert not [entry for entry in wanted if entry.startswith(("torch==", "sentence-transformers=="))]
    installed = {each.metadata["Name"].lower() for each in importlib.metadata.distributions()}
    assert not installed & {"torch", "sentence-transformers"}


def test_the_program_of_the_page_finds_the_nearest_text() -> None:
    assert pages.run("embeddings", {}) == "no space left on device\n"
