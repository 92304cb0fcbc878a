"""Catalogue health: what is wrong with products, their photos and the mapping of labels."""
