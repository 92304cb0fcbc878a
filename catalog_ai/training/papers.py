"""Published protocols, repeated with our network. Run: `python -m catalog_ai.training.papers`."""

import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from catalog_ai.inference.bundle import SHIPPED_BUNDLE, Bundle, load_bundle
from catalog_ai.training import metrics
from catalog_ai.training.command import run_command
from catalog_ai.training.composed import measure_composed
from catalog_ai.training.judging import judge_classes
from catalog_ai.training.manifest import Manifest, load_manifest
from catalog_ai.training.predict import PhotoScores, score_photos
from catalog_ai.training.taxonomy import MISSING, Row

SHOWN = ("images", "accuracy", "macro_f1", "weighted_f1", "macro_auprc", "roc_auc", "ece")
ENOUGH = 500  # photos of a class in protocol b
SAMPLE_ENOUGH = 100  # photos of a class among the products of protocol c
PUBLISHED = {
    "a": "NASNetLarge, 89 M parameters: accuracy 0.9319, macro-AUPRC 0.9475",
    "b_article": "Xception: accuracy 0.9193",
    "b_subcategory": "Xception: accuracy 0.9804",
    "b_gender_category": "Xception: accuracy 0.9172",
    "c": "VGG19: accuracy 0.925, precision 0.918, recall 0.904, ROC-AUC 0.95",
    "d": "accuracy 0.90",
    "e": "MobileNetV2: accuracy, recall and F1 0.96",
}
# Protocol e's own photos are not public: the nearest seven kinds, and what they are called here.
KINDS = {
    "T-Shirt": ("Tshirts", "T-Shirt"),
    "Shirt": ("Shirts", "Shirt"),
    "Pants": ("Jeans", "Trousers", "Track Pants", "Leggings", "Pants"),
    "Shorts": ("Shorts",),
    "Dress": ("Dresses", "Dress"),
    "Skirt": ("Skirts", "Skirt"),
    "Shoes": ("Casual Shoes", "Sports Shoes", "Formal Shoes", "Shoes"),
}


def add_arguments(parser: ArgumentParser) -> None:
    """The options, for the management command and for running without a shop alike."""
    parser.add_argument("--bundle", type=Path, default=SHIPPED_BUNDLE, help="Folder of the model.")
    parser.add_argument("--data", type=Path, required=True, help="Folder of the shared sets.")
    parser.add_argument("--only", nargs="*", choices="abcdes", default=list("abces"))
    parser.add_argument("--epochs", type=int, default=28, help="Of protocol d's own training.")


class Bench:
    """The test photos of the catalogue and the flat-lays, scored once for all protocols."""

    def __init__(self, bundle: Bundle, data: Path) -> None:
        self.bundle = bundle
        self.catalogue = load_manifest(data / "catalogue.csv")
        self.flatlay = load_manifest(data / "flatlay.csv")
        self.rows, self.scored = score_test(bundle, self.catalogue)

    def judge(
        self, column: str, classes: Sequence[str], rows: list[Row], scored: PhotoScores
    ) -> dict[str, Any]:
        """The figures of one protocol over the rows of the given classes."""
        values = ["+".join(row[one] for one in column.split("+")) for row in rows]
        names = [row["file"] for row in rows]
        figures, judged = judge_classes(self.bundle, scored, names, column, values, classes)
        each = metrics.score_classes(judged.confusion)
        return {key: figures[key] for key in SHOWN} | {
            "classes": len(classes),
            "precision": float(each["precision"].mean()),
            "recall": float(each["recall"].mean()),
            "filed_at_0.02": figures["automation"]["0.02"],
            "filed_balanced": figures["filed"]["balanced"],
        }

    def count(self, column: str) -> Counter[str]:
        """Photos of each value over the whole catalogue, joint columns joined."""
        names = column.split("+")
        return Counter(
            "+".join(row[name] for name in names)
            for row in self.catalogue.rows
            if all(row[name] not in MISSING for name in names)
        )


def score_test(bundle: Bundle, manifest: Manifest) -> tuple[list[Row], PhotoScores]:
    """Test rows of a set and their scores."""
    rows = [row for row in manifest.rows if row["split"] == "test"]
    return rows, score_photos(bundle, manifest.photos, [row["file"] for row in rows])


def run_a(bench: Bench) -> dict[str, Any]:
    """The 54 commonest article types."""
    classes = [name for name, _ in bench.count("articleType").most_common(54)]
    return {"a": bench.judge("articleType", classes, bench.rows, bench.scored)}


def run_b(bench: Bench) -> dict[str, Any]:
    """Classes with at least 500 photos: article type, sub-category, gender with category."""
    columns = {
        "b_article": "articleType",
        "b_subcategory": "subCategory",
        "b_gender_category": "gender+masterCategory",
    }
    results = {}
    for key, column in columns.items():
        classes = [name for name, count in bench.count(column).items() if count >= ENOUGH]
        results[key] = bench.judge(column, classes, bench.rows, bench.scored)
    return results


def run_c(bench: Bench) -> dict[str, Any]:
    """Products never trained on (the paper had 5,000), and search among them by likeness.

    The paper does not list its classes: article types with at least 100 of these products.
    """
    counts = Counter(row["articleType"] for row in bench.rows)
    classes = [name for name, count in counts.items() if count >= SAMPLE_ENOUGH]
    figures = bench.judge("articleType", classes, bench.rows, bench.scored)
    figures["precision_at_5"] = measure_search(bench.rows, bench.scored)
    return {"c": figures}


def measure_search(rows: Sequence[Row], scored: PhotoScores, nearest: int = 5) -> float:
    """Share of the five nearest other products of the query's article type, over all products.

    Copies of the query's photo under other ids are no finds: they are left out.
    """
    groups = np.array([row.get("duplicate_group") or str(at) for at, row in enumerate(rows)])
    types = np.array([row["articleType"] for row in rows])
    shares = []
    for at in range(0, len(rows), 512):
        similar = scored.embeddings[at : at + 512] @ scored.embeddings.T
        similar[groups[at : at + 512, None] == groups[None, :]] = -2
        found = np.argpartition(-similar, nearest, axis=1)[:, :nearest]
        shares.append((types[found] == types[at : at + 512, None]).mean(1))
    return float(np.concatenate(shares).mean())


def run_e(bench: Bench) -> dict[str, Any]:
    """Seven coarse kinds of clothing over catalogue and flat-lay photos."""
    rows, scored = score_test(bench.bundle, bench.flatlay)
    kind_of = {name: kind for kind, names in KINDS.items() for name in names}
    joined = [
        {"file": row["file"], "kind": kind_of.get(row.get("articleType") or row.get("label", ""))}
        for row in (*bench.rows, *rows)
    ]
    chosen = np.array([row["kind"] is not None for row in joined])
    both = PhotoScores(
        np.concatenate([bench.scored.confidences, scored.confidences])[chosen],
        np.concatenate([bench.scored.embeddings, scored.embeddings])[chosen],
        {},
        scored.images_per_second,
    )
    kept = [{key: str(value) for key, value in row.items()} for row in joined if row["kind"]]
    return {"e": bench.judge("kind", list(KINDS), list(kept), both)}


def run_composed(bench: Bench) -> dict[str, Any]:
    """No paper's: two products in one picture."""
    return {"several": measure_composed(bench.bundle, bench.catalogue)}


PROTOCOLS: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "a": run_a,
    "b": run_b,
    "c": run_c,
    "e": run_e,
    "s": run_composed,
}


def run_papers(options: Namespace) -> dict[str, Any]:
    """Figures of the protocols asked for, each beside the published one."""
    results: dict[str, Any] = {}
    if set(options.only) - {"d"}:
        bench = Bench(load_bundle(options.bundle), options.data)
        results["network"] = describe_network(bench.bundle) | {
            "images_per_second": round(bench.scored.images_per_second, 1)
        }
        for key in options.only:
            results |= PROTOCOLS[key](bench) if key in PROTOCOLS else {}
    if "d" in options.only:
        from catalog_ai.training.fashion_mnist import run_d  # Keras: only for this protocol

        results["d"] = run_d(options.data / "fashion_mnist_train.npz", options.epochs)
    for key, published in PUBLISHED.items():
        if key in results:
            results[key]["published"] = published
    return results


def describe_network(bundle: Bundle) -> dict[str, float]:
    """Parameters and megabytes of the network that ships."""
    interpreter = Interpreter(model_path=str(bundle.model_path))
    interpreter.allocate_tensors()
    operations = interpreter._get_ops_details()
    made = {index for one in operations for index in one["outputs"]}
    made |= {one["index"] for one in interpreter.get_input_details()}
    used = {index for one in operations for index in one["inputs"][1:3]} - made
    sizes = {one["index"]: int(np.prod(one["shape"])) for one in interpreter.get_tensor_details()}
    return {
        "parameters": sum(sizes[index] for index in used if index in sizes),
        "megabytes": round(bundle.model_path.stat().st_size / 1e6, 2),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run without a shop: prints one JSON object."""
    return run_command("papers", __doc__, add_arguments, run_papers, arguments)


if __name__ == "__main__":
    sys.exit(main())
