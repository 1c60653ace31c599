from django.apps import AppConfig
from django.core.checks import Tags, register


class DeskConfig(AppConfig):
    name = "portal.desk"
    label = "desk"
    verbose_name = "工作台"

    def ready(self) -> None:
        from portal.desk import exports  # noqa: PLC0415 -- needs the loaded models
        from portal.desk.demo_mode import check_demo  # noqa: PLC0415 -- app ready

        register(check_demo, Tags.security)
        exports.register()
