from __future__ import annotations

import json
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from caselog import build_workflow_log
from caselog.blocks import CALL, RESULT, SHAPES, THOUGHT, Shape
from caselog.masking.languages import LANGUAGES
from caselog.masking.rules import RULES
from caselog.masking.token_forms import TOKEN_FORMS
from cli.markdown import code
from cli.reference import PAGES
from cli.shapes_page import become

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_says_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_what_the_page_says_of_a_shape_is_what_a_log_holds(shape: Shape) -> None:
    if shape.becomes in (CALL, RESULT):
        (made,) = build_workflow_log({"tool_calls": [shape.example]})["trace"]["tool_calls"]
    else:
        answer = AIMessage([dict(shape.example), {"type": "text", "text": "!"}])
        made = build_workflow_log({"final_response": answer})["trace"]["final_response"].removesuffix("!")

    shown = json.loads(become(shape))
    assert made == ("" if shape.becomes == THOUGHT else shown)
    assert f"| {code(json.dumps(shape.example))} | {code(become(shape))} |" in (DOCS / "shapes.md").read_text(
        "utf-8"
    )


def test_every_rule_word_and_form_of_masking_is_on_its_page() -> None:
    page = (DOCS / "masking.md").read_text(encoding="utf-8")

    shown = [rule.name for rule in RULES] + [f" {form}\n" for _, form in TOKEN_FORMS]
    shown += [code(example) for rule in RULES for example in (*rule.matches, *rule.leaves)]
    words = {word for known in LANGUAGES.values() for terms in known for word in terms}
    links = {word for known in LANGUAGES.values() for word in known.link}
    assert [each for each in shown if each not in page] == []
    assert [word for word in words - links if word not in page] == []
