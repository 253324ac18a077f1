# SPDX-License-Identifier: Apache-2.0
"""Extension modules that can be imported in one interpreter of a process only, or only in the main one."""

main_group = None  # the application group in the main interpreter


def _is_refusal(error):
    text = str(error).lower()
    return isinstance(error, ImportError) and ("interpreter" in text or "once per process" in text)


def explain_refusal(error):
    """Return why an extension module refused this sub-interpreter, None if that did not cause the exception `error`."""
    known = []
    while error is not None and error not in known:
        if _is_refusal(error):
            if main_group is None:
                return "its name was given explicitly"
            return "the main interpreter of this process belongs to the application group '%s'" % main_group
        known.append(error)
        error = error.__cause__ or error.__context__
    return None
