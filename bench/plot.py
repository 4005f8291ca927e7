"""Draws the results: for each document, requests a second of each server."""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

WORDS = {
    "user": "One user by id\n10 fields",
    "users": "A page of 50 users\n10 fields each",
    "users-with-groups": "A page of 50 users\nwith groups and certificates",
    "update": "A change of one user\nwith its entry in the history",
}
OURS, THEIRS = "#0b6e6e", "#b8c4c8"


def main() -> None:
    """Reads the results named first, and writes the picture named second."""
    found = json.loads(Path(sys.argv[1]).read_text())
    figure, panels = pyplot.subplots(1, len(found), figsize=(12, 3.4), layout="constrained")
    for panel, (document, servers) in zip(panels, found.items(), strict=True):
        names = list(servers)[::-1]
        speeds = [servers[name]["per_second"] for name in names]
        colours = [OURS if name == "segl" else THEIRS for name in names]
        bars = panel.barh(names, speeds, color=colours, height=0.72)
        panel.bar_label(bars, [f"{one:,.0f}" for one in speeds], padding=3, fontsize=9)
        panel.set_title(WORDS.get(document, document), fontsize=10, loc="left")
        panel.set_xlim(0, max(speeds) * 1.28)
        panel.set_xticks([])
        panel.tick_params(axis="y", length=0)
        panel.spines[:].set_visible(False)
        if panel is not panels[0]:
            panel.set_yticks([])
    figure.supxlabel("Requests a second, one process each; more is better", fontsize=9)
    figure.savefig(sys.argv[2], dpi=110, facecolor="white")


if __name__ == "__main__":
    main()
