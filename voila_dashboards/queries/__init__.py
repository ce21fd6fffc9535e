"""What pages ask of the views ``logs`` and ``traces``: the pieces that their queries share.

One scan for each question, values bound. Times are epoch milliseconds in UTC.
"""

from voila_dashboards.queries.source import PageNotFound, Source

__all__ = ["PageNotFound", "Source"]
