from portal.core.errors import DomainError


def test_a_domain_error_carries_the_sentence_and_the_field():
    error = DomainError("请选择走访日期。", field="occurred_on")

    assert (str(error), error.message, error.field) == (
        "请选择走访日期。",
        "请选择走访日期。",
        "occurred_on",
    )
    assert DomainError("请重试。").field is None
