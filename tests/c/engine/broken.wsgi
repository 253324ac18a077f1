# SPDX-License-Identifier: Apache-2.0
"""Does not load."""
number = 1
raise ValueError("at import")
