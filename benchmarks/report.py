"""The result as Markdown: every row judged, nothing left out."""

from typing import Any

from benchmarks.pages import LIST_BYTES


def verdict(value: float, limit: float) -> str:
    return "PASS" if value <= limit else "**MISS**"


def markdown(result: dict[str, Any]) -> str:
    size, floors, after = result["size"], result["floors"], result["floors_after"]
    lines = [
        f"# {size['visits']:,} visits, {size['households']:,} households, {size['users']:,} users",
        "",
        f"{result['started']}, {result['minutes']} minutes, load average {result['load']}.",
        f"Filled in {result['loaded']['seconds']:.0f} s, {result['loaded']['megabytes']} MB.",
        "",
        "| floor | ms before | ms after |",
        "|---|---|---|",
        *(f"| {name} | {floors[name]:.2f} | {after[name]:.2f} |" for name in floors),
        "",
        _empty(result["empty"]),
        "",
        "| page | role | ms | p95 | first | ratio | at most | queries | KB | |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *map(_page, result["pages"]),
    ]
    if "small" in result:
        lines += ["", *_comparison(result)]
    if "whole" in result:
        lines += ["", "| work | measured | at most | |", "|---|---|---|---|"]
        lines += [
            f"| {one['name']} | {one['words']} | {one['limit_words']} | "
            f"{verdict(one['value'], one['limit']) if one['limit'] else 'reported'} |"
            for one in result["whole"]
        ]
    return "\n".join(lines) + "\n"


def _empty(one: dict[str, Any]) -> str:
    return f"P′ / P = {one['ratio']:.2f}, at most 4: {verdict(one['ratio'], one['limit'])}"


def _page(one: dict[str, Any]) -> str:
    fits = one["ratio"] <= one["limit"] and one["queries"] <= one["allowed_queries"]
    if one["floor"] == "L":
        fits = fits and one["bytes"] <= LIST_BYTES
    at_most = f"{one['limit']:g} × {one['floor']}".replace("'", "′")
    return (
        f"| {one['name']} | {one['who']} | {one['median']:.1f} | {one['p95']:.1f} | "
        f"{one['cold']:.1f} | {one['ratio']:.2f} | {at_most} | "
        f"{one['queries']}/{one['allowed_queries']} | {one['bytes'] / 1000:.0f} | "
        f"{'PASS' if fits else '**MISS**'} |"
    )


def _comparison(result: dict[str, Any]) -> list[str]:
    """The same pages at 10,000 visits, each in units of the empty page of its own run."""
    small = {(one["name"], one["who"]): one for one in result["small"]}
    base, other = result["floors"]["P'"], result["small_floors"]["P'"]
    lines = ["| page | role | at 10,000 ms | × | |", "|---|---|---|---|---|"]
    for one in result["pages"]:
        before = small.get((one["name"], one["who"]))
        if before is not None:
            ratio = (one["median"] / base) / (before["median"] / other)
            lines.append(
                f"| {one['name']} | {one['who']} | {before['median']:.1f} | {ratio:.2f} | "
                f"{verdict(ratio, 1.25)} |"
            )
    return lines
