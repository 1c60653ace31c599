"""A password that will not do is refused once, in our words, at the field it was typed in."""

import pytest

from portal.accounts.forms.sign_in import FirstPasswordForm
from portal.accounts.roles import Role
from portal.accounts.services import people
from portal.core.errors import DomainError
from tests.factories.accounts import make_post

pytestmark = pytest.mark.django_db


def test_all_faults_are_one_sentence_in_chinese(world):
    user = make_post(Role.COMMUNITY_WORKER, world.north).user

    with pytest.raises(DomainError) as refused:
        people.set_password(user=user, password="12345")

    assert refused.value.message == "密码至少要 10 个字符，太常见，不能全是数字。请您换一个。"


def test_two_different_passwords_are_told_at_the_second(world):
    user = make_post(Role.COMMUNITY_WORKER, world.north).user

    form = FirstPasswordForm(user, {"new_password1": "my-own-words-7", "new_password2": "other"})

    assert form.errors == {"new_password2": ["两次输入的新密码不一样。"]}
