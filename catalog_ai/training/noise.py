"""How sure the labels themselves are: photos that are sold twice, and named twice.

Run: `python -m catalog_ai.training.noise catalogue.csv`. Prints JSON.
"""

import json
import sys
from argparse import ArgumentParser
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from catalog_ai.training.manifest import load_manifest
from catalog_ai.training.taxonomy import MISSING, PLAIN_COLUMNS, Row

GROUP = "duplicate_group"


def measure_noise(rows: Iterable[Row], column: str) -> dict[str, Any]:
    """Pairs of the same photo under two products, and the share of them named differently.

    Where two people (or one, twice) name the same photo differently, at least one label is not
    the other: no model that sees only the photo is right on both. `ceiling` is the accuracy that
    always giving each photo its commonest label would reach on these photos.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.get(GROUP) and (value := row.get(column) or "") not in MISSING:
            groups[row[GROUP]].append(value)
    several = [names for names in groups.values() if len(names) > 1]
    pairs = [tuple(sorted(pair)) for names in several for pair in combinations(names, 2)]
    differing = Counter(pair for pair in pairs if pair[0] != pair[1])
    photos = sum(map(len, several))
    best = sum(max(Counter(names).values()) for names in several)
    return {
        "photos": photos,
        "pairs": len(pairs),
        "named_differently": sum(differing.values()) / len(pairs) if pairs else None,
        "ceiling": best / photos if photos else None,
        "most_common": [[*pair, count] for pair, count in differing.most_common(5)],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the noise of every label column of a CSV."""
    parser = ArgumentParser(prog="python -m catalog_ai.training.noise", description=__doc__)
    parser.add_argument("data", type=Path, help=f"A CSV with a column {GROUP}.")
    rows = load_manifest(parser.parse_args(arguments).data).rows
    columns = [name for name in rows[0] if name not in PLAIN_COLUMNS]
    found = {column: measure_noise(rows, column) for column in columns}
    sys.stdout.write(f"{json.dumps(found, indent=1)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
