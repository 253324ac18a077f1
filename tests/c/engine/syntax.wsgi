# SPDX-License-Identifier: Apache-2.0
"""Is no Python."""
def application(:
