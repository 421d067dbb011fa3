"""A JSON POST to a URL that is a secret itself: many chat services carry a token in the path."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

from orchestration.errors import SoftcartError

TIMEOUT_SECONDS = 10.0
ATTEMPTS = 4
FIRST_WAIT_SECONDS = 1.0

_HTTP_TOO_MANY_REQUESTS = 429
_HTTP_SERVER_ERROR = 500


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST becomes a GET without its body: better to be told than to lose it."""

    def redirect_request(self, *_: Any, **__: Any) -> None:  # noqa: ANN401
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def post_json(
    url: str,
    payload: Mapping[str, object],
    *,
    attempts: int = ATTEMPTS,
    first_wait_seconds: float = FIRST_WAIT_SECONDS,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> int:
    """Post `payload` as JSON; try again with doubling waits while that can help.

    Args:
        url: An http or https URL; never shown.
        payload: What `json.dumps` takes.
        attempts: Tries in all, at least 1.
        first_wait_seconds: Wait before the second try; each further wait is twice the last.
        timeout_seconds: For each try.

    Returns:
        The tries it took.

    Raises:
        SoftcartError: It was not delivered. The message has neither the URL nor the payload.
    """
    if not url.startswith(("https://", "http://")):
        raise _undelivered("its scheme is neither http nor https")
    request = urllib.request.Request(  # noqa: S310
        url,
        data=json.dumps(payload).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "softcart-warehouse"},
        method="POST",
    )
    for attempt in range(1, attempts + 1):
        try:
            with _opener.open(request, timeout=timeout_seconds):
                return attempt
        except urllib.error.HTTPError as error:
            reason = f"the receiver answered {error.code}"
            again = error.code == _HTTP_TOO_MANY_REQUESTS or error.code >= _HTTP_SERVER_ERROR
        except (OSError, HTTPException) as error:
            # URLError and time-outs are OSErrors; some of their texts repeat the URL.
            reason = f"no answer ({type(error).__name__})"
            again = True
        if not again or attempt == attempts:
            raise _undelivered(reason)
        time.sleep(first_wait_seconds * 2 ** (attempt - 1))
    raise AssertionError("unreachable: the last attempt returns or raises")


def _undelivered(reason: str) -> SoftcartError:
    return SoftcartError(
        f"The failure webhook was not delivered: {reason}",
        remedy="Check SOFTCART_FAILURE_WEBHOOK_URL and the service behind it",
    )
