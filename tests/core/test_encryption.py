import base64

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast
from hypothesis import given
from hypothesis import strategies as st

from contacts.models import Household, Resident
from portal.accounts.models import Reveal
from portal.core.encryption import (
    DecryptionError,
    blind_index,
    check_keys,
    decrypt,
    encrypt,
    normalise_phone,
    refresh_blind_indexes,
)
from tests.factories.contacts import make_household, make_resident

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()


def raw(model, pk, column):
    """What the database holds, as it holds it."""
    rows = model.objects.filter(pk=pk).annotate(held=Cast(column, TextField()))
    return rows.values_list("held", flat=True).get()


def move_raw(model, pk, source, target):
    with connection.cursor() as cursor:
        table = model._meta.db_table
        cursor.execute(f'UPDATE "{table}" SET "{target}" = "{source}" WHERE id = %s', [pk])  # noqa: S608


@given(st.text(min_size=1), st.text(max_size=40))
def test_what_is_encrypted_comes_back_and_looks_different_each_time(value, context):
    try:
        value.encode(), context.encode()
    except UnicodeEncodeError:
        return
    first, second = encrypt(value, context=context), encrypt(value, context=context)

    assert decrypt(first, context=context) == decrypt(second, context=context) == value
    assert first != second
    assert len(value) < 4 or value not in first.partition(".")[2]


def test_nothing_stays_nothing():
    assert encrypt("") == decrypt("") == ""


def test_a_ciphertext_cannot_be_moved_altered_or_read_without_its_key(settings):
    settings.FIELD_KEYS = [OLD]
    sealed = encrypt("13800138000", context="a.b.phone")
    key_id, _, body = sealed.partition(".")
    swapped = "A" if body[20] != "A" else "B"

    for bad in (
        sealed,
        f"{key_id}.{body[:20]}{swapped}{body[21:]}",
        "13800138000",
        "old.",
        "old.a",
    ):
        with pytest.raises(DecryptionError) as caught:
            decrypt(bad, context="a.b.note")
        assert "13800138000" not in str(caught.value)
    settings.FIELD_KEYS = [NEW]
    with pytest.raises(DecryptionError):
        decrypt(sealed, context="a.b.phone")
    settings.FIELD_KEYS = [NEW, OLD]
    assert decrypt(sealed, context="a.b.phone") == "13800138000"


@pytest.mark.parametrize(
    "keys",
    [
        [],
        ["abc"],
        [":" + OLD[4:]],
        ["k:short"],
        ["k:" + base64.b64encode(b"x" * 16).decode()],
        [OLD, OLD],
    ],
    ids=["none", "no id", "empty id", "not base64", "too short", "twice"],
)
def test_bad_keys_are_found_before_anything_is_saved(settings, keys):
    settings.FIELD_KEYS = keys

    assert [error.id for error in check_keys()] == ["core.E001"]
    with pytest.raises(ImproperlyConfigured):
        encrypt("x")


def test_good_keys_pass_and_an_empty_index_key_does_not(settings):
    assert check_keys() == []
    settings.BLIND_INDEX_KEY = ""
    assert [error.id for error in check_keys()] == ["core.E002"]


@pytest.mark.django_db
def test_the_database_never_sees_the_text():
    resident = make_resident(phone="13800131234")

    stored = raw(Resident, resident.pk, "phone")
    assert "13800131234" not in stored
    assert stored.startswith("t1.")
    assert Resident.objects.get(pk=resident.pk).phone == "13800131234"
    Resident.objects.filter(pk=resident.pk).update(phone="13911112222")
    assert Resident.objects.values_list("phone", flat=True).get(pk=resident.pk) == "13911112222"
    resident.phone = ""
    resident.save()
    assert raw(Resident, resident.pk, "phone") == ""


@pytest.mark.django_db
def test_a_value_moved_to_another_column_is_refused():
    household = make_household(note="钥匙在邻居家")
    move_raw(Household, household.pk, "note", "avoid")

    with pytest.raises(DecryptionError):
        Household.objects.get(pk=household.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("lookup", ["note", "note__in", "note__contains", "note__gt"])
def test_comparing_encrypted_text_is_refused_instead_of_finding_nothing(lookup):
    with pytest.raises(FieldError, match="encrypted"):
        Reveal.objects.filter(**{lookup: "x"}).exists()
    assert not Reveal.objects.filter(note__isnull=True).exists()


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_every_way_of_writing_a_phone_has_one_index(phone):
    wide = "".join(chr(ord(c) + 0xFEE0) for c in phone)
    spellings = (
        phone,
        f"+86 {phone}",
        f"0086{phone}",
        f"{phone[:3]}-{phone[3:7]} {phone[7:]}",
        wide,
    )

    assert {normalise_phone(each) for each in spellings} == {phone}
    assert len({blind_index(each, purpose="resident.phone") for each in spellings}) == 1


def test_a_landline_keeps_its_area_code_and_loses_its_extension():
    assert normalise_phone("(010) 6887-1234 转 801") == "01068871234"
    assert normalise_phone("+86 010 68871234") == "01068871234"
    assert normalise_phone("无") == ""


def test_an_index_belongs_to_one_purpose_and_one_key(settings):
    here = blind_index("13800138000", purpose="resident.phone")

    assert len(here) == 64
    assert here != blind_index("13800138000", purpose="contact.phone")
    assert blind_index("Ａ b", purpose="code") == blind_index("aB", purpose="code")
    assert blind_index(" ", purpose="code") == blind_index("无", purpose="resident.phone") == ""
    settings.BLIND_INDEX_KEY = "another"
    assert here != blind_index("13800138000", purpose="resident.phone")


def test_refreshing_names_what_changed():
    resident = Resident(phone="13800131234")

    assert refresh_blind_indexes(resident) == ["phone_index", "phone_tail_index"]
    assert refresh_blind_indexes(resident) == []
    resident.phone = ""
    refresh_blind_indexes(resident)
    assert resident.phone_index == ""


@pytest.mark.django_db
def test_rotation_leaves_nothing_under_the_old_key_and_finds_people_again(settings, capsys):
    settings.FIELD_KEYS, settings.BLIND_INDEX_KEY = [OLD], "before"
    household = make_household(note="钥匙在邻居家")
    people = [make_resident(household, phone=f"1380013{n:04}") for n in range(3)]
    silent = make_resident(household, phone="")
    settings.FIELD_KEYS, settings.BLIND_INDEX_KEY = [NEW, OLD], "after"

    call_command("rotate_field_keys")
    settings.FIELD_KEYS = [NEW]

    assert Household.objects.get(pk=household.pk).note == "钥匙在邻居家"
    for number, person in enumerate(people):
        index = blind_index(f"1380013{number:04}", purpose="resident.phone")
        assert Resident.objects.get(phone_index=index).pk == person.pk
        assert raw(Resident, person.pk, "phone").startswith("new.")
    assert raw(Resident, silent.pk, "phone") == ""
    first = capsys.readouterr().out
    assert "contacts.Resident: 更新 3 处" in first
    call_command("rotate_field_keys")
    assert "contacts.Resident: 更新 0 处" in capsys.readouterr().out
