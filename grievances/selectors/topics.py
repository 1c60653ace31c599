"""Topics as pages show them: what lies below one, where one may go, what one was called on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grievances.models import Topic, TopicPast

#: Between the names of a topic and those above it.
ARROW = " › "
#: The code, and how the topic is called in a list.
Choice = tuple[str, str]


def resolve(code: str) -> Topic | None:
    """The topic that a code means by now, through mergers; None for one that never was."""
    topic = Topic.objects.filter(code=code).first()
    while topic is not None and topic.merged_into_id is not None:
        topic = topic.merged_into
    return topic


class TopicNames:
    """What topics are called, from the top down: today, or on the day they were given. Two queries."""

    def __init__(self) -> None:
        self.topics = {topic.code: topic for topic in Topic.objects.order_by("path")}
        self._by_pk = {topic.pk: topic for topic in self.topics.values()}
        self._past: dict[int, list[TopicPast]] = {}
        for past in TopicPast.objects.order_by("until", "pk"):
            self._past.setdefault(past.topic_id, []).append(past)

    def kept(self, code: str) -> Topic | None:
        """``resolve`` without a query."""
        topic = self.topics.get(code)
        while topic is not None and topic.merged_into_id is not None:
            topic = self._by_pk[topic.merged_into_id]
        return topic

    def full(self, topic: Topic, day: dt.date | None = None) -> str:
        """All names down to this one, as they were on ``day``; without one, as they are."""
        path = self._then(topic, day).path
        above = [self.topics[code] for code in path.split("/") if code]
        return ARROW.join(self._then(one, day).name for one in above)

    def _then(self, topic: Topic, day: dt.date | None) -> Topic | TopicPast:
        if day is None:
            return topic
        return next((past for past in self._past.get(topic.pk, ()) if past.until > day), topic)


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic of a list with what lies directly below it."""

    topic: Topic
    below: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.below)

    @property
    def names(self) -> str:
        return "、".join(self.below)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage:
    """One topic, or the whole tree where there is none."""

    topic: Topic | None
    above: tuple[Topic, ...]
    lines: tuple[TopicLine, ...]
    ended: tuple[Topic, ...]
    #: What it was called before, the last one first.
    former_names: tuple[str, ...]
    #: Those that were merged into it.
    took_over: tuple[str, ...]


def topic_page(topic: Topic | None, *, today: dt.date) -> TopicPage:
    """What lies below a topic, or the first level; at most five queries."""
    rows = Topic.objects.order_by("path")
    children = list(rows.filter(parent=topic))
    names: dict[int, list[str]] = {}
    for one in rows.filter(parent__in=[child.pk for child in children]):
        if one.in_force(today):
            names.setdefault(one.parent_id or 0, []).append(one.name)
    return TopicPage(
        topic=topic,
        above=tuple(_above(topic)),
        lines=tuple(
            TopicLine(one, tuple(names.get(one.pk, ()))) for one in children if one.in_force(today)
        ),
        ended=tuple(one for one in children if not one.in_force(today)),
        former_names=tuple(_former(topic)) if topic else (),
        took_over=tuple(topic.merged.order_by("pk").values_list("name", flat=True))
        if topic
        else (),
    )


def _above(topic: Topic | None) -> Iterable[Topic]:
    codes = topic.path.split("/")[:-2] if topic else []
    return Topic.objects.filter(code__in=codes).order_by("level") if codes else ()


def _former(topic: Topic) -> list[str]:
    past = topic.past.order_by("-until", "-pk").values_list("name", flat=True)
    return [name for name in dict.fromkeys(past) if name != topic.name]


def topic_choices(
    *, today: dt.date, without: Topic | None = None, deepest: int | None = None
) -> list[Choice]:
    """Topics in force to choose from, by their full names; one query.

    ``without`` leaves out a topic with all below it, ``deepest`` those of lower levels.
    """
    rows: Sequence[Topic] = list(Topic.objects.order_by("path"))
    names: dict[int, str] = {}
    found = []
    for one in rows:
        above = names.get(one.parent_id or 0, "")
        names[one.pk] = f"{above}{ARROW}{one.name}" if above else one.name
        inside = without is not None and one.path.startswith(without.path)
        too_deep = deepest is not None and one.level > deepest
        if one.in_force(today) and not inside and not too_deep:
            found.append((one.code, names[one.pk]))
    return found
