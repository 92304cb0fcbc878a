"""Shops of every shape that a target must fit: keys, categories and places of the image."""

import uuid

from django.db import models
from taggit.managers import TaggableManager


class Kind(models.Model):
    name = models.CharField(max_length=50)


class Brand(models.Model):
    """Its page shows products of both kinds of categories, each in an inline."""

    name = models.CharField(max_length=50)


class IntProduct(models.Model):
    """An integer key, several categories."""

    name = models.CharField(max_length=50)
    image = models.ImageField(upload_to="int/", blank=True)
    categories = models.ManyToManyField(Kind, blank=True)


class ProductOnSale(IntProduct):
    """The same products under another name, as an admin of their own shows them."""

    class Meta:
        proxy = True


class SizedProduct(IntProduct):
    """A product with more fields, in a table of its own."""

    size = models.CharField(max_length=10)


class UuidProduct(models.Model):
    """A UUID key, one category as a foreign key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    photo = models.ImageField(upload_to="uuid/", blank=True)
    category = models.ForeignKey(Kind, null=True, blank=True, on_delete=models.SET_NULL)
    brand = models.ForeignKey(Brand, null=True, blank=True, on_delete=models.SET_NULL)


class Department(models.Model):
    name = models.CharField(max_length=50)
    code = models.CharField(max_length=10, unique=True)


class CodedProduct(models.Model):
    """One category as a foreign key to something else than the category's primary key."""

    image = models.ImageField(upload_to="coded/", blank=True)
    department = models.ForeignKey(
        Department, null=True, on_delete=models.SET_NULL, to_field="code"
    )


class Shelf(models.Model):
    """A category with a key that somebody has to think of."""

    code = models.CharField(max_length=10, primary_key=True)
    name = models.CharField(max_length=50)
    others = models.ManyToManyField("ShelvedProduct", related_name="other_shelves")


class ShelvedProduct(models.Model):
    image = models.ImageField(upload_to="shelved/", blank=True)
    shelf = models.ForeignKey(Shelf, null=True, blank=True, on_delete=models.SET_NULL)


class SlugProduct(models.Model):
    """A string key, one category as a choice."""

    class Section(models.TextChoices):
        SHIRTS = "shirts", "T-Shirts"
        SHOES = "shoes", "Casual Shoes"

    slug = models.CharField(max_length=40, primary_key=True)
    image = models.ImageField(upload_to="slug/", blank=True)
    section = models.CharField(max_length=20, choices=Section, blank=True)


class GalleryProduct(models.Model):
    """Its pictures are rows of another model."""

    name = models.CharField(max_length=50)
    categories = models.ManyToManyField(Kind, blank=True)
    brand = models.ForeignKey(Brand, null=True, blank=True, on_delete=models.SET_NULL)


class GalleryImage(models.Model):
    product = models.ForeignKey(GalleryProduct, on_delete=models.CASCADE, related_name="images")
    original = models.ImageField(upload_to="gallery/")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]


class Picture(models.Model):
    """Of products that name it in no way of their own: Django calls it picture and picture_set."""

    product = models.ForeignKey(ShelvedProduct, on_delete=models.CASCADE)
    file = models.ImageField(upload_to="pictures/")


class TaggedProduct(models.Model):
    """Its categories are tags."""

    image = models.ImageField(upload_to="tagged/", blank=True)
    tags = TaggableManager(blank=True)
