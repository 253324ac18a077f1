# SPDX-License-Identifier: Apache-2.0
"""A script with a syntax error."""
def application(:
