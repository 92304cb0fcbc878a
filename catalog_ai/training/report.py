"""An evaluation as one HTML file that needs nothing beside it."""

import base64
import io
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from catalog_ai.inference.bundle import Bundle
from catalog_ai.inference.images import ImageRejected, decode_image
from catalog_ai.training import charts, metrics
from catalog_ai.training.judging import Judged
from catalog_ai.training.photos import Photos

WORST = 24
CURVES = 6
THUMBNAIL = 112
STYLE = """body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;color:#222}
table{border-collapse:collapse}td,th{padding:.2rem .6rem;border-bottom:1px solid #ddd}
td+td,th+th{text-align:right}figure{display:inline-block;margin:1rem 2rem 1rem 0;vertical-align:top}
figcaption{font-weight:600;margin-bottom:.3rem}svg text{font-size:11px}
.worst figure{width:8rem;margin:.4rem}.worst img{border:1px solid #ddd}"""


def write_report(
    folder: Path, bundle: Bundle, figures: dict[str, Any], judged: Judged, photos: Photos
) -> Path:
    """Write `report.html` into the folder; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    title = f"{bundle.model_version} on {photos.path.name}: {figures['column']}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        _tabulate(figures),
        _draw(judged),
        "<h2>Classes</h2>",
        _tabulate_classes(figures["per_class"]),
        "<h2>Worst mistakes</h2><p>The surest wrong answers first: truth, then the answer.</p>",
        f'<div class="worst">{"".join(_show_worst(judged, photos))}</div>',
    ]
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style><body>{''.join(parts)}</body></html>"
    )
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def _tabulate(figures: dict[str, Any]) -> str:
    rows = {key: value for key, value in figures.items() if isinstance(value, int | float)}
    rows |= {f"filed at {key} error": value for key, value in figures["automation"].items()}
    cells = "".join(f"<tr><td>{escape(k)}</td><td>{v:.4g}</td></tr>" for k, v in rows.items())
    unknown = ", ".join(f"{name} ({count})" for name, count in figures["unknown_names"].items())
    note = f"<p>Names the model does not know: {escape(unknown)}</p>" if unknown else ""
    return f"<table>{cells}</table>{note}"


def _tabulate_classes(per_class: dict[str, dict[str, float]]) -> str:
    keys = ("precision", "recall", "f1", "support")
    head = "".join(f"<th>{key}</th>" for key in ("class", *keys))
    rows = "".join(
        f"<tr><td>{escape(name)}</td>" + "".join(f"<td>{one[key]:.3g}</td>" for key in keys)
        for name, one in per_class.items()
    )
    return f"<table><tr>{head}</tr>{rows}</table>"


def _draw(judged: Judged) -> str:
    support = judged.confusion.sum(1)
    largest = np.argsort(-support, kind="stable")
    curves = {}
    for at in largest[:CURVES]:
        traced = metrics.trace_precision_recall(
            judged.scores[:, at], (judged.truth == at).astype(int)
        )
        curves[judged.classes[at]] = list(zip(traced[1].tolist(), traced[0].tolist(), strict=True))
    correct = (judged.scores.argmax(1) == judged.truth).astype(int)
    bins = metrics.bin_by_confidence(judged.scores.max(1), correct)
    reliable = {"all photos": [(mean, rate) for _, mean, rate in bins]}
    return "".join(
        [
            charts.draw_curves("Precision and recall", curves, ("recall", "precision")),
            charts.draw_curves(
                "Reliability", reliable, ("confidence", "share right"), diagonal=True
            ),
            charts.draw_confusion("Confusion", judged.classes, judged.confusion.tolist()),
            charts.draw_bars(
                "Photos of each class", {judged.classes[at]: int(support[at]) for at in largest}
            ),
        ]
    )


def _show_worst(judged: Judged, photos: Photos) -> list[str]:
    predicted, confidence = judged.scores.argmax(1), judged.scores.max(1)
    wrong = np.flatnonzero(predicted != judged.truth)
    worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:WORST]
    return [
        f"<figure>{_embed(photos, judged.names[row])}<div>"
        f"{escape(judged.classes[judged.truth[row]])}"
        f" &rarr; {escape(judged.classes[predicted[row]])} {confidence[row]:.2f}</div></figure>"
        for row in worst
    ]


def _embed(photos: Photos, name: str) -> str:
    try:
        pixels = decode_image(photos.read(name), width=THUMBNAIL, height=THUMBNAIL)
    except (ImageRejected, FileNotFoundError) as error:
        return f"<p>{escape(str(error))}</p>"
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=80)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{escape(name)}" src="data:image/jpeg;base64,{data}">'
