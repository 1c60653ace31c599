"""What is typed about a topic: a new one, other words, another place, a merger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import forms

from grievances.models.topics import NAME_LIMIT
from grievances.selectors.topics import Choice
from grievances.services.topics import ALIAS_LIMIT, MOST_ALIASES
from portal.core.fields import CHOOSE, TextField, offer

_ALIASES: Final = "居民的说法，一行一个，如“路灯坏了”。"
#: Chosen on purpose: a topic put there by a slip would stand beside the whole of the others.
FIRST_LEVEL: Final = "-"


def _name(label: str) -> TextField:
    return TextField(
        label=label,
        max_length=NAME_LIMIT,
        error_messages={"required": "请填名称。"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _aliases() -> TextField:
    return TextField(
        label="别名",
        required=False,
        max_length=MOST_ALIASES * (ALIAS_LIMIT + 2),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_ALIASES,
    )


class NewTopicForm(forms.Form):
    name = _name("名称")
    aliases = _aliases()


class RenameTopicForm(forms.Form):
    name = _name("新名称")


class AliasesForm(forms.Form):
    aliases = _aliases()


class MoveTopicForm(forms.Form):
    """Under another topic, or to the first level."""

    parent = forms.ChoiceField(
        label="移到",
        error_messages={"required": "请选移到哪里。"},
        help_text="下级一同过去，代码不变。以前的诉求仍显示当时的分类。",
    )

    def __init__(self, *args: Any, places: Iterable[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "parent", [(FIRST_LEVEL, "第一级"), *places], blank=CHOOSE)

    def clean_parent(self) -> str:
        """The code of the one above; empty for the first level, as the service takes it."""
        chosen: str = self.cleaned_data["parent"]
        return "" if chosen == FIRST_LEVEL else chosen


class MergeTopicForm(forms.Form):
    into = forms.ChoiceField(
        label="并入",
        error_messages={"required": "请选并入哪个分类。"},
        help_text="这个分类随即停用，它的代码以后指向并入的分类。",
    )

    def __init__(self, *args: Any, places: Iterable[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "into", places, blank=CHOOSE)
