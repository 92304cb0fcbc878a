"""Who may call what, how often, and how errors are told. Denied unless a permission is held."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.exceptions import APIException, NotFound, ParseError, PermissionDenied
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from catalog_ai.errors import CatalogAIError, NotPermitted
from catalog_ai.inference.bundle import BundleError
from catalog_ai.workflow.locks import keep_own_transactions
from catalog_ai.workflow.permissions import ANY, is_allowed


class HoldsPermission(BasePermission):
    """Passes those who hold one of the view's `permissions_any`; a view that names none is shut."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        wanted = getattr(view, "permissions_any", ())
        return any(is_allowed(request.user, permission) for permission in wanted)


class SchemaPermission(BasePermission):
    """The schema is for whoever may use any part of the API."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return any(is_allowed(request.user, permission) for permission in ANY)


class ReadThrottle(UserRateThrottle):
    scope = "catalog_ai_read"
    rate = "600/min"


class WriteThrottle(UserRateThrottle):
    scope = "catalog_ai_write"
    rate = "120/min"


class Refused(APIException):
    """A verb's refusal, in its own words."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "refused"


class Unavailable(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"


class StrictJSONParser(JSONParser):
    """JSON of which all can be kept in a database, and told again in an answer."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            data = super().parse(*args, **kwargs)
            json.dumps(data, ensure_ascii=False).encode()
        except (RecursionError, UnicodeEncodeError) as error:
            raise ParseError(
                _("This JSON is nested too deeply, or has a broken character in a text.")
            ) from error
        return data


CSRF_FIELD = "csrfmiddlewaretoken"  # what a form of a page sends along


class StrictSerializer(serializers.Serializer[Any]):
    """What is asked: a key that it does not know is told, for it would change what is done."""

    def to_internal_value(self, data: Any) -> Any:
        given = set(data) - {CSRF_FIELD} if isinstance(data, Mapping) else set()
        unknown = given - set(self.fields)
        if unknown:
            told = _("There is no such key. Known ones: %(known)s.")
            words = {"known": ", ".join(self.fields)}
            raise serializers.ValidationError({str(key): [told % words] for key in unknown})
        return super().to_internal_value(data)


class CatalogView(APIView):
    """Base of every view: authentication, throttles and parsers do not hang on the project."""

    authentication_classes = (SessionAuthentication, TokenAuthentication)
    parser_classes: tuple[Any, ...] = (StrictJSONParser, FormParser, MultiPartParser)
    permission_classes = (HoldsPermission,)
    permissions_any: tuple[str, ...] = ()

    @classmethod
    def as_view(cls, *args: Any, **kwargs: Any) -> Any:
        return keep_own_transactions(super().as_view(*args, **kwargs))

    def get_throttles(self) -> list[Any]:
        reading = self.request.method in {"GET", "HEAD", "OPTIONS"}
        return [ReadThrottle() if reading else WriteThrottle()]

    def handle_exception(self, exc: Exception) -> Any:
        """Our own errors become answers that say what was refused and why."""
        if isinstance(exc, NotPermitted):
            exc = PermissionDenied(str(exc))
        elif isinstance(exc, CatalogAIError):
            exc = Refused(str(exc))
        elif isinstance(exc, BundleError):
            exc = Unavailable(str(exc))
        elif isinstance(exc, SuspiciousOperation):  # too much in one body: Django would say so
            exc = ParseError(str(exc))  # in HTML
        return super().handle_exception(exc)


@extend_schema(exclude=True)
class NothingHere(CatalogView):
    """Addresses of the API that there are not: told as everything else is, not in HTML."""

    permissions_any = ANY

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound
