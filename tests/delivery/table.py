"""The results of many repetitions as a table of the README."""


def make(results):
    rows = ["| | fault | repetitions | held | recovery: median | 95 % | worst | acknowledged | lost | duplicates |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    names = sorted({(int(result["number"][1:]), result["name"]) for result in results})
    rows += [row([result for result in results if result["name"] == name]) for _, name in names]
    return "\n".join(rows)


def row(results):
    played = [result for result in results if result["verdict"] != "skipped"]
    if not played:
        return f"| {results[0]['number']} | {results[0]['sentence']} | 0 | skipped: {results[0]['broken'][0]} | | | | | | |"
    times = sorted(result["figures"]["recovery"] for result in played if "recovery" in result["figures"])

    def total(name):
        return sum(result["figures"].get(name, 0) for result in played)

    held = sum(result["verdict"] == "held" for result in played)
    cells = [results[0]["number"], results[0]["sentence"], len(played), held, seconds(share(times, 0.5)),
             seconds(share(times, 0.95)), seconds(share(times, 1)), f"{total('acknowledged'):,}", total("lost"),
             f"{total('duplicates'):,}"]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def share(times, part):
    """The value that this part of the sorted times does not exceed."""
    return times[max(0, -(-len(times) * part // 1).__int__() - 1)] if times else None


def seconds(value):
    return "" if value is None else f"{value:.3f} s"
