"""Sign-in, the own account, the trail."""

from tests.portal.access import AUD, EVERYBODY, PUBLIC, L, O, Row, W

ROWS = {
    "accounts:login": Row("/accounts/login/", PUBLIC),
    # Without a password just given there is no second step.
    "accounts:second_factor": Row("/accounts/2fa/", PUBLIC, answer=302),
    "accounts:logout": Row("/accounts/logout/", PUBLIC),
    "accounts:welcome": Row("/accounts/welcome/MQ/x-y/", PUBLIC),
    "accounts:me": Row("/accounts/me/", EVERYBODY),
    "accounts:password": Row("/accounts/me/password/", EVERYBODY),
    "accounts:second_factor_setup": Row("/accounts/2fa/setup/", EVERYBODY),
    "accounts:recovery_codes": Row("/accounts/2fa/codes/", EVERYBODY),
    # Nobody's post: not found for everybody.
    "accounts:switch": Row(
        "/accounts/switch/", EVERYBODY, answer=404, method="post", data={"post": "0"}
    ),
    "accounts:devices": Row("/accounts/me/devices/", EVERYBODY),
    # Nobody's device: not found for everybody.
    "accounts:device_revoke": Row(
        "/accounts/me/devices/0/revoke/", EVERYBODY, answer=404, method="post"
    ),
    "accounts:field_start": Row(
        "/accounts/field/start/", frozenset({W, O, L}), answer=302, method="post"
    ),
    "accounts:field_end": Row("/accounts/field/end/", EVERYBODY, answer=302, method="post"),
    "accounts:unlock": Row("/accounts/unlock/", EVERYBODY),
    "accounts:audit": Row("/audit/", frozenset({AUD})),
    # To the page that lets a job write it.
    "accounts:audit_export": Row("/audit/export.csv", frozenset({AUD}), answer=302),
}
