from django.apps import AppConfig


class GrievancesConfig(AppConfig):
    name = "grievances"
    verbose_name = "诉求"

    def ready(self) -> None:
        from contacts import ports  # noqa: PLC0415 -- needs the loaded models
        from grievances import exports, imports, search  # noqa: PLC0415 -- needs the loaded models
        from grievances.selectors import links  # noqa: PLC0415 -- needs the loaded models
        from grievances.services import households, registering, telling  # noqa: PLC0415 -- needs the loaded models
        from portal.notices import registry as notices  # noqa: PLC0415 -- needs the loaded models

        ports.escalate.bind(registering.open_for_matter)
        ports.grievance_links.bind(links.grievance_links)
        ports.household_sections.bind(links.household_sections)
        ports.point_sections.bind(links.point_sections)
        ports.household_merged.bind(households.follow_merged)
        ports.resident_erased.bind(households.erase_resident)
        notices.register(telling.ABOUT, telling.heard_of)
        search.register()
        imports.register()
        exports.register()
