# SPDX-License-Identifier: Apache-2.0
"""The kinds of exceptions of an application, by which a reload with a canary tells new failures from known ones."""


def kind(exception_type, traceback):
    """Return the type of an exception and the place that raised it, as bytes.

    The place is the name of the file without its directory, the function, and the line counted from the beginning of
    the function. So code that was only moved, or deployed to another directory, fails in the same way as before. The
    text of the line is not used, because the file may already contain other code.
    """
    parts = [exception_type.__module__, exception_type.__qualname__]
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is not None:
        code = traceback.tb_frame.f_code
        parts += [code.co_filename.rpartition("/")[2], code.co_name, str(traceback.tb_lineno - code.co_firstlineno)]
    return "\n".join(parts).encode("utf-8", "backslashreplace")
