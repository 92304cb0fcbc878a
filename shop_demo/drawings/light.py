"""Soft blurs, light on relief, and the point of view."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from shop_demo.drawings.fabric import Surface, blend
from shop_demo.drawings.shapes import Array

AMBIENT = 0.42
# Where the light comes from: the upper left, in front. x right, y down, z to the viewer.
LIGHT = np.array([-0.38, -0.62, 0.69], np.float32)


def blur(values: Array, radius: float) -> Array:
    """A soft blur of about `radius` pixels, by way of a small copy."""
    if radius < 0.7:
        return values
    high, wide = values.shape
    step = max(1.0, radius / 2.5)
    small = (max(1, round(wide / step)), max(1, round(high / step)))
    picture = Image.fromarray(values.astype(np.float32))
    tiny = np.asarray(picture.resize(small, Image.Resampling.HAMMING), dtype=np.float32)
    for _ in range(2):
        tiny = _smooth(_smooth(tiny).T).T
    soft = Image.fromarray(np.ascontiguousarray(tiny))
    return np.asarray(soft.resize((wide, high), Image.Resampling.BICUBIC), dtype=np.float32)


def _smooth(values: Array) -> Array:
    """Each row averaged with its neighbours, 1 4 6 4 1."""
    padded = np.pad(values, ((2, 2), (0, 0)), mode="edge")
    outer, inner = padded[:-4] + padded[4:], padded[1:-3] + padded[3:-1]
    return (outer + 4 * inner + 6 * padded[2:-2]) / np.float32(16)


@dataclass(frozen=True)
class View:
    """From where a side view is seen: turned clockwise, the right side `near` times as tall.

    `depth` is what is left of the length: 1 from the side, less the more from the front.
    """

    degrees: float
    near: float
    depth: float
    mirrored: bool = False


def tilt(picture: Image.Image, view: View) -> Image.Image:
    """The picture of a side view, seen from the front corner."""
    side = picture.width
    corners = np.array([(0, 0), (0, side), (side, side), (side, 0)], float) - side / 2
    corners[2:] *= (1 / view.depth, 1 / view.near)
    corners[:2] *= (1 / view.depth, view.near)
    angle = np.radians(-view.degrees)
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    quad = (corners @ spin + side / 2).ravel().tolist()
    turned = picture.transform(
        picture.size,
        Image.Transform.QUAD,
        quad,
        Image.Resampling.BICUBIC,
        fillcolor=(255, 255, 255),
    )
    return ImageOps.mirror(turned) if view.mirrored else turned


def shade(surface: Surface, gloss: float, shine: float) -> Array:
    """Light a surface from the upper left: diffuse plus a highlight (Blinn-Phong)."""
    down, right = np.gradient(surface.relief)
    length = np.sqrt(1 + down * down + right * right)
    facing = (LIGHT[2] - right * LIGHT[0] - down * LIGHT[1]) / length
    light = AMBIENT + (1 - AMBIENT) * np.clip(facing, 0, 2) / LIGHT[2]
    colour = surface.colour * np.clip(light, 0, 1.35)[..., None]
    if gloss:
        half = LIGHT + (0, 0, 1)
        half = half / np.linalg.norm(half)
        glance = np.clip((half[2] - right * half[0] - down * half[1]) / length, 0, 1)
        colour = blend(colour, np.ones(3, np.float32), np.clip(glance**shine * gloss, 0, 1))
    return colour  # type: ignore[no-any-return]
