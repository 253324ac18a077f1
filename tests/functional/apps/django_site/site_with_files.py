# SPDX-License-Identifier: Apache-2.0
"""The settings of examples/django, with the URLs of this test."""
from guestbook.settings import *  # noqa: F401,F403

ROOT_URLCONF = "urls_with_files"
ALLOWED_HOSTS = ["*"]
