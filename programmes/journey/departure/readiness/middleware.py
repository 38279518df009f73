"""What a request changed is judged at its end, so that its sender sees the answer on the next page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from programmes.journey.departure.readiness import actions

# A form that did something is answered with the way to what it did (deeds.attempt, the configuration site).
_DID_SOMETHING = {301, 302, 303}


class KeepReadiness:
    """Judge what is noted after each form that was carried out; nothing else waits for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then judge."""
        response = self.get_response(request)
        if request.method == "POST" and response.status_code in _DID_SOMETHING:
            actions.keep_after_writing()
        return response
