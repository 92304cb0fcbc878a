"""The demo shop's own product pictures, drawn by code. The model is never trained on them."""

from shop_demo.drawings import (
    accessories,
    bags,
    beauty,
    bottoms,
    dresses,
    footwear,
    jackets,
    layers,
    luggage,
    oddities,
    openshoes,
    running,
    shirts,
    shorts,
    smallwear,
    tops,
    underwear,
    watches,
)
from shop_demo.drawings.drawing import Drawing, render_drawing

DRAWINGS: tuple[Drawing, ...] = (
    *tops.DRAWINGS,
    *shirts.DRAWINGS,
    *layers.DRAWINGS,
    *jackets.DRAWINGS,
    *dresses.DRAWINGS,
    *bottoms.DRAWINGS,
    *shorts.DRAWINGS,
    *underwear.DRAWINGS,
    *footwear.DRAWINGS,
    *running.DRAWINGS,
    *openshoes.DRAWINGS,
    *bags.DRAWINGS,
    *luggage.DRAWINGS,
    *watches.DRAWINGS,
    *accessories.DRAWINGS,
    *smallwear.DRAWINGS,
    *beauty.DRAWINGS,
)

# No fashion: what the model should answer with "unidentified".
ODDITIES: tuple[Drawing, ...] = oddities.DRAWINGS

__all__ = ["DRAWINGS", "ODDITIES", "Drawing", "render_drawing"]
