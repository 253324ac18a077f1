# SPDX-License-Identifier: Apache-2.0
"""The benchmark's library: contenders, workloads, measuring, reporting. Standard library only, but for the chart."""
