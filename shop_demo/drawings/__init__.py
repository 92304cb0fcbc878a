"""The demo shop's own product pictures, drawn by code. The model is never trained on them."""

from shop_demo.drawings import accessories, bags, bottoms, footwear, openshoes, tops
from shop_demo.drawings.drawing import Drawing, render_drawing

DRAWINGS: tuple[Drawing, ...] = (*tops.DRAWINGS, *bottoms.DRAWINGS, *footwear.DRAWINGS, *openshoes.DRAWINGS, *bags.DRAWINGS, *accessories.DRAWINGS)

__all__ = ["DRAWINGS", "Drawing", "render_drawing"]
