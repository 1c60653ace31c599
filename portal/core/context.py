"""What every page knows: the product's name, whether this is the demo, where one can go."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse

PRODUCT_NAME: Final = "连心"
PRODUCT_SUBTITLE: Final = "联系服务群众工作平台"
#: The address of the search page: its box stands in the header of those who may search.
SEARCH: Final = "desk:search"
_TABS: Final = 4


class ActingPost(Protocol):
    """The part of a post that navigation asks; portal.core knows no accounts."""

    def may(self, permission: str) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class NavItem:
    """One place to go. ``permission`` is what it takes; empty is for everybody signed in."""

    label: str
    url_name: str
    icon: str
    section: str
    permission: str = ""
    #: Belongs on the phone's tab bar.
    tab: bool = False
    #: Is a thing to do, drawn as a button.
    action: bool = False
    #: Opens in an 外勤会话 without the password: its view says so (``in_field``).
    in_field: bool = False


@dataclass(frozen=True, kw_only=True)
class NavLink:
    """A NavItem this person may follow now."""

    label: str
    url: str
    icon: str
    section: str
    tab: bool
    action: bool
    current: bool


NAVIGATION: Final = (
    NavItem(
        label="今日", url_name="desk:today", icon="house-door", section="工作",
        permission="USE_PORTAL", tab=True,
    ),
    NavItem(
        label="记走访", url_name="contacts:visit_new", icon="plus-lg", section="工作",
        permission="LOG_HOME_VISIT", tab=True, action=True, in_field=True,
    ),
    NavItem(
        label="住户", url_name="contacts:household_list", icon="houses", section="工作",
        permission="SEE_HOUSEHOLDS", tab=True, in_field=True,
    ),
    NavItem(
        label="日记", url_name="contacts:diary", icon="journal-text", section="工作",
        permission="SEE_DIARY", tab=True,
    ),
    NavItem(
        label="记下访", url_name="contacts:visit_new_field", icon="geo-alt", section="工作",
        permission="LOG_FIELD_VISIT", action=True,
    ),
    NavItem(
        label="记接访", url_name="contacts:visit_new_reception", icon="chat-square-text",
        section="工作", permission="LOG_RECEPTION", action=True,
    ),
    NavItem(
        label="扫楼", url_name="contacts:round_list", icon="building", section="工作",
        permission="LOG_HOME_VISIT", in_field=True,
    ),
    NavItem(
        label="登记诉求", url_name="grievances:new", icon="megaphone", section="工作",
        permission="REGISTER_GRIEVANCES", action=True,
    ),
    NavItem(
        label="诉求待办", url_name="grievances:inbox", icon="inbox", section="工作",
        permission="HANDLE_GRIEVANCES",
    ),
    NavItem(
        label="诉求", url_name="grievances:list", icon="chat-left-text", section="工作",
        permission="SEE_GRIEVANCES",
    ),
    NavItem(
        label="三访记录", url_name="contacts:visit_list", icon="card-checklist", section="工作",
        permission="SEE_VISITS",
    ),
    NavItem(
        label="搜索", url_name=SEARCH, icon="search", section="工作", permission="SEARCH"
    ),
    NavItem(
        label="民情地图", url_name="contacts:map", icon="map", section="本单位",
        permission="SEE_MAP",
    ),
    NavItem(
        label="本单位数字", url_name="contacts:figures", icon="bar-chart", section="本单位",
        permission="SEE_FIGURES",
    ),
    NavItem(
        label="联系点", url_name="contacts:point_list", icon="pin-map", section="本单位",
        permission="SEE_POINTS",
    ),
    NavItem(
        label="志愿服务", url_name="contacts:team_list", icon="people", section="本单位",
        permission="SEE_VOLUNTEERS",
    ),
    NavItem(
        label="人员与岗位", url_name="people:people", icon="person-gear", section="管理",
        permission="SEE_PEOPLE",
    ),
    NavItem(
        label="岗位任免", url_name="people:posts", icon="person-badge", section="管理",
        permission="GRANT_POSTS",
    ),
    NavItem(
        label="单位", url_name="people:units", icon="diagram-3", section="管理",
        permission="MANAGE_ORGANISATIONS",
    ),
    NavItem(
        label="诉求分类", url_name="grievances:topics", icon="tags", section="管理",
        permission="MANAGE_TOPICS",
    ),
    NavItem(
        label="12345对账", url_name="grievances:reconciliation", icon="telephone", section="管理",
        permission="IMPORT_HOTLINE",
    ),
    NavItem(
        label="督查授权", url_name="people:inspections", icon="clipboard-check", section="管理",
        permission="SEE_INSPECTIONS",
    ),
    NavItem(
        label="个人信息请求", url_name="contacts:rights_list", icon="person-check",
        section="管理", permission="HANDLE_RIGHTS",
    ),
    NavItem(
        label="审计日志", url_name="accounts:audit", icon="shield-check", section="管理",
        permission="READ_AUDIT",
    ),
    NavItem(
        label="导入导出", url_name="jobs:list", icon="arrow-down-up", section="管理",
        permission="EXPORT_LISTS",
    ),
    NavItem(label="我的账号", url_name="accounts:me", icon="person-circle", section="个人"),
    NavItem(label="帮助", url_name="desk:help", icon="question-circle", section="个人"),
    NavItem(
        label="系统意见", url_name="desk:feedback", icon="envelope", section="个人",
        permission="USE_PORTAL",
    ),
)  # fmt: skip


def _url(name: str) -> str:
    """Give the address, or nothing while no app serves that name."""
    return _known_url(name, get_urlconf(), get_script_prefix())


@lru_cache(maxsize=256)
def _known_url(name: str, urlconf: str | None, _prefix: str) -> str:
    """Every page asks for all of them, and they never change."""
    try:
        return reverse(name, urlconf)
    except NoReverseMatch:
        return ""


def _allowed(item: NavItem, post: ActingPost | None) -> bool:
    if not item.permission:
        return True
    return post is not None and post.may(item.permission)


@dataclass(frozen=True, eq=False)
class Navigation:
    """The places a person may go to now; the same object for the same places on the same page."""

    links: tuple[NavLink, ...] = ()

    @property
    def search_url(self) -> str:
        return next((link.url for link in self.links if link.url == _url(SEARCH)), "")

    @property
    def items(self) -> list[NavLink]:
        return [link for link in self.links if not link.action]

    @property
    def actions(self) -> list[NavLink]:
        return [link for link in self.links if link.action]

    @property
    def tabs(self) -> list[NavLink]:
        """Fill the tab bar: its own items first, then the next places this post may go."""
        tabs = [link for link in self.links if link.tab]
        others = [link for link in self.links if not link.tab]
        return (tabs + others)[:_TABS]

    @property
    def more(self) -> list[NavLink]:
        tabs = self.tabs
        return [link for link in self.links if link not in tabs]


_NOWHERE: Final = Navigation()


def navigation(request: HttpRequest) -> Navigation:
    """Where the acting post may go; out of doors, only what asks for no password."""
    post: ActingPost | None = getattr(request, "post", None)
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return _NOWHERE
    limited = getattr(request, "limited", False)
    allowed = [
        at
        for at, item in enumerate(NAVIGATION)
        if (item.in_field or not limited) and _allowed(item, post)
    ]
    reachable = [(at, url) for at in allowed if (url := _url(NAVIGATION[at].url_name))]
    return _navigation(tuple(reachable), _here(request.path, [url for _, url in reachable]))


@lru_cache(maxsize=512)
def _navigation(reachable: tuple[tuple[int, str], ...], here: str) -> Navigation:
    """One for each role and page: pieces of markup are kept by it (``nav_part``)."""
    return Navigation(
        tuple(
            NavLink(
                label=item.label,
                url=url,
                icon=item.icon,
                section=item.section,
                tab=item.tab,
                action=item.action,
                current=url == here,
            )
            for item, url in ((NAVIGATION[at], url) for at, url in reachable)
        )
    )


def _here(path: str, urls: list[str]) -> str:
    """Pick the longest address the page lies under; "/" only for itself."""
    return max(
        (url for url in urls if path == url or (url != "/" and path.startswith(url))),
        key=len,
        default="",
    )


def portal(request: HttpRequest) -> dict[str, Any]:
    """Supply base.html."""
    return {
        "product_name": PRODUCT_NAME,
        "product_subtitle": PRODUCT_SUBTITLE,
        "demo": settings.DEMO,
        "nav": navigation(request),
    }
