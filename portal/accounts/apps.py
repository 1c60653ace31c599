from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "portal.accounts"
    label = "accounts"
    verbose_name = "账号与组织"

    def ready(self) -> None:
        from portal.accounts import checks  # noqa: F401, PLC0415 -- registers the checks
        from portal.accounts.services import second_factor  # noqa: PLC0415 -- needs loaded models
        from portal.core import rekeying  # noqa: PLC0415 -- needs the loaded models

        rekeying.register(
            rekeying.Place("动态口令和恢复码", second_factor.rekey, second_factor.left)
        )
