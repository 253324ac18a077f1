# SPDX-License-Identifier: Apache-2.0
"""A script that fails to load."""
number = 1
raise ValueError("at import")
