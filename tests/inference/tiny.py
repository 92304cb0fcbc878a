"""Where the tiny bundles lie: see make_tiny_bundle.py for what they know."""

from pathlib import Path

TINY = Path(__file__).resolve().parent.parent / "data" / "tiny_bundle"
