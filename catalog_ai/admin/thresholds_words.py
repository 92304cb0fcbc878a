"""Figures of thresholds in words, with the lengths of their bars."""

import math
from collections.abc import Mapping

from django.utils.translation import gettext, ngettext

from catalog_ai.admin.display import format_length, format_percent
from catalog_ai.inference.bundle import Thresholds
from catalog_ai.percent import write_number, write_percent
from catalog_ai.workflow.estimate import Estimate
from catalog_ai.workflow.sample import LabelSample, Sample
from catalog_ai.workflow.simulate import Simulation, simulate

MOSTLY = 0.5  # of the model's own word


def tell_label(sample: LabelSample, auto: float) -> dict[str, str]:
    """One label's figures at a threshold."""
    share = sample.share_filed(auto)
    return {
        "filed": format_percent(share) if sample.confidences.size else "–",
        "width": format_length(share),
        **_tell_estimate(sample.estimate(auto)),
    }


def tell_all(sample: Sample, thresholds: Mapping[str, Thresholds]) -> dict[str, str]:
    """The figures of all labels together."""
    found = simulate(sample, thresholds)
    figures = {
        "filed": format_percent(found.share_filed) if found.products else "–",
        "width": format_length(found.share_filed),
        **_tell_estimate(found.error),
        "minutes": tell_minutes(math.ceil(found.minutes_left)),
        "backlog": gettext("%(left)d of %(all)d waiting products")
        % {"left": found.backlog_left, "all": found.backlog},
        "pace": _tell_pace(found),
    }
    said = gettext("Filed without a person: %(filed)s. Wrong: %(error)s. Review left: %(minutes)s.")
    return {**figures, "said": said % figures}


def is_unknown(estimate: Estimate) -> bool:
    return not estimate.decisions and estimate.upper >= 1


def _tell_estimate(estimate: Estimate) -> dict[str, str]:
    if is_unknown(estimate):
        nothing = format_length(0)
        source = gettext("nothing decided or filed yet")
        return {"error": tell_error(estimate), "source": source, "least": nothing, "reach": nothing}
    return {
        "error": tell_error(estimate),
        "source": tell_source(estimate),
        "least": format_length(estimate.lower),
        "reach": format_length(estimate.upper - estimate.lower),
    }


def tell_error(estimate: Estimate) -> str:
    """The error with its interval, in per cent."""
    if is_unknown(estimate):
        return gettext("not known")
    return gettext("%(error)s (%(lower)s to %(upper)s)") % {
        "error": write_percent(100 * estimate.error, 1),
        "lower": write_number(100 * estimate.lower, 1),
        "upper": write_number(100 * estimate.upper, 1),
    }


def tell_source(estimate: Estimate) -> str:
    """Whose word it is."""
    count = estimate.decisions
    if not estimate.assumed:
        text = ngettext(
            "from %(count)d decision on such products",
            "from %(count)d decisions on such products",
            count,
        )
    elif estimate.assumed < MOSTLY:
        text = ngettext(
            "from %(count)d decision on such products, for %(share)s the model's own word",
            "from %(count)d decisions on such products, for %(share)s the model's own word",
            count,
        )
    else:
        text = ngettext(
            "mostly the model's own word, %(count)d decision on such products",
            "mostly the model's own word, %(count)d decisions on such products",
            count,
        )
    return text % {"count": count, "share": format_percent(estimate.assumed)}


def tell_minutes(minutes: int) -> str:
    text = ngettext("%(minutes)d minute", "%(minutes)d minutes", minutes)
    return text % {"minutes": minutes}


def _tell_pace(found: Simulation) -> str:
    seconds = gettext("%(seconds)s seconds a decision") % {
        "seconds": write_number(found.seconds, 1)
    }
    pace = (
        gettext("%(pace)s, the shop's own median.")
        if found.seconds_known
        else gettext("%(pace)s, assumed: too few decisions to know.")
    )
    return pace % {"pace": seconds}
