from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "portal.jobs"
    verbose_name = "后台任务"

    def ready(self) -> None:
        from portal.core import rekeying  # noqa: PLC0415 -- needs the loaded models
        from portal.jobs import files  # noqa: PLC0415 -- needs the loaded models

        rekeying.register(rekeying.Place("导入导出的文件", files.rekey, files.left))
