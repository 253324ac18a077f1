# SPDX-License-Identifier: Apache-2.0
"""The picture of bench/growth: CPU per request and memory of each series, over its number."""

COLOURS = {"httpd": "#8a8f98", "manager": "#b4552d", "workers": "#2a7f62"}


def draw(results, path):
    """Draw the picture. Return False if matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, len(results), figsize=(3.4 * len(results), 5.2), squeeze=False)
    for (name, found), above, below in zip(results.items(), *axes):
        numbers = list(found)
        _line(above, numbers, [found[number]["cpu"] for number in numbers], COLOURS["workers"], None)
        above.set_title(name, fontsize=10)
        for role, colour in COLOURS.items():
            _line(below, numbers, [found[number]["memory"][role] / 1024 for number in numbers], colour, role)
        below.set_xlabel("number", fontsize=8)
    axes[0][0].set_ylabel("CPU per request, microseconds", fontsize=8)
    axes[1][0].set_ylabel("memory, MiB", fontsize=8)
    axes[1][0].legend(fontsize=7, frameon=False)
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)
    return True


def _line(axis, numbers, values, colour, label):
    axis.plot(numbers, values, marker="o", markersize=3, color=colour, label=label)
    axis.set_xscale("log")
    axis.set_ylim(bottom=0, top=max(*axis.get_ylim(), 1.2 * max(values)))
    axis.set_xticks(numbers, [str(number) for number in numbers])
    axis.minorticks_off()
    axis.tick_params(labelsize=7)
    axis.spines[["top", "right"]].set_visible(False)
