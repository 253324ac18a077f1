# SPDX-License-Identifier: Apache-2.0
"""The bar chart of a run: CPU per request, one panel per workload."""

OURS, PEER, OTHER = "#2a7f62", "#b4552d", "#8a8f98"


def _colour(key):
    if key.startswith("mod_wsgi"):
        return PEER
    return OTHER if key == "floor" or "uwsgi" in key or "gunicorn" in key else OURS


def draw(document, paths):
    """Draw the chart. Return False if matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot

    results = document["results"]
    columns = min(3, len(results))
    rows = (len(results) + columns - 1) // columns
    figure, axes = pyplot.subplots(rows, columns, figsize=(5.2 * columns, 2.9 * rows), squeeze=False)
    flat = [axis for row in axes for axis in row]
    for axis, (workload, found) in zip(flat, results.items()):
        _panel(axis, workload, found)
    for axis in flat[len(results):]:
        axis.set_visible(False)
    figure.suptitle("CPU per request, microseconds, all server processes (less is better)")
    figure.tight_layout()
    for path in paths:
        figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return True


def _panel(axis, workload, found):
    keys = list(found)[::-1]
    values = [found[key]["median"]["cpu"] for key in keys]
    bars = axis.barh(keys, values, color=[_colour(key) for key in keys])
    axis.bar_label(bars, ["%.0f" % value for value in values], fontsize=7, padding=2)
    axis.set_title(workload, fontsize=9)
    axis.tick_params(labelsize=7)
    axis.margins(x=0.12)
    axis.spines[["top", "right"]].set_visible(False)
