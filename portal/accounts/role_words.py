"""What each role sees, in words: the own account, 今日 and the help pages all read it here."""

from typing import Final

from portal.accounts.roles import Role

_MASKED: Final = "姓名、电话、门牌打星号，地址只到楼栋"

SEES: Final[dict[Role, str]] = {
    Role.COMMUNITY_WORKER: "本岗位所在社区（或网格、楼栋）的住户，您负责的住户看全；走访记录看您参加的，和您负责的住户的；诉求看本社区的。",
    Role.OFFICER: "您负责的住户看全；您参加走访过的住户看到楼栋；走访记录看您参加的，和您负责的住户的；诉求看交给您科室的，和您登记、负责的。",
    Role.LEADER: f"本单位全部走访记录、诉求和住户，{_MASKED}；您自己负责的住户看全。",
    Role.DELEGATE: "您参加过的走访，和这些走访的住户（地址到楼栋）；您登记、负责的诉求。",
    Role.CLERK: "您参加过的走访，和这些走访的住户（地址到楼栋）；本街道或本社区的诉求，在科室的看交给科室的。",
    Role.HANDLER: "交给您单位办理的诉求，和您自己的账号。",
    Role.STREET_ADMIN: f"本街道全部走访记录、诉求和住户，{_MASKED}；本街道的人员、岗位和单位。",
    Role.DISTRICT_LEADER: f"全区走访记录、诉求和住户，{_MASKED}；督查授权。",
    Role.DISTRICT_ADMIN: f"全区走访记录、诉求和住户，{_MASKED}；全区的人员、岗位、单位和督查授权。",
    Role.INSPECTOR: f"已批准的督查事项所在单位的走访记录、诉求（提出前一年起）和住户，{_MASKED}；没有授权或过了期限，什么也看不到。",
    Role.SYSTEM_ADMIN: "账号和单位，不含住户。",
    Role.SECURITY_ADMIN: "账号、岗位和单位，不含住户。",
    Role.AUDITOR: "审计日志。",
}
