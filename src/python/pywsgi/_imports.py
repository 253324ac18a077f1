# SPDX-License-Identifier: Apache-2.0
"""Extension modules that only one interpreter of a process, or only the main interpreter, can import."""

main_group = None  # the application group that uses the main interpreter


def _is_refusal(error):
    text = str(error).lower()
    return isinstance(error, ImportError) and ("interpreter" in text or "once per process" in text)


def explain_refusal(error):
    """Return why an extension module refused this sub-interpreter, or None if `error` has another cause."""
    known = []
    while error is not None and error not in known:
        if _is_refusal(error):
            if main_group is None:
                return "its name was given explicitly"
            return "the main interpreter of this process belongs to the application group '%s'" % main_group
        known.append(error)
        error = error.__cause__ or error.__context__
    return None
