"""Where the model looked: one label's share of a product's photo, drawn to lie over it."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catalog_ai.conf import get_settings
from catalog_ai.inference.attention import map_attention
from catalog_ai.inference.classifier import Classifier
from catalog_ai.inference.images import decode_for, locate_picture
from catalog_ai.models import Classification
from catalog_ai.targets import get_target
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.reading import read_images

SHADE = 175  # of 255: how dark the parts become that say nothing


class NothingToLookAt(Exception):
    """The product has no photo any more, or the model has no such label any more."""


def draw_attention(row: Classification, label: str) -> bytes:
    """A PNG of the shape of the product's present photo: dark where nothing speaks for the label.

    Raises:
        NothingToLookAt: see there. ImageRejected: the photo cannot be read.
        AttentionUnavailable: the bundle's network cannot say.
    """
    bundle = get_bundle()
    place = next((at for at, one in enumerate(bundle.labels) if one.id == label), None)
    data = _read_photo(row)
    if data is None or place is None:
        raise NothingToLookAt
    spec, limits = bundle.input, get_settings().image_limits
    width, height = spec.width, spec.height
    pixels = decode_for(spec, data, limits)
    # Made for this one look, in about 10 ms: the web server's threads share no interpreter.
    classifier = Classifier(bundle, keep_tensors=True)
    attention = map_attention(classifier, pixels, place)
    box = locate_picture(data, width=width, height=height, fit=spec.fit, limits=limits)
    return _draw_shade(attention, box, (width, height))


def _read_photo(row: Classification) -> bytes | None:
    (read,) = read_images([row], get_target(row.target), force=True)
    return read.data


def _draw_shade(
    attention: NDArray[np.float32], box: tuple[int, int, int, int], size: tuple[int, int]
) -> bytes:
    """The map at the network's size, cut to the picture: black, opaque where attention is low."""
    smooth = Image.fromarray(attention).resize(size, Image.Resampling.BICUBIC).crop(box)
    opacity = np.rint(SHADE * (1 - np.clip(np.asarray(smooth), 0, 1))).astype(np.uint8)
    shade = Image.new("LA", smooth.size)
    shade.putalpha(Image.fromarray(opacity))
    file = io.BytesIO()
    shade.save(file, "PNG")
    return file.getvalue()
