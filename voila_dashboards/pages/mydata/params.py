"""What the page of a client's data may be asked for."""

from __future__ import annotations

from typing import Final

from voila_dashboards.params import Param
from voila_dashboards.periods import period_params

PARAMS: Final = {**period_params("30d"), "client": Param()}
