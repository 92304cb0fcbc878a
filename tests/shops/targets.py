"""The targets of the test shops."""

from catalog_ai.targets import ProductTarget


class IntTarget(ProductTarget):
    model = "shops.IntProduct"
    create_categories = True


class UuidTarget(ProductTarget):
    model = "shops.UuidProduct"
    image = "photo"
    categories = "category"
    create_categories = True


class SlugTarget(ProductTarget):
    model = "shops.SlugProduct"
    categories = "section"


class GalleryTarget(ProductTarget):
    model = "shops.GalleryProduct"
    image = "images__original"
    create_categories = True


class TaggedTarget(ProductTarget):
    model = "shops.TaggedProduct"
    categories = "tags"
    create_categories = True
