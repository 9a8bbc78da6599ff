# SPDX-License-Identifier: MIT
"""Draw charts of the results of run.py: charts.py bench.json FOLDER (needs matplotlib).
"""

import json
import os
import sys

import matplotlib

matplotlib.use("svg")
# The same results give the same file, and text is stored as text.
matplotlib.rcParams.update({"svg.hashsalt": "klingrec", "svg.fonttype": "none",
                            "font.family": "sans-serif", "font.size": 9})
import matplotlib.pyplot as plt  # noqa: E402

OURS, THEIRS = "#1f6f8b", "#b9b9b9"


def bars(axes, pairs, title, unit):
    """Horizontal bars with their values; those of klingrec are coloured."""
    names = [name for name, _ in pairs]
    values = [value for _, value in pairs]
    colours = [OURS if name.startswith("klingrec") else THEIRS for name in names]
    drawn = axes.barh(names, values, color=colours)
    axes.bar_label(drawn, fmt="%.3g", padding=3)
    axes.invert_yaxis()
    axes.set_title(title, loc="left")
    axes.set_xlabel(unit)
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)


def save(figure, folder, name):
    figure.tight_layout()
    figure.savefig(f"{folder}/{name}", metadata={"Date": None})
    plt.close(figure)


def pick(rows, payload, scheme, at_once):
    return [r for r in rows if (r["payload"], r["scheme"], r["at_once"]) ==
            (payload, scheme, at_once)]


def draw_cpu(found, folder):
    sizes = [s for s in ["100 KiB", "1 MiB", "9.9 MiB"]
             if pick(found["rows"], s, "TLS", 1)]
    figure, axes = plt.subplots(1, len(sizes), figsize=(4.6 * len(sizes), 3.6),
                                squeeze=False)
    for axis, size in zip(axes[0], sizes):
        bars(axis, [(r["peer"], r["cpu_ms"]) for r in
                    pick(found["rows"], size, "TLS", 1)],
             f"CPU per request, {size}, TLS", "ms, without the start of the process")
    save(figure, folder, "performance-cpu.svg")


def draw_memory(found, folder):
    rows = pick(found["rows"], "9.9 MiB", "TLS", 64)
    if not rows:
        return
    figure, axes = plt.subplots(figsize=(7, 3))
    bars(axes, [(r["peer"], r["peak_kib"] / 1024) for r in rows],
         "Peak memory, 64 images of 9.9 MiB in flight", "MiB, logarithmic scale")
    axes.set_xscale("log")
    save(figure, folder, "performance-memory.svg")


def draw_pauses(found, folder):
    figure, axes = plt.subplots(figsize=(7, 3))
    places = ["p50", "p99", "p99.9", "max"]
    for mode, colour in [("thread", OURS), ("caller", THEIRS)]:
        values = [found["pauses"][mode]["wall"][p] / 1e3 for p in places]
        axes.plot(places, values, marker="o", color=colour, label=f"run: {mode}")
        for place, value in zip(places, values):
            axes.annotate(f"{value:.3g}", (place, value), (0, 6),
                          textcoords="offset points", ha="center")
    axes.axhline(16.7, color="#c0392b", linewidth=0.8, linestyle="--",
                 label="one frame at 60 per second")
    axes.set_yscale("log")
    axes.margins(y=0.15)
    axes.set_title("klingrec_poll(client, 0), 64 uploads in flight", loc="left")
    axes.set_ylabel("ms")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    save(figure, folder, "performance-pauses.svg")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        found = json.load(file)
    os.makedirs(sys.argv[2], exist_ok=True)
    draw_cpu(found, sys.argv[2])
    draw_memory(found, sys.argv[2])
    draw_pauses(found, sys.argv[2])


main()
