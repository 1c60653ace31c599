from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = "联系服务"

    def ready(self) -> None:
        from contacts import (  # noqa: PLC0415 -- needs the loaded models
            checks,
            exports,
            imports,
            metrics,
            ports,
            search,
        )
        from contacts.selectors import handover, unit_words  # noqa: PLC0415 -- needs the loaded models
        from contacts.services import drafts, places  # noqa: PLC0415 -- needs the loaded models
        from portal.accounts.ports import (  # noqa: PLC0415 -- needs the loaded models
            bind_before_sign_out,
            bind_hide_people,
            bind_keeps_unit,
            bind_leaves_behind,
            bind_on_sign_out,
            bind_on_unit_changed,
        )

        ports.escalate.bind_default(ports.wait_for_grievances)
        ports.grievance_links.bind_default(ports.no_links_yet)
        ports.visit_credits.bind_default(ports.counted_for_nothing_yet)
        ports.household_sections.bind_default(ports.no_sections_yet)
        ports.point_sections.bind_default(ports.nothing_at_points_yet)
        ports.household_merged.bind_default(ports.nothing_to_merge_yet)
        ports.resident_erased.bind_default(ports.nothing_to_erase_yet)
        bind_before_sign_out(drafts.unfinished)
        bind_on_sign_out(drafts.wipe)
        bind_on_unit_changed(places.follow_unit)
        bind_keeps_unit(places.keeps_unit)
        bind_leaves_behind(handover.left_behind)
        bind_hide_people(unit_words.hide_people)
        search.register()
        metrics.register()
        checks.register()
        exports.register()
        imports.register()
