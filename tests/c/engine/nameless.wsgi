# SPDX-License-Identifier: Apache-2.0
"""A script without an application."""


def handler(environ, start_response):
    return []
