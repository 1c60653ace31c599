from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "portal.notices"
    verbose_name = "告知"

    def ready(self) -> None:
        from portal.notices import checks  # noqa: F401, PLC0415 -- registers them
