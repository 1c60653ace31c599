"""The result as Markdown: every row judged, nothing left out."""

from typing import Any

from benchmarks.pages import EMPTY, EMPTY_LIMIT, LIST_BYTES


def verdict(value: float, limit: float) -> str:
    return "PASS" if value <= limit else "**MISS**"


def markdown(result: dict[str, Any]) -> str:
    size, floors, after = result["size"], result["floors"], result["floors_after"]
    bare = (floors[EMPTY] + after[EMPTY]) / 2
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
        *_holding(result["pages"], bare),
        "",
        "| page | role | ms | p95 | first | ratio | at most | × P | queries | KB | |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *(_page(one, bare) for one in result["pages"]),
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


def _holding(pages: list[dict[str, Any]], bare: float) -> list[str]:
    """How many hold. P′ gets quicker with every page, so each is held to the most it may be too."""
    lists = [one for one in pages if one["floor"] == "L"]
    others = [one for one in pages if one["floor"] != "L"]
    within = sum(one["median"] / bare <= one["limit"] * EMPTY_LIMIT for one in others)
    return [
        (
            f"{sum(map(_fits, lists))} of {len(lists)} rows of lists hold ratio, queries and size; "
            f"{sum(map(_fits, others))} of {len(others)} others hold ratio and queries."
        ),
        (
            f"{within} of those {len(others)} take no more than their multiple of the slowest P′ that "
            f"is allowed ({EMPTY_LIMIT:g} × P)."
        ),
    ]


def _fits(one: dict[str, Any]) -> bool:
    holds: bool = one["ratio"] <= one["limit"] and one["queries"] <= one["allowed_queries"]
    return holds and (one["floor"] != "L" or one["bytes"] <= LIST_BYTES)


def _page(one: dict[str, Any], bare: float) -> str:
    at_most = f"{one['limit']:g} × {one['floor']}".replace("'", "′")
    return (
        f"| {one['name']} | {one['who']} | {one['median']:.1f} | {one['p95']:.1f} | "
        f"{one['cold']:.1f} | {one['ratio']:.2f} | {at_most} | {one['median'] / bare:.1f} | "
        f"{one['queries']}/{one['allowed_queries']} | {one['bytes'] / 1000:.0f} | "
        f"{'PASS' if _fits(one) else '**MISS**'} |"
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
