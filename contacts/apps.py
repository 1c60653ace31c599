from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = "联系服务"

    def ready(self) -> None:
        from contacts import checks, ports, search  # noqa: PLC0415 -- needs the loaded models

        ports.escalate.bind(ports.wait_for_grievances)
        search.register()
        checks.register()
