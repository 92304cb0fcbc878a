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
STYLE = """:root{color-scheme:light dark;--page:#fff;--text:#222;--faint:#bbb;--line:#ddd;
--data-0:#1f5fa8;--data-1:#b5490f;--data-2:#2f7d3b;--data-3:#7a3e9d;--data-4:#a32a3c;--data-5:#5a6470}
@media(prefers-color-scheme:dark){:root{--page:#16181b;--text:#e6e6e6;--faint:#666;--line:#3a3d42;
--data-0:#6ea8f0;--data-1:#f0935a;--data-2:#6fc47d;--data-3:#c58ae6;--data-4:#f2788a;--data-5:#a9b4c0}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:72rem;
background:var(--page);color:var(--text)}
h1{font-size:1.4rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse}td,th{padding:.25rem .7rem;border-bottom:1px solid var(--line)}
th{text-align:left;font-weight:600}td{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
thead th+th{text-align:right}
figure{margin:0}figcaption{font-weight:600;margin-bottom:.3rem}
svg{display:block}svg text{font-size:11px;fill:currentColor}
.charts{display:flex;flex-wrap:wrap;gap:1.5rem 2.5rem}.charts figure{max-width:100%}
.scroll{overflow-x:auto;max-width:100%}
.worst{display:grid;grid-template-columns:repeat(auto-fill,minmax(8rem,1fr));gap:.8rem}
.worst img{width:100%;max-width:9rem;border:1px solid var(--line)}
.worst div{font-size:.85rem;overflow-wrap:anywhere}"""
# What the figures are called, in the order in which they are read.
TITLES = {
    "images": "Photos",
    "accuracy": "Right answers",
    "macro_f1": "F1, mean over classes",
    "weighted_f1": "F1, mean over photos",
    "macro_auprc": "Area under precision and recall, mean over classes",
    "roc_auc": "Area under ROC, mean over classes",
    "ece": "Calibration error (ECE)",
    "unidentified": "Left unidentified",
    "unidentified_negatives": "Photos of something else left unidentified",
    "images_per_second": "Photos a second",
}
SHARES = {"accuracy", "unidentified", "unidentified_negatives"}


def write_report(
    folder: Path, bundle: Bundle, figures: dict[str, Any], judged: Judged, photos: Photos
) -> Path:
    """Write `report.html` into the folder; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    title = f"{bundle.model_version} on {photos.path.name}: {figures['column']}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        _tabulate(figures),
        "<h2>Filed without a person</h2>",
        _tabulate_filing(figures),
        f'<h2>Charts</h2><div class="charts">{_draw(judged)}</div>',
        "<h2>Classes</h2>",
        _tabulate_classes(figures["per_class"]),
        "<h2>Worst mistakes</h2><p>The surest wrong answers first: truth, then the answer.</p>",
        f'<div class="worst">{"".join(_show_worst(judged, photos))}</div>',
    ]
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>"
    )
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def _tabulate(figures: dict[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td>{_show(key, figures[key])}</td></tr>'
        for key, name in TITLES.items()
        if key in figures
    )
    notes = [
        _list_names("Names the model does not know, counted as wrong", figures["unknown_names"]),
        _list_names("Not judged", figures["not_judged"]),
        _list_names("Photos that could not be read, counted as wrong", figures["refused"]),
    ]
    return f'<div class="scroll" tabindex="0"><table>{rows}</table></div>{"".join(notes)}'


def _show(key: str, value: float) -> str:
    if np.isnan(value):
        return "–"
    return f"{100 * value:.1f} %" if key in SHARES else f"{value:.4g}"


def _list_names(title: str, found: dict[str, Any]) -> str:
    names = ", ".join(f"{name} ({what})" for name, what in found.items())
    return f"<p>{title}: {escape(names)}.</p>" if names else ""


def _tabulate_filing(figures: dict[str, Any]) -> str:
    """By the bundle's own presets, then what one limit chosen on these very photos could do."""
    rows = [
        (preset, one["share"], one["error"]) for preset, one in figures.get("filed", {}).items()
    ]
    rows += [
        (f"best possible single limit at {float(error):.0%} error", share, float("nan"))
        for error, share in figures["automation"].items()
    ]
    cells = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{100 * share:.1f} %</td>'
        f"<td>{'–' if np.isnan(error) else f'{100 * error:.1f} %'}</td></tr>"
        for name, share, error in rows
    )
    titles = ("thresholds", "filed", "wrong of these")
    head = "<tr>" + "".join(f'<th scope="col">{one}</th>' for one in titles) + "</tr>"
    return (
        f'<div class="scroll" tabindex="0"><table><thead>{head}</thead>'
        f"<tbody>{cells}</tbody></table></div>"
    )


def _tabulate_classes(per_class: dict[str, dict[str, float]]) -> str:
    keys = ("precision", "recall", "f1", "support")
    names = ("class", "precision", "recall", "F1", "photos")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{one[key]:.3g}</td>" for key in keys)
        + "</tr>"
        for name, one in per_class.items()
    )
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


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
                "Reliability: the dashes are perfect",
                reliable,
                ("confidence", "share right"),
                diagonal=True,
            ),
            charts.draw_confusion(
                "Confusion: a row is a truth, a column an answer",
                judged.classes,
                judged.confusion.tolist(),
            ),
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
