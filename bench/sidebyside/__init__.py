# SPDX-License-Identifier: Apache-2.0
"""The benchmark's library: contenders, workloads, reporting. Only the chart needs a package."""
