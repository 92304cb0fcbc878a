"""The wheel holds the app and nothing else, and a minimal shop boots with it."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]

SETTINGS = """
SECRET_KEY = "minimal"
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
    "django.contrib.sessions", "django.contrib.messages", "django_rq", "catalog_ai", "minishop",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "minishop.urls"
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": "mini.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
}
STATIC_URL = "static/"
QUEUE = {"URL": "redis://127.0.0.1:1/0"}
RQ_QUEUES = {"catalog_ai": QUEUE, "catalog_ai_uploads": QUEUE}
CATALOG_AI = {"TARGETS": ["minishop.targets.Target"]}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
MODELS = """
from django.db import models

class Article(models.Model):
    image = models.ImageField(blank=True)
    category = models.CharField(max_length=9, choices=[("a", "T-Shirts")], blank=True)

    class Meta:
        app_label = "minishop"
"""
TARGETS = """
from catalog_ai.targets import ProductTarget

class Target(ProductTarget):
    model = "minishop.Article"
    categories = "category"
"""
ADMIN = """
from django.contrib import admin
from catalog_ai.admin import AutoCategorizeAdminMixin
from minishop.models import Article

@admin.register(Article)
class ArticleAdmin(AutoCategorizeAdminMixin, admin.ModelAdmin):
    pass
"""
URLS = """
from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "-o",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_only_the_app_with_its_model_and_pages(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} <= {"catalog_ai"}
    for part in (
        "catalog_ai/bundles/fashion/model.tflite",
        "catalog_ai/bundles/fashion/bundle.json",
        "catalog_ai/templates/admin/catalog_ai/review/queue.html",
        "catalog_ai/static/catalog_ai/review.js",
        "catalog_ai/migrations/0001_initial.py",
        "catalog_ai/py.typed",
    ):
        assert part in names
    assert not any("__pycache__" in name for name in names)


def test_a_minimal_shop_boots_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    shop = tmp_path / "minishop"
    shop.mkdir()
    files = {
        "__init__": "",
        "settings": SETTINGS,
        "models": MODELS,
        "targets": TARGETS,
        "admin": ADMIN,
        "urls": URLS,
    }
    for name, text in files.items():
        (shop / f"{name}.py").write_text(text)
    venv.create(tmp_path / "env", with_pip=True)
    python = str(tmp_path / "env" / "bin" / "python")
    pins = ROOT / "requirements.txt"
    install = [python, "-m", "pip", "install", "-q", "-c", str(pins), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "minishop.settings"}
    for arguments in (["check", "--fail-level", "WARNING"], ["migrate", "-v", "0"]):
        command = [python, "-m", "django", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
