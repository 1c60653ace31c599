from django.apps import AppConfig
from django.core.checks import Tags, register


class CoreConfig(AppConfig):
    name = "portal.core"
    label = "core"
    verbose_name = "基础"

    def ready(self) -> None:
        from portal.core.attachments.scanner import check_address  # noqa: PLC0415 -- app ready
        from portal.core.encryption import check_keys  # noqa: PLC0415 -- app ready

        register(check_keys, Tags.security)
        register(check_address, Tags.security)
