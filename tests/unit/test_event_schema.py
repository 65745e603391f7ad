"""Event schemas: valid JSON Schema, and of one mind with the decoder."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from aftercare.errors import UsageError
from aftercare.events.schema import schema
from aftercare.events.types import TYPES
from tests.unit.test_event_decode import event


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_a_valid_schema(name: str) -> None:
    made = schema(name)
    Draft202012Validator.check_schema(made)
    assert made["title"] == name


def test_a_schema_takes_what_the_decoder_takes() -> None:
    Draft202012Validator(schema("order.placed")).validate(event())


@pytest.mark.parametrize(
    "change", [{"data": {"customer_id": "c"}}, {"type": "order.shipped"}, {"id": ""}]
)
def test_a_schema_refuses_what_the_decoder_refuses(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Draft202012Validator(schema("order.placed")).validate(event(**change))


def test_a_schema_demands_the_version_of_cloudevents() -> None:
    without = {name: value for name, value in event().items() if name != "specversion"}
    with pytest.raises(ValidationError):
        Draft202012Validator(schema("order.placed")).validate(without)


def test_fields_say_what_they_mean() -> None:
    text = json.dumps(schema("order.placed"))
    assert "the day the shop promised" in text


def test_a_mistyped_type_is_told_the_nearest_right_one() -> None:
    with pytest.raises(UsageError, match=r"did you mean order\.placed"):
        schema("order.plcd")
