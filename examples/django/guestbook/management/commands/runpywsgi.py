# SPDX-License-Identifier: Apache-2.0
"""`./manage.py runpywsgi [OPTION]...` is `pywsgi serve --django` with the static files that collectstatic has collected.

Copy this file into management/commands of an application of INSTALLED_APPS.
"""
import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand


def options(manage):
    yield from ("--project", os.path.dirname(os.path.abspath(manage)))
    if sys.prefix != sys.base_prefix:
        yield from ("--venv", sys.prefix)
    if settings.STATIC_ROOT and os.path.isdir(settings.STATIC_ROOT) and settings.STATIC_URL.startswith("/"):
        yield from ("--static", "%s=%s" % (settings.STATIC_URL, settings.STATIC_ROOT))


class Command(BaseCommand):
    help = "Serve this site by a private httpd. The options are those of `pywsgi serve`."

    def run_from_argv(self, argv):
        """The options are not Django's. manage.py has set DJANGO_SETTINGS_MODULE, which pywsgi inherits."""
        os.execvp("pywsgi", ["pywsgi", "serve", "--django", *options(argv[0]), *argv[2:]])
