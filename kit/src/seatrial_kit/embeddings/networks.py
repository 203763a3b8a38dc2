"""The forward pass of BERT (Devlin and others, 2018) in numpy; the mean of the last layer is the sentence.

Six layers, twelve heads, 384 numbers: MiniLM (Wang and others, 2020). Only inference, only this shape.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

SIZE = 384
LAYERS = 6
HEADS = 12
EPSILON = 1e-12

type Array = np.ndarray[Any, np.dtype[Any]]  # of float32; what numpy says of its types is wider


class Network:
    """Weights by the names that the model's file gives them; nothing is changed after the start."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._weights = weights

    def vectors(self, ids: Sequence[Sequence[int]]) -> Array:
        """One row of length 1 for each list of token ids; shape (texts, 384)."""
        length = max(map(len, ids))
        tokens = np.zeros((len(ids), length), dtype=np.int64)
        mask = np.zeros((len(ids), length), dtype=np.float32)
        for row, each in enumerate(ids):
            tokens[row, : len(each)] = each
            mask[row, : len(each)] = 1
        state = self._embed(tokens)
        bias = (mask - 1)[:, None, None, :] * np.float32(1e9)
        for layer in range(LAYERS):
            state = self._layer(f"encoder.layer.{layer}", state, bias)
        means = (state * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        rows: Array = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), np.float32(EPSILON))
        return rows

    def _embed(self, tokens: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> Array:
        weights = self._weights
        words = weights["embeddings.word_embeddings.weight"][tokens]
        places = weights["embeddings.position_embeddings.weight"][: tokens.shape[1]]
        kinds = weights["embeddings.token_type_embeddings.weight"][0]
        return self._norm("embeddings.LayerNorm", words + places + kinds)

    def _layer(self, name: str, state: Array, bias: Array) -> Array:
        attended = self._dense(f"{name}.attention.output.dense", self._attend(name, state, bias))
        state = self._norm(f"{name}.attention.output.LayerNorm", attended + state)
        inner = gelu(self._dense(f"{name}.intermediate.dense", state))
        return self._norm(f"{name}.output.LayerNorm", self._dense(f"{name}.output.dense", inner) + state)

    def _attend(self, name: str, state: Array, bias: Array) -> Array:
        texts, length, _ = state.shape

        def heads(part: str) -> Array:
            dense = self._dense(f"{name}.attention.self.{part}", state)
            return dense.reshape(texts, length, HEADS, SIZE // HEADS).transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2)
        scores *= np.float32(1 / math.sqrt(SIZE // HEADS))
        scores += bias
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        return (scores @ heads("value")).transpose(0, 2, 1, 3).reshape(texts, length, SIZE)

    def _dense(self, name: str, state: Array) -> Array:
        flat = state.reshape(-1, state.shape[-1])  # one product of two matrices, not one a text
        flat = flat @ self._weights[f"{name}.weight"].T
        flat += self._weights[f"{name}.bias"]
        return flat.reshape(*state.shape[:-1], -1)

    def _norm(self, name: str, state: Array) -> Array:
        centred = state - state.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(EPSILON))
        return centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def gelu(values: Array) -> Array:
    """Gives x · Φ(x) with the exact Φ, as the model was trained; not the common approximation by tanh."""
    return values * (np.float32(0.5) * (1 + erf(values * np.float32(1 / math.sqrt(2)))))


def erf(values: Array) -> Array:
    """The error function to 1.5e-7: Abramowitz and Stegun, 7.1.26. numpy has none."""
    size = np.abs(values)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = np.full_like(t, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = series * t + np.float32(factor)
    return np.copysign(1 - series * t * np.exp(-size * size), values)
