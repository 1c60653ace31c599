"""The way through the pages: upload, columns, what would happen, import; and who may walk it."""

import io
import re
import uuid

import pytest
from django.utils import timezone
from python_calamine import CalamineWorkbook

from contacts.models import Household, Resident
from contacts.services.household_import_columns import LAYOUT
from portal.accounts.roles import Role
from portal.core.sheets.reading import MOST_BYTES, read_table
from portal.jobs import services, tasks
from portal.jobs.models import ColumnMapping, Job
from tests.contacts.importing import HEADING, rejects, upload
from tests.factories.accounts import make_post, sign_in
from tests.factories.contacts import make_building

pytestmark = pytest.mark.django_db

START = "/contacts/households/import/"
ROW = ["八角北里社区", "12号楼", "3", "502", "王秀英", "13800131234", "1950"]


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.JOB_FILES = tmp_path / "jobs"


@pytest.fixture
def admin(client, world):
    return sign_in(client, make_post(Role.STREET_ADMIN, world.bajiao))


def send(client, file, **changes):
    return client.post(START, {"client_id": uuid.uuid4(), "file": file, **changes})


def sent(client, rows, heading=HEADING) -> Job:
    answer = send(client, upload(rows, heading))
    assert answer.status_code == 302, answer.content.decode()
    return Job.objects.latest("pk")


def here(job: Job) -> str:
    return f"{START}{job.client_id}/"


def columns(*keys: str, **more: str) -> dict[str, str]:
    return {f"column{n}": key for n, key in enumerate(keys)} | {"existing": "keep", **more}


ALL = ("community", "building", "unit", "room", "name", "phone", "birth")


def test_from_the_file_to_the_register(client, admin):
    job = sent(client, [ROW, [*ROW[:3], "503", "李强", "12", ""]])
    page = client.get(here(job)).content.decode()
    assert "共 2 行" in page
    assert re.search(r'<option value="phone" selected>电话', page)

    assert client.post(here(job), columns(*ALL)).url == here(job)
    assert "排队中" in client.get(here(job)).content.decode()
    tasks.run_job(job.pk)
    page = client.get(here(job)).content.decode()
    assert "第 3 行" in page
    assert "号码不对" in page
    assert not Household.objects.exists()

    answer = client.post(here(job), {"import": "1"})
    done = Job.objects.get(kind="household_import")
    assert answer.url == f"/reports/exports/{done.client_id}/"
    client.post(here(job), {"import": "1"})
    assert Job.objects.filter(kind="household_import").count() == 1
    tasks.run_job(done.pk)
    page = client.get(answer.url).content.decode()
    assert "退回 1 行" in page
    assert Resident.objects.get().name == "王秀英"
    assert len(rejects(done)) == 1
    assert client.get(f"{answer.url}rejects/").status_code == 200


def test_the_same_upload_twice_is_one_list(client, admin):
    client_id = uuid.uuid4()
    for _ in range(2):
        send(client, upload([ROW]), client_id=client_id)

    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "没有内容"),
        (b"%PDF-1.7", "不是表格文件"),
        (b"\xd0\xcf\x11\xe0old", "旧版"),
        ("楼栋,室\r\n".encode(), "表头下面没有内容"),
        (b"a" * (MOST_BYTES + 2), "20 MB"),
    ],
)
def test_what_cannot_be_read_is_refused_on_the_form(client, admin, data, words):
    file = io.BytesIO(data)
    file.name = "名单.xlsx"

    page = send(client, file)

    assert page.status_code == 200
    assert words in page.content.decode()
    assert not Job.objects.exists()


def test_swapped_columns_are_noticed_and_can_be_confirmed(client, admin):
    job = sent(client, [ROW])
    swapped = ("community", "building", "unit", "room", "phone", "name", "birth")

    page = client.post(here(job), columns(*swapped)).content.decode()
    assert "多半是" in page
    assert "我核对过了" in page
    job.refresh_from_db()
    assert job.state == Job.State.DRAFT

    assert client.post(here(job), columns(*swapped, sure="on")).status_code == 302


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("community", "building", "unit", "", "name", "phone", "birth"), "“室”"),
        (("building", "building", "unit", "room", "name", "phone", "birth"), "只能选一列"),
    ],
)
def test_columns_that_cannot_be(client, admin, keys, words):
    job = sent(client, [ROW])

    assert words in client.post(here(job), columns(*keys)).content.decode()


def test_the_unit_remembers_what_its_columns_meant(client, admin, world):
    heading = ("地址一", "甲", "乙", "丙", "丁", "戊", "己")
    job = sent(client, [ROW], heading)
    client.post(here(job), columns(*ALL))
    assert ColumnMapping.objects.get().columns["phone"] == 5

    page = client.get(here(sent(client, [ROW], heading))).content.decode()
    assert page.count("selected") == len(ALL)

    sign_in(client, make_post(Role.STREET_ADMIN, world.gucheng))
    page = client.get(here(sent(client, [ROW], heading))).content.decode()
    assert 'value="phone" selected' not in page


def test_other_columns_without_another_upload(client, admin):
    job = sent(client, [ROW])
    client.post(here(job), columns(*ALL))
    tasks.run_job(job.pk)

    answer = client.post(here(job), {"again": "1"})

    again = Job.objects.latest("pk")
    assert answer.url == here(again)
    assert again.state == Job.State.DRAFT
    assert "每一列是什么" in client.get(here(again)).content.decode()


def test_a_leader_is_not_offered_to_make_buildings(client, world):
    sign_in(client, make_post(Role.LEADER, world.north))
    job = sent(client, [ROW])

    assert "自动建立" not in client.get(here(job)).content.decode()


def test_identity_numbers_are_shown_nowhere(client, admin):
    job = sent(
        client,
        [["12号楼", "502", "王秀英", "110107195003071234"]],
        ("楼栋", "室", "姓名", "身份证"),
    )

    assert "110107195003071234" not in client.get(here(job)).content.decode()


def test_a_list_is_there_for_whoever_sent_it_alone(client, admin, world):
    job = sent(client, [ROW])
    for post in (
        make_post(Role.STREET_ADMIN, world.bajiao),
        make_post(Role.STREET_ADMIN, world.gucheng),
        make_post(Role.LEADER, world.bajiao, user=admin.user),
    ):
        sign_in(client, post)
        assert client.get(here(job)).status_code == 404
        assert client.post(here(job), columns(*ALL)).status_code == 404


def test_an_expired_list_is_not_there(client, admin):
    job = sent(client, [ROW])
    services.forget_expired(now=timezone.now() + services.files.KEEP_FOR * 2)

    assert client.get(here(job)).status_code == 404
    assert client.post(here(job), {"import": "1"}).status_code == 404


def test_a_list_that_was_not_checked_is_not_imported(client, admin):
    job = sent(client, [ROW])
    client.post(here(job), columns(*ALL))

    page = client.post(here(job), {"import": "1"}, follow=True).content.decode()

    assert "还没有核对完" in page
    assert not Job.objects.filter(kind="household_import").exists()


def test_the_empty_list_can_be_filled_in_and_read(client, admin, world):
    answer = client.get(f"{START}template/")

    rows = [row.cells for row in read_table(io.BytesIO(answer.content))]
    assert "楼栋" in rows[0]
    assert "关爱类别" not in rows[0]
    assert answer["Content-Disposition"].startswith("attachment")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    notes = dict(book.get_sheet_by_name("说明").to_python())
    assert "配偶" in notes["与户主关系"]
    assert "可上门" in notes["上门意愿"]
    assert "关爱类别" not in client.get(START).content.decode()


def test_a_text_file_is_not_taken_for_a_list(client, admin):
    page = send(client, upload([ROW], name="名单.txt"))

    assert "只能上传 .xlsx 或 .csv" in page.content.decode()
    assert not Job.objects.exists()


@pytest.mark.parametrize("title", ["身份证", "居民身份证号", "身份证号（18位）"])
def test_an_identity_number_is_guessed_as_source_of_the_year(title):
    assert LAYOUT.guess(["姓名", title])["birth"] == 1


def test_an_upload_never_lies_in_clear_on_disk(client, admin, tmp_path, settings):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "temporary")
    (tmp_path / "temporary").mkdir()
    make_building(name="大楼")
    rows = [[*ROW[:3], str(n), "王秀英", "", "x" * 500] for n in range(8000)]

    job = sent(client, rows)

    assert job.files.get().size > 3_000_000
    assert not list((tmp_path / "temporary").iterdir())
    assert all("王秀英".encode() not in path.read_bytes() for path in settings.JOB_FILES.iterdir())
