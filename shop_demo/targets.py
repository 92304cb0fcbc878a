"""How catalog_ai sees the demo shop."""

from catalog_ai.targets import ProductTarget


class ShopProductTarget(ProductTarget):
    model = "shop_demo.Product"
    image = "image"
    categories = "categories"
    create_categories = True
    value = "price"
