"""The one error that reaches a user."""


class SoftcartError(Exception):
    """Something a user can act on: what is wrong, where, and what to do about it.

    Args:
        what: The fault and the thing it happened to, in one sentence without a final stop.
        remedy: The next step, in the imperative, without a final stop.

    Neither text may carry a password or a row's personal data: both are printed and logged.
    """

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(f"{what}. {remedy}.")
        self.what = what
        self.remedy = remedy
