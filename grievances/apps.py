from django.apps import AppConfig


class GrievancesConfig(AppConfig):
    name = "grievances"
    verbose_name = "诉求"

    def ready(self) -> None:
        from contacts import ports  # noqa: PLC0415 -- needs the loaded models
        from grievances import imports, search  # noqa: PLC0415 -- needs the loaded models
        from grievances.services import registering  # noqa: PLC0415 -- needs the loaded models

        ports.escalate.bind(registering.open_for_matter)
        search.register()
        imports.register()
