"""The tree of topics: made, renamed, moved, merged, ended; nothing is deleted or rewritten."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from django.db import transaction

from grievances.models import Topic, TopicPast
from grievances.models.topics import CODE_LIMIT, DEEPEST, NAME_LIMIT
from portal.accounts.models import Post
from portal.accounts.permissions import Permission
from portal.audit.services import record
from portal.core.errors import DomainError

SHIPPED: Final = Path(__file__).resolve().parent.parent / "data" / "topics.csv"
COLUMNS: Final = ("code", "name", "parent", "aliases")
MOST_ALIASES: Final = 20
ALIAS_LIMIT: Final = 20
#: Digits that a topic of our own adds to the code of the one above.
_DIGITS: Final = 2


class Loaded(NamedTuple):
    """What a run did: topics that were not there before, and rows left out for a name in use."""

    created: int
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTopic:
    """``parent`` is a code; empty makes one of the first level."""

    name: str
    parent: str = ""
    aliases: str = ""


def read(path: Path = SHIPPED) -> Sequence[Mapping[str, str]]:
    """The rows of a file: code, name, code of the parent, aliases with 、 between them.

    Raises ``DomainError`` for a file that cannot be a tree.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
            raise DomainError(f"文件缺少列：{'、'.join(missing)}。")
        rows = [{name: (row[name] or "").strip() for name in COLUMNS} for row in reader]
    known: dict[str, int] = {"": 0}
    for number, row in enumerate(rows, start=2):
        code = row["code"]
        if not code.isascii() or not code.isalnum() or len(code) > CODE_LIMIT or code in known:
            raise DomainError(f"第{number}行的代码是空的、有重复，或不是字母和数字。")
        if not 0 < len(row["name"]) <= NAME_LIMIT:
            raise DomainError(f"第{number}行要有名称，不超过{NAME_LIMIT}个字。")
        if row["parent"] not in known:
            raise DomainError(f"第{number}行的上级代码没有写在它前面。")
        known[code] = known[row["parent"]] + 1
        if known[code] > DEEPEST:
            raise DomainError(f"第{number}行超过{DEEPEST}级。")
    return rows


@transaction.atomic
def load(rows: Iterable[Mapping[str, str]], *, today: dt.date) -> Loaded:
    """Add the topics of a file (``read``) that are not there yet.

    What is there stays as the office made it: other names, places, ends and mergers are kept.
    """
    tree = _Tree()
    created = left_out = 0
    for row in rows:
        if row["code"] in tree.by_code:
            continue
        parent = tree.kept(row["parent"]) if row["parent"] else None
        closed = bool(row["parent"]) and (parent is None or not parent.in_force(today))
        if closed or tree.name_taken(row["name"], parent) or tree.room_below(parent) < 1:
            left_out += 1
            continue
        aliases = _cleaned_aliases(row["aliases"].replace("、", "\n"))
        tree.add(row["code"], row["name"], parent, aliases=aliases, today=today)
        created += 1
    if created:
        record(actor=None, action="topic.load")
    return Loaded(created, left_out)


@transaction.atomic
def add_topic(*, actor: Post, entry: NewTopic, today: dt.date) -> Topic:
    """Make a topic below another one, or of the first level; its code is the next free one."""
    actor.require(Permission.MANAGE_TOPICS)
    tree = _Tree()
    parent = tree.open(entry.parent, today, field="parent") if entry.parent else None
    name = _cleaned_name(entry.name)
    _check_place(tree, name, parent, depth=1, at="name")
    made = tree.add(
        tree.next_code(parent), name, parent, aliases=_cleaned_aliases(entry.aliases), today=today
    )
    record(actor=actor, action="topic.add", obj=made)
    return made


@transaction.atomic
def rename_topic(*, actor: Post, code: str, name: str, today: dt.date) -> Topic:
    """Give it another name from today; a grievance keeps reading under the name of its day."""
    tree, topic = _opened(actor, code, today)
    name = _cleaned_name(name)
    if name == topic.name:
        return topic
    if tree.name_taken(name, tree.parent_of(topic)):
        raise DomainError(f"这里已经有“{name}”了，请换一个名称。", field="name")
    _keep_past([topic], today)
    topic.name = name
    topic.save(update_fields=["name"])
    record(actor=actor, action="topic.rename", obj=topic, fields=["name"])
    return topic


@transaction.atomic
def set_aliases(*, actor: Post, code: str, aliases: str, today: dt.date) -> Topic:
    """Other words for it, one a line."""
    _, topic = _opened(actor, code, today)
    topic.aliases = _cleaned_aliases(aliases)
    topic.save(update_fields=["aliases"])
    record(actor=actor, action="topic.alias", obj=topic, fields=["aliases"])
    return topic


@transaction.atomic
def move_topic(*, actor: Post, code: str, parent: str, today: dt.date) -> Topic:
    """Put it, with all below it, under another one (a code; empty: the first level).

    Paths follow at once; what they were until today is kept, and so is every code.
    """
    tree, topic = _opened(actor, code, today)
    above = tree.open(parent, today, field="parent") if parent else None
    if above is not None and above.path.startswith(topic.path):
        raise DomainError("不能移到它自己或它的下级里面。", field="parent")
    if (above.pk if above else None) == topic.parent_id:
        raise DomainError("它已经在那里了，请另选上级。", field="parent")
    moved = tree.below(topic)
    depth = max(one.level for one in moved) - topic.level + 1
    _check_place(tree, topic.name, above, depth=depth, at="parent")
    _keep_past(moved, today)
    old_path, risen = topic.path, (above.level + 1 if above else 1) - topic.level
    start = above.path if above else ""
    topic.parent = above
    for one in moved:
        one.path = f"{start}{topic.code}/{one.path[len(old_path) :]}"
        one.level += risen
    Topic.objects.bulk_update(moved, ["parent", "path", "level"])
    record(actor=actor, action="topic.move", obj=topic, fields=["parent"])
    return topic


@transaction.atomic
def merge_topic(*, actor: Post, code: str, into: str, today: dt.date) -> Topic:
    """End it in favour of another one, to which its code leads from now on. Returns that one.

    Grievances keep the topic they were given.
    """
    tree, topic = _opened(actor, code, today)
    kept = tree.open(into, today, field="into")
    if kept.pk == topic.pk:
        raise DomainError("不能并入自己，请另选一个分类。", field="into")
    _check_nothing_below(tree, topic, today, field="into")
    topic.merged_into, topic.valid_until = kept, today
    topic.save(update_fields=["merged_into", "valid_until"])
    record(actor=actor, action="topic.merge", obj=topic, fields=["merged_into"])
    return kept


@transaction.atomic
def end_topic(*, actor: Post, code: str, today: dt.date) -> Topic:
    """It is offered no more from today; grievances that have it keep it."""
    tree, topic = _opened(actor, code, today)
    _check_nothing_below(tree, topic, today)
    topic.valid_until = today
    topic.save(update_fields=["valid_until"])
    record(actor=actor, action="topic.end", obj=topic, fields=["valid_until"])
    return topic


class _Tree:
    """All topics, locked: two changes at once could otherwise make a circle of them."""

    def __init__(self) -> None:
        rows = Topic.objects.select_for_update(no_key=True).order_by("pk")
        self.by_code = {topic.code: topic for topic in rows}
        self._by_pk = {topic.pk: topic for topic in self.by_code.values()}

    def open(self, code: str, today: dt.date, *, field: str | None = None) -> Topic:
        """The topic of a code while it is in force; else a ``DomainError`` at the field."""
        topic = self.by_code.get(code)
        if topic is None or not topic.in_force(today):
            raise DomainError("请选一个在用的分类。", field=field)
        return topic

    def kept(self, code: str) -> Topic | None:
        """Where a code leads by now, through all mergers."""
        topic = self.by_code.get(code)
        while topic is not None and topic.merged_into_id is not None:
            topic = self._by_pk[topic.merged_into_id]
        return topic

    def parent_of(self, topic: Topic) -> Topic | None:
        return self._by_pk[topic.parent_id] if topic.parent_id else None

    def below(self, topic: Topic) -> list[Topic]:
        """The topic and all below it, ended ones too."""
        return [one for one in self.by_code.values() if one.path.startswith(topic.path)]

    def name_taken(self, name: str, parent: Topic | None) -> bool:
        above = parent.pk if parent else None
        return any(
            one.name == name and one.parent_id == above and one.valid_until is None
            for one in self.by_code.values()
        )

    def room_below(self, parent: Topic | None) -> int:
        return DEEPEST - (parent.level if parent else 0)

    def next_code(self, parent: Topic | None) -> str:
        """The code above and two digits, past the highest there is; a longer one past 99."""
        start = parent.code if parent else ""
        digits = _DIGITS
        while len(start) + digits <= CODE_LIMIT:
            used = [
                int(code[len(start) :])
                for code in self.by_code
                if code.startswith(start)
                and len(code) == len(start) + digits
                and code[len(start) :].isdecimal()
            ]
            number = max(used, default=0) + 1
            if number < 10**digits:
                return f"{start}{number:0{digits}}"
            digits += 1
        raise DomainError("这里的代码已用完，请建在别的分类下面。", field="parent")

    def add(
        self, code: str, name: str, parent: Topic | None, *, aliases: str, today: dt.date
    ) -> Topic:
        made = Topic.objects.create(
            code=code,
            name=name,
            parent=parent,
            path=f"{parent.path if parent else ''}{code}/",
            level=(parent.level if parent else 0) + 1,
            aliases=aliases,
            valid_from=today,
        )
        self.by_code[code] = self._by_pk[made.pk] = made
        return made


def _opened(actor: Post, code: str, today: dt.date) -> tuple[_Tree, Topic]:
    """The locked tree and the topic to change, for who may."""
    actor.require(Permission.MANAGE_TOPICS)
    tree = _Tree()
    topic = tree.by_code.get(code)
    if topic is None:
        raise Topic.DoesNotExist
    if not topic.in_force(today):
        raise DomainError("这个分类已停用，不能再改。")
    return tree, topic


def _check_place(tree: _Tree, name: str, parent: Topic | None, *, depth: int, at: str) -> None:
    """``depth`` levels must fit below ``parent``, and the name must be free there."""
    if tree.room_below(parent) < depth:
        raise DomainError(f"分类最多{DEEPEST}级，请选高一级的位置。", field="parent")
    if tree.name_taken(name, parent):
        raise DomainError(f"那里已经有“{name}”了，请换一个。", field=at)


def _check_nothing_below(
    tree: _Tree, topic: Topic, today: dt.date, *, field: str | None = None
) -> None:
    left = [one.name for one in tree.below(topic) if one.pk != topic.pk and one.in_force(today)]
    if left:
        raise DomainError(
            f"下面还有{len(left)}个在用的分类，请先移走、合并或停用它们。", field=field
        )


def _keep_past(topics: Iterable[Topic], today: dt.date) -> None:
    """What they are called and where they stand, until today."""
    TopicPast.objects.bulk_create(
        [TopicPast(topic=one, name=one.name, path=one.path, until=today) for one in topics]
    )


def _cleaned_name(name: str) -> str:
    name = "".join(name.split())
    if not 0 < len(name) <= NAME_LIMIT:
        raise DomainError(f"名称要有 1 至 {NAME_LIMIT} 个字。", field="name")
    return name


def _cleaned_aliases(text: str) -> str:
    """One a line, each once."""
    found = dict.fromkeys(" ".join(line.split()) for line in text.splitlines())
    words = [word for word in found if word]
    if len(words) > MOST_ALIASES or any(len(word) > ALIAS_LIMIT for word in words):
        raise DomainError(
            f"别名一行一个，最多{MOST_ALIASES}个，每个不超过{ALIAS_LIMIT}字。", field="aliases"
        )
    return "\n".join(words)
