"""Writing to the ledger: what stood before, what stands after, and who did it."""

import uuid
from typing import TYPE_CHECKING

from django.utils import timezone

from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.models.signatures import sign
from catalog_ai.workflow.move_back import check_after_commit
from catalog_ai.workflow.permissions import as_user

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor


def record(
    row: Classification,
    suggestion: Suggestion,
    action: Decision.Action,
    actor: "Actor",
    batch: uuid.UUID,
    before: set[str],
    after: set[str],
) -> Decision:
    """A ledger entry with how things stand; `append` completes and saves it."""
    return Decision(
        action=action,
        **sign(as_user(actor)),
        batch=batch,
        label=suggestion.label,
        state_before=suggestion.state if suggestion.pk else "",
        classification_before=row.state,
        categories_before=sorted(before),
        categories_after=sorted(after),
    )


def append(entry: Decision, row: Classification, suggestion: Suggestion) -> None:
    """Complete an entry with how things stand now, and keep it for good."""
    entry.classification, entry.suggestion = row, suggestion
    entry.state_after, entry.classification_after = suggestion.state, row.state
    entry.save()
    check_after_commit(row.target, suggestion)


def close_if_decided(row: Classification) -> None:
    """With its last suggestion decided, the row leaves the queue."""
    if row.suggestions.filter(state=Suggestion.State.PENDING).exists():
        return
    row.state, row.reviewed_at = Classification.State.REVIEWED, timezone.now()
    row.assigned_to, row.assigned_until = None, None
    row.save(update_fields=["state", "reviewed_at", "assigned_to", "assigned_until"])
