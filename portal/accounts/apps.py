from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "portal.accounts"
    label = "accounts"
    verbose_name = "账号与组织"

    def ready(self) -> None:
        from portal.accounts import checks  # noqa: F401, PLC0415 -- registers the checks
