# SPDX-License-Identifier: Apache-2.0
"""An importable application with a factory."""


class Site:
    def app(self, environ, start_response):
        start_response("200 OK", [])
        return [b"made"]


site = Site()


def create_app():
    return Site().app
