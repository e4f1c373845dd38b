"""The one kind of error that bench/compare reports instead of a traceback."""


class Failure(Exception):
    """Something broke: one sentence for the person who ran it."""
