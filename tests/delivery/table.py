"""Prints the results of many repetitions as a table for the README."""

import math


COLUMNS = ("", "fault", "held", "again", "recovery: median", "95 %", "worst", "stored", "lost", "twice", "queries failed",
           "commands failed", "unknown", "idempotent failed", "unknown", "in the window")


def make(results):
    names = sorted({(int(result["number"][1:]), result["name"]) for result in results})
    rows = [line(COLUMNS), line(["---"] * len(COLUMNS))]
    return "\n".join(rows + [line(row([result for result in results if result["name"] == name])) for _, name in names])


def line(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def row(results):
    played = [result for result in results if result["verdict"] != "skipped"]
    start = [results[0]["number"], results[0]["sentence"]]
    if not played:
        return start + [f"skipped: {results[0]['broken'][0]}"] + [""] * (len(COLUMNS) - 3)
    times = sorted(result["figures"]["recovery"] for result in played if "recovery" in result["figures"])

    def total(name):
        return sum(result["figures"].get(name, 0) for result in played)

    def part(name, whole):
        return f"{total(name):,} of {total(whole):,}" if total(whole) else ""

    held = sum(result["verdict"] == "held" for result in played)
    return start + [f"{held} of {len(played)}", sum(result["again"] for result in played), seconds(share(times, 0.5)),
                    seconds(share(times, 0.95)), seconds(share(times, 1)), f"{total('acknowledged'):,}",
                    total("lost"), f"{total('duplicates'):,}", part("queries_failed", "queries"),
                    part("commands_failed", "commands"), f"{total('commands_unknown'):,}",
                    part("orders_failed", "orders"), f"{total('orders_unknown'):,}", total("in_window")]


def share(times, part):
    """Returns the value that this part of the sorted times does not exceed."""
    return times[max(0, math.ceil(len(times) * part) - 1)] if times else None


def seconds(value):
    return "" if value is None else f"{value:.3f} s"
