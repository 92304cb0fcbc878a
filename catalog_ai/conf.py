"""The one settings key, `CATALOG_AI`, read into a frozen dataclass. Unknown keys are refused."""

import os
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from catalog_ai.inference.bundle import SHIPPED_BUNDLE
from catalog_ai.inference.images import ImageLimits
from catalog_ai.policy import Preset

SETTING = "CATALOG_AI"
SHORTEST_TOKEN = 16  # characters


@dataclass(frozen=True)
class Settings:
    """Every option with its default. `docs/settings.md` explains each."""

    TARGETS: tuple[str, ...] = ()  # dotted paths of ProductTarget classes
    BUNDLE: Path = SHIPPED_BUNDLE
    PRESET: str = Preset.BALANCED
    CATEGORIZE_ON_UPLOAD: bool = True
    APPLY_ON_UPLOAD: bool = True  # may an upload's confident result be filed without a person?
    BULK_QUEUE: str = "catalog_ai"
    UPLOAD_QUEUE: str = "catalog_ai_uploads"
    CRON_QUEUE: str = "catalog_ai_cron"  # only for `rqcron catalog_ai.cron`
    CHUNK_SIZE: int = 1024  # products a job
    BATCH_SIZE: int = 8  # images an inference call
    EXPAND_PAGE: int = 2_000  # products collected a transaction; a smaller run is collected at once
    LEASE_SECONDS: int = 120  # a worker silent for longer has lost its rows
    MAX_ATTEMPTS: int = 3
    JOB_TIMEOUT: int = 600  # seconds a chunk
    JOB_MEMORY_MB: int = 2048  # what a job's process may allocate; 0: no limit
    STALLED_AFTER: int = 900  # seconds without progress until healthz says so
    STOP_AFTER: int = 100  # results of a run before it may pause itself
    STOP_UNIDENTIFIED_PERCENT: int = 50  # of the results; above, the run pauses. 100: never
    STOP_CONTRADICTING_PERCENT: int = 30  # the same, of contradicted categories
    METRICS_TOKEN: str = ""  # who sends it may read metrics and the why of healthz; "": nobody
    AUDIT_SHARE_START: float = 0.1  # of what would be filed, while little is known of a label
    AUDIT_SHARE_LEAST: float = 0.01  # ... and once its error is known to be within the budget
    FOLLOW_EVERY: int = 3600  # seconds between looks whether thresholds keep to their budgets
    MAX_UPLOAD_BYTES: int = 20 * 2**20
    MAX_PIXELS: int = 50_000_000
    THUMBNAIL_STORAGE: str = "default"  # alias in STORAGES
    THUMBNAIL_FOLDER: str = "catalog_ai/thumbnails"  # in that storage

    @property
    def image_limits(self) -> ImageLimits:
        return ImageLimits(max_bytes=self.MAX_UPLOAD_BYTES, max_pixels=self.MAX_PIXELS)


POSITIVE = (
    "CHUNK_SIZE",
    "BATCH_SIZE",
    "EXPAND_PAGE",
    "LEASE_SECONDS",
    "MAX_ATTEMPTS",
    "JOB_TIMEOUT",
    "STALLED_AFTER",
    "STOP_AFTER",
    "FOLLOW_EVERY",
    "MAX_UPLOAD_BYTES",
    "MAX_PIXELS",
)
A_YEAR = 365 * 86_400  # seconds; more than some clock or alarm of the system takes
# Some statements name each product of a page to the database; SQLite takes 32,766 parameters.
MOST = {
    "CHUNK_SIZE": 30_000,
    "EXPAND_PAGE": 30_000,
    "LEASE_SECONDS": A_YEAR,
    "JOB_TIMEOUT": A_YEAR,
    "STALLED_AFTER": A_YEAR,
    "FOLLOW_EVERY": A_YEAR,
    "JOB_MEMORY_MB": 2**40,
    "MAX_PIXELS": 178_956_970,  # beyond, Pillow itself refuses a picture, whatever is set here
}
YES_OR_NO = ("CATEGORIZE_ON_UPLOAD", "APPLY_ON_UPLOAD")
QUEUES = ("BULK_QUEUE", "UPLOAD_QUEUE", "CRON_QUEUE")
PERCENTS = ("STOP_UNIDENTIFIED_PERCENT", "STOP_CONTRADICTING_PERCENT")


def find_setting_mistakes(raw: object) -> list[str]:
    """What is wrong with a `CATALOG_AI` value, one sentence each; empty where nothing is."""
    if not isinstance(raw, dict):
        return [f"{SETTING} must be a dict, not {type(raw).__name__}."]
    known = {field.name for field in fields(Settings)}
    mistakes = [
        f"{SETTING} has no key {key!r}. Known keys: {', '.join(sorted(known))}."
        for key in raw
        if key not in known
    ]
    mistakes += _find_number_mistakes(raw)
    token = raw.get("METRICS_TOKEN", "")
    if not isinstance(token, str) or 0 < len(token) < SHORTEST_TOKEN or not token.isascii():
        mistakes.append(
            f"{SETTING}['METRICS_TOKEN'] must be empty or {SHORTEST_TOKEN}+ ASCII characters."
        )
    mistakes += _find_share_mistakes(raw)
    mistakes += _find_thumbnail_mistakes(raw)
    return mistakes + _find_choice_mistakes(raw) + _find_path_mistakes(raw)


def _find_number_mistakes(raw: dict[str, Any]) -> list[str]:
    mistakes = [
        f"{SETTING}[{name!r}] must be a positive whole number, not {raw[name]!r}."
        for name in POSITIVE
        if name in raw and not (type(raw[name]) is int and raw[name] > 0)
    ]
    mistakes += [
        f"{SETTING}[{name!r}] must be at most {most}, not {raw[name]!r}."
        for name, most in MOST.items()
        if type(raw.get(name)) is int and raw[name] > most
    ]
    mistakes += [
        f"{SETTING}[{name!r}] must be a whole number from 1 to 100, not {raw[name]!r}."
        for name in PERCENTS
        if name in raw and not (type(raw[name]) is int and 1 <= raw[name] <= 100)
    ]
    memory = raw.get("JOB_MEMORY_MB", 0)
    if type(memory) is not int or memory < 0:
        mistakes.append(f"{SETTING}['JOB_MEMORY_MB'] must be 0 or a whole number, not {memory!r}.")
    return mistakes


def _find_choice_mistakes(raw: dict[str, Any]) -> list[str]:
    # A word of an environment variable, "False" say, would be taken for True.
    mistakes = [
        f"{SETTING}[{name!r}] must be True or False, not {raw[name]!r}."
        for name in YES_OR_NO
        if name in raw and type(raw[name]) is not bool
    ]
    mistakes += [
        f"{SETTING}[{name!r}] must be the name of a queue, not {raw[name]!r}."
        for name in QUEUES
        if name in raw and not (isinstance(raw[name], str) and raw[name])
    ]
    if "PRESET" in raw and raw["PRESET"] not in list(Preset):
        presets = ", ".join(Preset)
        mistakes.append(f"{SETTING}['PRESET'] must be one of {presets}, not {raw['PRESET']!r}.")
    return mistakes


def _find_path_mistakes(raw: dict[str, Any]) -> list[str]:
    mistakes = []
    targets = raw.get("TARGETS", ())
    if not isinstance(targets, list | tuple) or not all(isinstance(one, str) for one in targets):
        mistakes.append(f"{SETTING}['TARGETS'] must be a list of dotted paths, not {targets!r}.")
    bundle = raw.get("BUNDLE", SHIPPED_BUNDLE)
    if not isinstance(bundle, str | os.PathLike):
        mistakes.append(f"{SETTING}['BUNDLE'] must be the path of a folder, not {bundle!r}.")
    return mistakes


def _find_share_mistakes(raw: dict[str, Any]) -> list[str]:
    start = raw.get("AUDIT_SHARE_START", Settings.AUDIT_SHARE_START)
    least = raw.get(
        "AUDIT_SHARE_LEAST",
        min(Settings.AUDIT_SHARE_LEAST, start) if type(start) in (int, float) else 0,
    )
    if all(type(share) in (int, float) for share in (start, least)) and 0 <= least <= start <= 1:
        return []
    return [
        f"{SETTING}['AUDIT_SHARE_START'] and {SETTING}['AUDIT_SHARE_LEAST'] must be shares from 0 "
        f"to 1, the least not above the start, not {start!r} and {least!r}."
    ]


def _find_thumbnail_mistakes(raw: dict[str, Any]) -> list[str]:
    mistakes = []
    alias = raw.get("THUMBNAIL_STORAGE", Settings.THUMBNAIL_STORAGE)
    if not isinstance(alias, str) or not alias:
        mistakes.append(f"{SETTING}['THUMBNAIL_STORAGE'] must be an alias in STORAGES.")
    folder = raw.get("THUMBNAIL_FOLDER", Settings.THUMBNAIL_FOLDER)
    if not isinstance(folder, str) or not all(
        part not in ("", ".", "..") for part in folder.split("/")
    ):
        mistakes.append(
            f"{SETTING}['THUMBNAIL_FOLDER'] must be a folder within the storage, such as "
            f"{Settings.THUMBNAIL_FOLDER!r}, not {folder!r}."
        )
    return mistakes


@cache
def get_settings() -> Settings:
    """The settings in force.

    Raises:
        ImproperlyConfigured: a key is unknown or a value is impossible.
    """
    raw: dict[str, Any] = getattr(django_settings, SETTING, {})
    mistakes = find_setting_mistakes(raw)
    if mistakes:
        raise ImproperlyConfigured(" ".join(mistakes))
    values = dict(raw)
    values["TARGETS"] = tuple(raw.get("TARGETS", ()))
    values["BUNDLE"] = Path(raw.get("BUNDLE", SHIPPED_BUNDLE))
    return Settings(**values)


def reset_settings(*, setting: str, **_: object) -> None:
    """Forget the settings read so far when a test overrides them."""
    if setting == SETTING:
        get_settings.cache_clear()


setting_changed.connect(reset_settings)
