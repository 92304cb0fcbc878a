"""Pages in two parts, as a slow machine sends them: with BROWSER_DELAY=1, a second apart.

What a script asks for is as late. The other way round, BROWSER_HANDS=300 (see admin/browser.py) has
a test wait so many milliseconds before all that it does: then every answer is there before it.

A click is over when the page that it leads to has begun. What is read then may be of an empty page,
so a test waits for something that only the new page has. One that does not wait fails with this
every time, and else now and then.
"""

import os
import time
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

DELAY = float(os.environ.get("BROWSER_DELAY", 0))  # seconds
BEGUN = 100  # bytes


def send_late(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware for what a browser asks for; a test's client gets it at once."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.headers.get("Sec-Fetch-Dest") == "empty":  # a script's
            time.sleep(DELAY)
        is_page = request.headers.get("Sec-Fetch-Mode") == "navigate"
        if not is_page or not isinstance(response, HttpResponse) or response.status_code != 200:
            return response
        headers = {name: value for name, value in response.items() if name != "Content-Length"}
        late = StreamingHttpResponse(split(response.content), headers=headers)
        late.cookies = response.cookies
        return late

    return answer


def split(content: bytes) -> Iterator[bytes]:
    yield content[:BEGUN]
    time.sleep(DELAY)
    yield content[BEGUN:]
