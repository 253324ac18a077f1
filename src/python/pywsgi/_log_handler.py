# SPDX-License-Identifier: Apache-2.0
"""A handler for the standard library's logging."""
import _pywsgi


def make():
    """Return the class LogHandler."""
    import logging

    class LogHandler(logging.Handler):
        """A logging handler whose records go to the request's error log at the matching level."""

        # A pyw_log_level for each level of logging.
        _levels = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))

        def emit(self, record):
            try:
                level = next((ours for theirs, ours in self._levels if record.levelno >= theirs), 7)
                _pywsgi.log(level, self.format(record))
            except Exception:
                self.handleError(record)

    LogHandler.__module__ = "pywsgi"
    LogHandler.__qualname__ = "LogHandler"
    return LogHandler
