# SPDX-License-Identifier: Apache-2.0
"""Responds whether the parent process loaded it, and whether its after_fork function has run once, in this process
only.
"""
import os

import pywsgi

loaded_in = os.getpid()
ran_in = []


@pywsgi.after_fork
def hook():
    ran_in.append(os.getpid())


def application(environ, start_response):
    start_response("200 OK", [])
    return [b"%d %d" % (loaded_in == os.getppid(), ran_in == [os.getpid()])]
