"""What the demo and the replay print."""

import textwrap

OUT = ["Scenario", "Level", "Customers", "Items", "Claimed", "What became of it"]
STAYED = ["Reason", "Customers", "Items", "Open", "For example"]
NUMBERS = {"Customers", "Items", "Open", "Claimed", "Amount", "Guided start", "Test", "Live"}
WIDEST = 60


def night(result: dict) -> str:
    """Both halves of the nightly run's result."""
    return "\n".join(
        [
            "What went out, and what waits for a person:",
            table(OUT, result["went_out"]) if result["went_out"] else "  nothing",
            "",
            "What did not, and why:",
            table(STAYED, result["stayed"]) if result["stayed"] else "  nothing",
        ]
    )


def table(titles: list[str], rows: list[list]) -> str:
    """Columns as wide as their content, long sentences cut; numbers to the right.

    >>> print(table(["Reason", "Items"], [["Credit", 12], ["Small amount", 3]]))
      Reason        Items
      ------------  -----
      Credit           12
      Small amount      3
    """
    cells = [[textwrap.shorten(str(cell), WIDEST, placeholder=" …") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]
    return "\n".join(_line(titles, row, widths) for row in [titles, ["-" * width for width in widths], *cells])


def _line(titles: list[str], row: list[str], widths: list[int]) -> str:
    cells = zip(titles, row, widths, strict=True)
    padded = (cell.rjust(width) if title in NUMBERS else cell.ljust(width) for title, cell, width in cells)
    return "  " + "  ".join(padded).rstrip()
