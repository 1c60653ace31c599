"""All themes of grievances, and which one a matter of a visit is of."""

from typing import Final

from portal.desk.demo.grievances import themes_home, themes_more, themes_yard
from portal.desk.demo.grievances.kinds import Theme

THEMES: Final = (*themes_yard.THEMES, *themes_home.THEMES, *themes_more.THEMES)
BY_KEY: Final = {theme.key: theme for theme in THEMES}
_OF: Final = {about: theme for theme in THEMES for about in theme.of}


def theme_for(about: str) -> Theme:
    """Of a matter by its theme; raises ``KeyError`` for one that becomes no grievance."""
    return _OF[about]
