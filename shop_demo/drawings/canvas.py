"""The sheet a product is drawn on: shaded pieces, seams, stitches and shadows, back to front."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from shop_demo.drawings.fabric import Material, Surface, Window, plain, rgb
from shop_demo.drawings.light import View, blur, shade, tilt
from shop_demo.drawings.shapes import (
    Array,
    Box,
    Knots,
    Points,
    bounds,
    fill_mask,
    ribbon,
    trace,
)

Outline = Knots | Points


class Canvas:
    """A square picture of `size` pixels that starts white.

    Lengths are fractions of the picture. `coverage` remembers where anything was drawn, so that
    shadows fall on things more than on the paper.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.seed = seed
        self.picture: Array = np.ones((size, size, 3), np.float32)
        self.coverage: Array = np.zeros((size, size), np.float32)
        self.view: View | None = None

    def window(self, outlines: Sequence[Points], margin: float = 0.01) -> Window:
        """The part of the picture round some outlines."""
        return Window(
            bounds(outlines, self.size, round(margin * self.size) + 2), self.size, self.seed
        )

    def piece(
        self,
        outline: Outline,
        material: Material | str,
        *,
        cut: Sequence[Outline] = (),
        puff: float = 0.03,
        folds: Array | None = None,
        drape: tuple[float, float, float] | None = None,
        gloss: float = 0.0,
        shine: float = 18.0,
        edge: float = 0.22,
        drop: float = 0.0,
        opacity: float = 1.0,
    ) -> None:
        """Draw one piece.

        A material that is only a colour is smooth. `cut` are holes, `puff` how far from its
        edge it bulges, `drape` the width, height and depth of random folds, `folds` a relief of
        its own, `gloss` and `shine` the strength and sharpness of highlights, `edge` how much
        its rim darkens, `drop` its shadow's reach.
        """
        shape = trace(outline)
        window = self.window([shape], margin=max(drop * 2, 0.01))
        mask = fill_mask([shape], self.size, window.box)
        for hole in cut:
            mask = mask * (1 - fill_mask([trace(hole)], self.size, window.box))
        if drop:
            self._cast(mask, window.box, drop)
        surface = (plain(material, 0, 0) if isinstance(material, str) else material)(window)
        relief = surface.relief + self._bulge(mask, puff)
        if drape is not None:
            wide, high, depth = drape
            relief = relief + window.noise(wide, high, 11) * np.float32(depth * self.size)
        if folds is not None:
            x0, y0, x1, y1 = window.box
            relief = relief + folds[y0:y1, x0:x1] * np.float32(self.size)
        lit = shade(Surface(surface.colour, relief), gloss, shine)
        lit = lit * (1 - edge * self._rim(mask))[..., None]
        self.lay(lit, mask * opacity, window.box)

    def _bulge(self, mask: Array, puff: float) -> Array:
        if puff <= 0:
            return np.zeros_like(mask)
        reach = puff * self.size
        return sum(  # type: ignore[return-value]
            (blur(mask, reach * part) * np.float32(reach * part * 0.6) for part in (0.35, 1.0)),
            np.zeros_like(mask),
        )

    def _rim(self, mask: Array) -> Array:
        return np.clip(1 - blur(mask, 0.012 * self.size), 0, 1) * mask

    def lay(self, colour: Array, mask: Array, box: Box) -> None:
        """Put a picture on the sheet through a mask."""
        x0, y0, x1, y1 = box
        part = self.picture[y0:y1, x0:x1]
        part += (np.clip(colour, 0, 1) - part) * mask[..., None]
        covered = self.coverage[y0:y1, x0:x1]
        np.maximum(covered, mask, out=covered)

    def _cast(self, mask: Array, box: Box, reach: float, strength: float = 0.42) -> None:
        x0, y0, x1, y1 = box
        soft = blur(mask, reach * self.size)
        step = max(1, round(reach * self.size * 0.5))
        moved = np.zeros_like(soft)
        moved[step:, step // 2 :] = soft[:-step, : soft.shape[1] - step // 2]
        dark = moved * (0.12 + 0.88 * self.coverage[y0:y1, x0:x1]) * strength
        self.picture[y0:y1, x0:x1] *= (1 - np.clip(dark, 0, 1))[..., None]

    def line(
        self, knots: Outline, width: float, colour: str, opacity: float = 1.0, soft: float = 0.0
    ) -> None:
        """A flat line: seams, creases, prints."""
        band = ribbon(trace(knots, closed=False), width)
        window = self.window([band], margin=0.01 + soft * 2)
        mask = blur(fill_mask([band], self.size, window.box), soft * self.size)
        x0, y0, x1, y1 = window.box
        part = self.picture[y0:y1, x0:x1]
        part += (rgb(colour) - part) * np.clip(mask * opacity, 0, 1)[..., None]

    def seam(self, knots: Outline, depth: float = 0.3) -> None:
        """Where two pieces of cloth meet: a thin dark line with a lit edge."""
        line = trace(knots, closed=False)
        self.line(line, 0.0035, "#000000", depth, 0.001)
        self.line(line + (0.002, 0.003), 0.002, "#ffffff", depth * 0.35, 0.0008)

    def stitch(
        self, knots: Outline, colour: str, length: float = 0.008, width: float = 0.0026
    ) -> None:
        """Sewing: dashes along a line."""
        line = trace(knots, closed=False)
        away = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
        count = max(1, int(away[-1] / (length * 1.5)))
        starts = np.arange(count) * length * 1.5
        bands = []
        for start in starts:
            at = np.array([start, start + length])
            dash = np.stack([np.interp(at, away, line[:, axis]) for axis in (0, 1)], axis=1)
            bands.append(ribbon(dash, width))
        window = self.window(bands)
        mask = fill_mask(bands, self.size, window.box)
        self.lay(rgb(colour) * np.ones((1, 1, 3), np.float32), mask * 0.85, window.box)

    def crease(self, lines: Sequence[Outline], width: float, depth: float) -> Array:
        """A relief for `piece`: soft ridges (depth > 0) or furrows along some lines."""
        bands = [ribbon(trace(line, closed=False), width, width * 0.25) for line in lines]
        everywhere = (0, 0, self.size, self.size)
        mask = fill_mask(bands, self.size, everywhere)
        return blur(mask, width * self.size * 0.8) * np.float32(depth)

    def glow(self, outline: Outline, colour: str, opacity: float, soft: float) -> None:
        """A soft patch of light or dark on what is already drawn."""
        shape = trace(outline)
        window = self.window([shape], margin=soft * 2)
        x0, y0, x1, y1 = window.box
        mask = blur(fill_mask([shape], self.size, window.box), soft * self.size)
        mask = np.clip(mask, 0, 1) * self.coverage[y0:y1, x0:x1] * opacity
        part = self.picture[y0:y1, x0:x1]
        part += (rgb(colour) - part) * mask[..., None]

    def ground(self, outline: Outline, opacity: float = 0.3, soft: float = 0.02) -> None:
        """The shadow on the paper under a standing thing; draw it first."""
        shape = trace(outline)
        window = self.window([shape], margin=soft * 3)
        mask = np.clip(blur(fill_mask([shape], self.size, window.box), soft * self.size), 0, 1)
        x0, y0, x1, y1 = window.box
        self.picture[y0:y1, x0:x1] *= (1 - mask * opacity)[..., None]

    def image(self, portrait: bool = False) -> Image.Image:
        """The finished picture, square or cut to 3:4."""
        pixels = (np.clip(self.picture, 0, 1) * 255 + 0.5).astype(np.uint8)
        picture = Image.fromarray(pixels)
        if self.view is not None:
            picture = tilt(picture, self.view)
        if portrait:
            side = self.size // 8
            picture = picture.crop((side, 0, self.size - side, self.size))
        return picture
