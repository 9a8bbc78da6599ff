# SPDX-License-Identifier: MIT
"""Write the results of a run as Markdown tables, with ratios to the other programs."""

import statistics


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def group(rows):
    groups = {}
    for row in rows:
        key = (row["payload"], row["scheme"], row["at_once"])
        groups.setdefault(key, []).append(row)
    return groups


def requests(rows):
    text = ""
    for (payload, scheme, at_once), of in group(rows).items():
        ours = of[0]
        text += f"\n### {payload}, {scheme}, {at_once} at once\n\n"
        text += table(
            ["", "CPU ms/request", "klingrec / this", "ms/request", "images/s",
             "peak MiB", "start, CPU ms", "whole / requests, CPU ms"],
            [[row["peer"], f"{row['cpu_ms']:.2f}",
              f"{ours['cpu_ms'] / row['cpu_ms']:.2f}",
              f"{row['wall_ms']:.2f}", f"{row['images_per_s']:.0f}",
              f"{row['peak_kib'] / 1024:.1f}", f"{row['start_cpu_ms']:.1f}",
              f"{row['whole_cpu_ms']:.2f}"]
             for row in of])
    return text


def pauses(found):
    rows = []
    for mode, p in found.items():
        for clock in ["wall", "cpu"]:
            rows.append([f"{mode}, {clock}", *[f"{p[clock][k] / 1e3:.4f}" for k in
                                               ["p50", "p99", "p99.9", "max"]]])
    text = table(["klingrec_poll(client, 0), ms", "p50", "p99", "p99.9", "max"], rows)
    text += "\n" + table(
        ["ms", "longest submit", "cancel", "free, idle", "free, 64 in flight",
         "its CPU"],
        [[mode, *[f"{p[k] / 1e3:.3f}" for k in ["submit", "cancel", "free_idle",
                                                "free_busy", "free_busy_cpu"]]]
         for mode, p in found.items()])
    return text


def instructions(found):
    per_request = found["per_request"]
    ours = per_request["klingrec, thread"]
    return table(
        [f"{found['payload']}, one at a time", "plain", "klingrec / this", "TLS",
         "klingrec / this"],
        [[name, *[text for scheme, n in of.items()
                  for text in (f"{n:,}", f"{ours[scheme] / n:.2f}")]]
         for name, of in per_request.items()])


def fixed(found):
    return table(["CPU ms", "client", "first request", "second", "later"],
                 [[name, *[f"{c[k]:.2f}" for k in
                           ["create", "first", "second", "later"]]]
                  for name, c in found.items()])


def ratio(rows, over, under, payload, scheme, at_once, what="cpu_ms"):
    of = {r["peer"]: r for r in group(rows).get((payload, scheme, at_once), [])}
    if over not in of or under not in of:
        return "-"
    if what == "cpu_ms":  # ratios per round: a slower machine affects both
        pairs = zip(of[over]["rounds"], of[under]["rounds"])
        return f"{statistics.median(a / b for a, b in pairs):.2f}"
    return f"{of[over][what] / of[under][what]:.2f}"


def goals(rows):
    """The ratios for which the project has goals."""
    out = []
    us, lean = "klingrec, thread", "klingrec, thread, no check"
    wanted = [(us, "libcurl, streaming"), (lean, "libcurl, streaming"),
              (us, "libcurl, ready body"), (us, "libcurl, in memory"),
              ("libcurl, streaming, plain C", "libcurl, in memory"),
              (us, "Python requests"), (us, "Node fetch")]
    for payload, scheme, at_once in group(rows):
        out.append([f"{payload}, {scheme}, {at_once}",
                    *[ratio(rows, a, b, payload, scheme, at_once) for a, b in wanted],
                    ratio(rows, us, "Python requests", payload, scheme, at_once,
                          "whole_cpu_ms"),
                    ratio(rows, us, "libcurl, ready body", payload, scheme, at_once,
                          "images_per_s")])
    head = ["CPU, at once", *[f"{a.replace('klingrec, thread', 'klingrec')} / {b}"
                              for a, b in wanted], "whole: klingrec / Python requests",
            "images/s / ready body"]
    return table(head, out)


def markdown(found):
    machine = found["machine"]
    text = "# Benchmarks\n\n" + "".join(f"- {v}\n" for v in machine.values() if v)
    text += "".join(f"- skipped: {word}\n" for word in found["skipped"])
    text += "\nklingrec checks the image, except in the row \"no check\".\n"
    text += "\n## Ratios\n\n" + goals(found["rows"])
    text += "\n## Requests\n" + requests(found["rows"])
    if found["instructions"]:
        text += "\n## Instructions of user code per request, by callgrind\n\n"
        text += instructions(found["instructions"])
    text += "\n## Frame pauses, 64 uploads of 9.9 MiB in flight, TLS\n\n"
    text += pauses(found["pauses"])
    queue = found["queue"]
    text += (f"\n## A queue of {queue['jobs']} files\n\n"
             f"{queue['bytes'] / 2**20:.2f} MiB by the library's own count, "
             f"{queue['kib'] / 1024:.2f} MiB of the process\n")
    text += "\n## New connections, one per request, 100 KiB\n\n" + fixed(found["fixed"])
    for name, key in [("Free, with a thread and 64 uploads of 9.9 MiB, TLS", "free"),
                      ("Encoder", "encoder"), ("Image check", "check")]:
        text += f"\n## {name}\n\n```\n{found[key].strip()}\n```\n"
    return text
