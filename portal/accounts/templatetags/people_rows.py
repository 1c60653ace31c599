"""Rows of people and of posts drawn in Python."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from portal.accounts.models import User
from portal.accounts.selectors.people import HeldPost, Mark, PersonLine
from portal.core.paths import path_of
from portal.core.rows import safe
from portal.core.templatetags.portal import cn_date

register = template.Library()


def _safe(html: str) -> SafeString:
    # SECURITY: every piece was escaped where it was put in.
    return mark_safe(html)  # noqa: S308


def _csrf(context: Context) -> str:
    token = safe(str(context.get("csrf_token") or ""))
    return f'<input type="hidden" name="csrfmiddlewaretoken" value="{token}">'


@register.simple_tag(takes_context=True)
def person_rows(context: Context, lines: Iterable[PersonLine], *, stale: bool) -> SafeString:
    """People as rows of a table; ``stale`` draws the button that closes an account at once."""
    csrf = _csrf(context) if stale else ""
    return _safe("".join([_person(line, csrf, stale=stale) for line in lines]))


def _person(line: PersonLine, csrf: str, *, stale: bool) -> str:
    user = line.user
    posts = "<br>".join([f"{safe(post.place)} · {safe(post.label)}" for post in line.posts])
    marks = "".join([_mark(mark) for mark in line.marks]) or '<span class="muted">可登录</span>'
    return (
        f'<tr><th scope="row"><a href="{safe(path_of("people:person", user.pk))}">'
        f'{safe(user.name)}</a></th><td class="at-account">{safe(user.username)}</td>'
        f'<td class="at-place"><div>{posts or _NOTHING}</div></td>'
        f'<td class="at-state"><div class="cluster">{marks}</div></td>'
        f'<td class="at-seen nowrap"><span class="table-label">上次登录</span> {_seen(user)}</td>'
        f"{_act(line, csrf) if stale else ''}</tr>"
    )


_NOTHING = '<span class="muted">—</span>'


def _mark(mark: Mark) -> str:
    tone = f" tag-{safe(mark.tone)}" if mark.tone else ""
    return f'<span class="tag{tone}">{safe(mark.text)}</span>'


def _seen(user: User) -> str:
    if user.last_login:
        return cn_date(user.last_login)
    made = timezone.localtime(user.created_at)
    return f'<span class="muted">没有，建于 {made:%Y-%m-%d}</span>'


def _act(line: PersonLine, csrf: str) -> str:
    if not line.may_deactivate:
        return '<td class="at-act"><span class="muted">不由您办理</span></td>'
    user = line.user
    return (
        f'<td class="at-act"><form method="post" action="{safe(path_of("people:deactivate", user.pk))}">'
        f'{csrf}<button class="btn btn-secondary" type="submit" name="next" value="stale">停用'
        f'<span class="visually-hidden">{safe(user.name)}的账号</span></button></form></td>'
    )


@register.simple_tag(takes_context=True)
def post_rows(context: Context, posts: Iterable[HeldPost], *, named: bool) -> SafeString:
    """Posts with their dates and what may be done to them; ``named`` says whose they are."""
    csrf = _csrf(context)
    return _safe("".join([_held(held, csrf, named=named) for held in posts]))


def _held(held: HeldPost, csrf: str, *, named: bool) -> str:
    post = held.post
    whose = ""
    if named:
        url = safe(path_of("people:person", post.user_id))
        whose = f'<a href="{url}">{safe(post.user.name)}</a>'
    state = f'<span class="tag">{safe(held.state)}</span>' if held.state else ""
    kind = f"（{safe(str(post.get_delegate_kind_display()))}）" if post.delegate_kind else ""
    until = f"，到 {held.last_day:%Y-%m-%d} 为止" if held.last_day else ""
    return (
        f'<li class="row-item"><div><div class="row-title">{whose}<span>{safe(post.place)} · '
        f'{safe(post.label)}</span>{state}</div><p class="row-meta">'
        f"{safe(str(post.get_role_display()))}{kind}，自 {post.since:%Y-%m-%d}{until}</p></div>"
        f"{_end(held, csrf)}</li>"
    )


def _end(held: HeldPost, csrf: str) -> str:
    post = held.post
    if held.may_end:
        return (
            '<div class="row-end"><a class="btn btn-secondary"'
            f' href="{safe(path_of("people:post_end", post.pk))}">结束'
            f'<span class="visually-hidden">{safe(post.label)}的岗位</span></a></div>'
        )
    if held.may_withdraw:
        return (
            '<div class="row-end"><form method="post"'
            f' action="{safe(path_of("people:post_withdraw", post.pk))}"'
            ' data-confirm="任错了才撤回；撤回后这个岗位不留。" data-confirm-yes="撤回">'
            f'{csrf}<button class="btn btn-secondary" type="submit">撤回任命</button></form></div>'
        )
    return ""
