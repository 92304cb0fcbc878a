"""What a small shop has: categories and products with a photo."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog_ai.models import CategorizedProduct


class Category(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Product(CategorizedProduct):
    title = models.CharField(_("title"), max_length=200)
    image = models.ImageField(_("photo"), upload_to="products/", blank=True)
    price = models.DecimalField(_("price"), max_digits=8, decimal_places=2, default=0)
    categories = models.ManyToManyField(
        Category, verbose_name=_("categories"), blank=True, related_name="products"
    )
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta(CategorizedProduct.Meta):
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.title
