"""A setting that no program can use stops the start in words, whatever it is."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import BaseModel

from cli.environment import read_settings
from cli.errors import SettingsError
from collector.settings import CollectorSettings
from etl.settings import EtlSettings
from serving.service_log import LogSettings
from voila_dashboards.settings import DashboardSettings

_MODELS: tuple[type[BaseModel], ...] = (CollectorSettings, DashboardSettings, EtlSettings, LogSettings)
_NUMBERS = [
    (model, name)
    for model in _MODELS
    for name, field in model.model_fields.items()
    if {int, float} & {field.annotation, *get_args(field.annotation)}
]
_NONE = ("inf", "-inf", "Infinity", "nan", "NaN", "1e400", "1e300", "-1e300", "9" * 400, "1" + "0" * 30)


@pytest.mark.parametrize(("model", "name"), _NUMBERS, ids=lambda of: getattr(of, "__name__", of))
def test_a_number_without_an_end_or_that_is_none_stops_the_start(model: type[BaseModel], name: str) -> None:
    for text in _NONE:
        with pytest.raises(SettingsError) as found:
            read_settings(model, "X_", {f"X_{name.upper()}": text})
        assert str(found.value.message).startswith(f"X_{name.upper()}")
        assert text not in str(found.value.message)


@pytest.mark.parametrize("model", _MODELS)
def test_the_defaults_are_settings_that_can_be_used(model: type[BaseModel]) -> None:
    defaults: dict[str, Any] = {
        name: str(field.default)
        for name, field in model.model_fields.items()
        if type(field.default) in {int, float}
    }

    found = read_settings(model, "X_", {f"X_{name.upper()}": text for name, text in defaults.items()})

    assert all(getattr(found, name) == model.model_fields[name].default for name in defaults)
