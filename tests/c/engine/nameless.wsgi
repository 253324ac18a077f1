# SPDX-License-Identifier: Apache-2.0
"""Has no application."""


def handler(environ, start_response):
    return []
