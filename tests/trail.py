"""What a row of the trail tells: its words, without what is random, counted or a clock's."""

from portal.audit.models import AuditEvent

#: Digits of these may spell anything, a room or a number, by chance.
_NO_WORDS = ("uid", "mac", "at", "request_id", "object_id")


def told_by(event: AuditEvent) -> str:
    """Every column that says something, as one text to look for a secret in.

    Keys are left out: a test that looks for digits says itself which ``object_id`` it expects.
    """
    said = {field.attname: getattr(event, field.attname) for field in event._meta.concrete_fields}
    return str(
        {
            name: value
            for name, value in said.items()
            if name not in _NO_WORDS and not isinstance(value, int)
        }
    )
