"""Targets: how catalog_ai reads and files the products of a shop's own models."""

from catalog_ai.targets.categories import make_category_field
from catalog_ai.targets.category_field import CategoryField, Change
from catalog_ai.targets.product import ProductTarget
from catalog_ai.targets.registry import find_target, get_target, get_targets, load_target_classes

__all__ = [
    "CategoryField",
    "Change",
    "ProductTarget",
    "find_target",
    "get_target",
    "get_targets",
    "load_target_classes",
    "make_category_field",
]
