"""Suggestions are learned, measured on what was held out, and left unsaid when unsure."""

import csv
import datetime as dt
import json
import random
import zlib

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from grievances.kinds import Suggested
from grievances.models import SuggestionModel
from grievances.selectors.suggestions import suggest
from grievances.services import suggestions as services
from grievances.services import topics
from grievances.suggesting.bayes import MOST_FEATURES, MOST_LABELS
from grievances.suggesting.calibration import NEVER, WANTED
from grievances.suggesting.features import features
from grievances.suggesting.measures import measure
from grievances.suggesting.model import Model, learn
from portal.accounts.roles import Role
from tests.factories.accounts import make_post

NOW = dt.datetime(2026, 11, 18, 2, 0, tzinfo=dt.UTC)
#: What people say of each; the label is a shipped topic.
SAID = {
    "040201": ("路灯", "灯不亮", "晚上黑", "灯坏了", "看不见路"),
    "020103": ("楼上漏水", "天花板滴水", "墙泡了", "渗水", "屋里漏"),
    "070101": ("没车位", "停不下车", "车位少", "停车难", "停车转圈"),
    "050401": ("家里冷", "暖气不热", "屋里十五度", "供暖不好", "暖气片凉"),
}
AROUND = ("我家", "三号楼", "反映多次", "请尽快处理", "老人多", "好几天了", "没人管", "麻烦看看")


def examples(count: int, *, seed: int = 1) -> list[tuple[str, str]]:
    """Invented complaints, every word of them from the table above."""
    rng = random.Random(seed)  # noqa: S311 -- the same each time
    found = []
    for _ in range(count):
        label = rng.choice(sorted(SAID))
        words = rng.sample(SAID[label], 2) + rng.sample(AROUND, 2)
        rng.shuffle(words)
        found.append(("，".join(words) + "。", label))
    return found


@pytest.fixture(scope="module")
def model() -> Model:
    return learn(examples(300)).model


def write(path, rows, head=("text", "label"), encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


# --- what is learned --------------------------------------------------------------------------


def test_it_knows_again_what_was_said_in_other_sentences(model):
    for label, words in SAID.items():
        first = model.suggest(f"您好！{words[0]}，{words[3]}？")[0]
        assert first.label == label
        assert first.confidence > 0.5


@pytest.mark.parametrize(
    "text", ["", "，。！？", "股票大盘今天怎么走", "asdf qwer", "1380013", "〇"]
)
def test_it_is_silent_about_what_it_does_not_know(model, text):
    assert model.suggest(text) == ()


def test_it_measures_itself_on_texts_it_did_not_learn_from():
    learned = learn(examples(300))

    assert learned.examples == learned.quality.texts == 300
    assert learned.quality.accuracy > 0.95
    assert learned.quality.macro_f1 > 0.95


def test_labels_without_sense_are_not_suggested():
    """Where labels were given by chance, what is held out shows it, and the model stays silent."""
    rng = random.Random(3)  # noqa: S311 -- the same each time
    noise = [(text, str(rng.randrange(6))) for text, _ in examples(400)]

    learned = learn(noise)

    assert learned.quality.declined == 400
    assert learned.model.suggest(noise[0][0]) == ()


def test_what_is_said_is_right_as_often_as_wanted():
    """The label of one topic in four is a guess; what remains said keeps the promise."""
    rng = random.Random(5)  # noqa: S311 -- the same each time
    doubtful = [
        (text, rng.choice(sorted(SAID)) if label == "040201" else label)
        for text, label in examples(600)
    ]

    quality = learn(doubtful).quality

    assert quality.accuracy_said >= WANTED
    assert 0 < quality.declined < 300


def test_the_same_examples_give_the_same_bytes_and_bytes_the_same_model(model):
    kept = model.pack()

    assert learn(examples(300)).model.pack() == kept
    again = Model.unpack(kept)
    assert again.pack() == kept
    for text, _ in examples(30, seed=9):
        assert again.ranked(text) == model.ranked(text)


def test_bytes_of_another_form_are_refused(model):
    data = json.loads(zlib.decompress(model.pack())) | {"form": 0}

    with pytest.raises(ValueError, match="train it again"):
        Model.unpack(zlib.compress(json.dumps(data).encode()))


def test_one_label_or_few_texts_teach_nothing_worth_saying():
    alone = learn([("路灯不亮", "a"), ("路灯坏了", "a"), ("灯又灭了", "a")]).model
    two = learn([("路灯不亮", "a"), ("楼上漏水", "b")]).model

    assert alone.calibration.threshold == NEVER
    assert alone.suggest("路灯不亮") == two.suggest("路灯不亮") == ()
    assert two.best("路灯不亮")[0].label == "a"
    with pytest.raises(ValueError, match="nothing to learn"):
        learn([])


def test_numbers_read_alike_and_names_hidden_by_stars_are_cut():
    assert features("3号楼") == features("17号楼")
    assert "13800138000" not in str(features("电话13800138000"))
    assert set(features("王*说")) == {"王", "说"}
    assert features("ＡＢＣ路灯") == features("abc路灯")


def test_a_model_stays_small_whatever_it_was_taught():
    rng = random.Random(7)  # noqa: S311 -- the same each time
    letters = [chr(0x4E00 + number) for number in range(1500)]
    wild = [("".join(rng.choices(letters, k=60)), str(number % 20)) for number in range(500)]

    counts = learn(wild).model.bayes.counts

    assert len(counts.vocabulary.words) == MOST_FEATURES
    assert max(len(cell) for cell in counts.cells) <= MOST_LABELS


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.text(max_size=40), st.sampled_from("abc")), min_size=1, max_size=12),
    st.text(max_size=60),
)
def test_whatever_is_taught_and_asked_it_answers_with_shares(taught, asked):
    model = learn(taught).model

    ranked = model.ranked(asked)

    assert {one.label for one in ranked} == {label for _, label in taught}
    assert sum(one.confidence for one in ranked) == pytest.approx(1)
    assert [one.confidence for one in ranked] == sorted(
        (one.confidence for one in ranked), reverse=True
    )
    assert len(model.suggest(asked)) <= 3
    assert Model.unpack(model.pack()).ranked(asked) == ranked


@given(
    st.permutations(["a", "b", "b", "c", "c", "c"]), st.permutations(["a", "a", "b", "b", "c", "c"])
)
def test_measures_are_what_their_names_say(right, guessed):
    said = [one != "a" for one in guessed]

    quality = measure(right, guessed, said)

    good = [one == other for one, other in zip(right, guessed, strict=True)]
    assert quality.accuracy == sum(good) / 6
    assert quality.declined == 2
    assert (
        quality.accuracy_said
        == sum(1 for one, is_said in zip(good, said, strict=True) if one and is_said) / 4
    )
    by_hand = []
    for label in "abc":
        hit = sum(a == b == label for a, b in zip(right, guessed, strict=True))
        precision, recall = hit / guessed.count(label), hit / right.count(label)
        by_hand.append(2 * precision * recall / (precision + recall) if hit else 0)
    assert quality.macro_f1 == pytest.approx(sum(by_hand) / 3)


def test_nothing_measured_is_no_figure():
    quality = measure([], [], [])

    assert (quality.accuracy, quality.macro_f1, quality.declined_share) == (None, None, None)


# --- the command ------------------------------------------------------------------------------


def evaluate(capsys, train, test) -> str:
    call_command("evaluate_suggestions", "--train", str(train), "--test", str(test))
    return capsys.readouterr().out


def test_the_command_prints_what_it_measured_and_over_what(tmp_path, capsys):
    train = write(tmp_path / "train.csv", examples(200), encoding="utf-8-sig")
    strange = [("股票大盘今天怎么走", "040201"), ("猫丢了", "990000")]
    test = write(tmp_path / "test.csv", examples(98, seed=2) + strange)

    told = evaluate(capsys, train, test)

    assert "trained on: 200 texts, 4 labels" in told
    assert "tested on: 100 texts, 1 of them with a label not trained" in told
    assert "(over all 100 texts: the best guess of each, declined ones too)" in told
    assert "accuracy of answered: 1.0000" in told
    assert "macro-F1: 0." in told
    assert "declined: 2 of 100 (0.0200)" in told


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("text,label\n", "no row has both"),
        ("text,label\n路灯,\n,040201\n", "no row has both"),
        ("内容,分类\n路灯,1\n", "no column text, label"),
        ("text,分类\n路灯,1\n", "no column label"),
    ],
)
def test_a_file_without_examples_is_named_with_what_is_wrong(tmp_path, content, words):
    good = write(tmp_path / "good.csv", examples(20))
    bad = tmp_path / "bad.csv"
    bad.write_text(content, encoding="utf-8")

    for train, test in ((bad, good), (good, bad)):
        with pytest.raises(CommandError, match=words) as refused:
            call_command("evaluate_suggestions", "--train", str(train), "--test", str(test))
        assert "bad.csv" in str(refused.value)


def test_a_file_that_is_no_text_or_not_there_is_refused_in_words(tmp_path):
    good = write(tmp_path / "good.csv", examples(20))
    other = tmp_path / "other.csv"
    other.write_bytes("text,label\n路灯不亮,1\n".encode("gbk"))

    for bad in (other, tmp_path / "none.csv"):
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("evaluate_suggestions", "--train", str(bad), "--test", str(good))


def test_strange_files_are_measured_all_the_same(tmp_path, capsys):
    """One label, one row, a very long text, columns in another order and more of them."""
    one = tmp_path / "one.csv"
    one.write_text("id,Label, Text \n1,a,路灯不亮\n", encoding="utf-8")
    long = write(tmp_path / "long.csv", [("漏水" * 100_000, "a"), ("路灯", "b"), ("，", "a")])

    told = evaluate(capsys, one, long)

    assert "accuracy: 0.6667" in told
    assert "accuracy of answered: —" in told
    assert "declined: 3 of 3" in told
    assert "declined: 1 of 1" in evaluate(capsys, long, one)


# --- kept and asked ---------------------------------------------------------------------------


@pytest.fixture
def shipped(world):
    topics.load(topics.read(), today=NOW.date())


@pytest.mark.django_db
@pytest.mark.sqlite
def test_the_newest_model_of_a_district_answers_with_topics(world, shipped):
    made = services.train(Suggested.TOPIC, world.district, examples(300), NOW)

    first = suggest("路灯坏了，晚上黑", Suggested.TOPIC, world.district.pk)[0]

    assert (first.code, first.label) == ("040201", "市政设施 › 道路照明 › 路灯不亮")
    assert made.examples == made.asked == 300
    assert made.accuracy > 0.9
    assert suggest("股票大盘", Suggested.TOPIC, world.district.pk) == ()
    assert suggest("路灯坏了，晚上黑", Suggested.UNIT, world.district.pk) == ()
    assert suggest("路灯坏了，晚上黑", Suggested.TOPIC, world.other_district.pk) == ()


@pytest.mark.django_db
@pytest.mark.sqlite
def test_a_newer_one_takes_over_and_the_figures_of_the_older_stay(world, shipped):
    old = services.train(Suggested.TOPIC, world.district, examples(300), NOW)
    swapped = [(text, "0402" if label == "040201" else label) for text, label in examples(300)]
    services.train(Suggested.TOPIC, world.district, swapped, NOW + dt.timedelta(days=30))

    assert suggest("路灯坏了，晚上黑", Suggested.TOPIC, world.district.pk)[0].code == "0402"
    old.refresh_from_db()
    assert bytes(old.weights) == b""
    assert old.accuracy is not None


@pytest.mark.django_db
@pytest.mark.sqlite
def test_what_was_merged_is_suggested_as_what_took_it_over(world, shipped):
    services.train(Suggested.TOPIC, world.district, examples(300), NOW)
    admin = make_post(Role.DISTRICT_ADMIN, world.district)
    told = {"actor": admin, "today": NOW.date()}
    asked = ("路灯坏了，晚上黑", Suggested.TOPIC, world.district.pk)

    topics.merge_topic(code="040201", into="040202", **told)
    assert suggest(*asked)[0].code == "040202"
    topics.end_topic(code="040202", **told)
    assert suggest(*asked) == ()


@pytest.mark.django_db
@pytest.mark.sqlite
def test_units_are_suggested_by_name_while_they_last(world):
    units = {"040201": world.section.pk, "020103": world.north.pk}
    rows = [(text, str(units[label])) for text, label in examples(500) if label in units]
    services.train(Suggested.UNIT, world.district, rows, NOW)
    asked = ("路灯坏了，晚上黑", Suggested.UNIT, world.district.pk)

    first = suggest(*asked)[0]
    assert (first.code, first.label) == (str(world.section.pk), world.section.full_name)
    world.section.valid_until = NOW.date() - dt.timedelta(days=1)
    world.section.save()
    assert suggest(*asked) == ()


@pytest.mark.django_db
@pytest.mark.sqlite
def test_few_examples_make_no_model(world):
    few = examples(services.LEAST_EXAMPLES - 1)

    assert services.train(Suggested.TOPIC, world.district, few, NOW) is None
    assert not SuggestionModel.objects.exists()


@pytest.mark.django_db
def test_what_one_household_alone_says_is_not_kept(world):
    told = [("路灯不亮，找龘靐说过，电话13800138000", "040201")] * 2 + examples(200)

    services.train(Suggested.TOPIC, world.district, told, NOW)

    kept = Model.unpack(bytes(SuggestionModel.objects.get().weights))
    words = set(kept.bayes.counts.vocabulary.words)
    assert "路灯" in words
    assert not words & {"龘靐", "龘", "靐"}
    assert not any(any(char.isdigit() for char in word) for word in words)
