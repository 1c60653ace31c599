"""What the trail's codes are called on screen; a test holds it against the code that records."""

import re
from typing import Final

from portal.accounts.models import Reveal

#: Action → words. The part before the dot is the subject.
ACTIONS: Final[dict[str, str]] = {
    "account.sign_in": "登录",
    "account.sign_in_failure": "登录失败",
    "account.lock_out": "账号锁定",
    "account.sign_out": "退出登录",
    "account.idle_sign_out": "久未操作自动退出",
    "account.switch": "切换岗位",
    "account.create": "建立账号",
    "account.password": "修改密码",
    "account.second_factor": "绑定动态口令",
    "account.second_factor_reset": "解除动态口令",
    "account.recovery_code": "使用恢复码",
    "account.recovery_codes_renewed": "更换恢复码",
    "account.reset": "重发登录链接",
    "account.deactivate": "停用账号",
    "account.reactivate": "恢复账号",
    "account.unlock": "解锁账号",
    "account.find": "找账号",
    "account.read": "查看账号",
    "device.register": "登记设备",
    "device.revoke": "移除设备",
    "field.start": "开始外勤会话",
    "field.end": "结束外勤会话",
    "post.grant": "授予岗位",
    "post.end": "结束岗位",
    "post.withdraw": "撤回任命",
    "inspection.ask": "提出督查授权",
    "inspection.approve": "批准督查授权",
    "inspection.refuse": "不批准督查授权",
    "inspection.close": "结束督查授权",
    "inspection.read": "督查查看",
    "inspection.list": "督查看列表",
    "organisation.create": "新建单位",
    "organisation.rename": "单位改名",
    "organisation.move": "单位调整上级",
    "organisation.end": "停用单位",
    "organisation.reopen": "恢复单位",
    "household.register": "登记住户",
    "household.edit": "修改住户",
    "household.end": "停用住户",
    "household.open": "查看住户",
    "household.reveal": "说明理由查看住户",
    "household.find": "找人",
    "household.set_cares": "设置关爱类别",
    "household.assign_duty": "指定走访责任人",
    "resident.add": "登记居民",
    "resident.edit": "修改居民",
    "round.take": "带上一栋楼的名单",
    "visit.log": "记走访",
    "visit.edit": "修改走访",
    "visit.amend": "更正走访",
    "visit.void": "作废走访",
    "visit.step_done": "完成下一步",
    "promise.keep": "兑现承诺",
    "diary.print": "打印民情日记",
    "user.load": "载入演示账号",
    "visit.load": "载入演示走访",
    "job.ask": "提出后台任务",
    "job.finish": "完成后台任务",
    "job.cancel": "取消后台任务",
    "job.fetch": "下载任务文件",
    "backup.make": "备份",
    "backup.restore": "恢复备份",
    "audit.read": "查看审计日志",
    "audit.export": "导出审计日志",
    "audit.verify": "校验审计日志",
}

SUBJECTS: Final[dict[str, str]] = {
    "account": "登录与账号",
    "device": "登记设备",
    "field": "外勤会话",
    "post": "岗位",
    "inspection": "督查",
    "organisation": "单位",
    "household": "住户",
    "resident": "居民",
    "visit": "走访",
    "round": "扫楼",
    "promise": "承诺",
    "diary": "民情日记",
    "user": "演示账号",
    "job": "后台任务",
    "backup": "备份",
    "audit": "审计",
}

#: Model label → words, for the filter.
OBJECTS: Final[dict[str, str]] = {
    "accounts.user": "账号",
    "accounts.post": "岗位",
    "accounts.organisation": "单位",
    "accounts.device": "登记设备",
    "accounts.fieldsession": "外勤会话",
    "accounts.inspection": "督查授权",
    "contacts.household": "住户",
    "contacts.resident": "居民",
    "contacts.visit": "走访",
    "contacts.promise": "承诺",
    "jobs.job": "后台任务",
}

REASONS: Final[dict[str, str]] = {
    **{reason.value: reason.label for reason in Reveal.Reason},
    "password": "密码不对",
    "code": "动态口令不对",
    "locked": "锁定期间",
    "ok": "没有发现问题",
    "problems": "发现问题",
    "over": "时间到或岗位结束",
    "ended": "本人结束",
    "restarted": "重新开始",
    "revoked": "设备已移除",
    "lost": "设备不符",
    "sign_out": "退出登录",
    "new_password": "换了密码",
    "demo": "演示数据",
    "household_check": "核对住户名单",
    "household_import": "导入住户",
    "INPUT": "上传的文件",
    "RESULT": "结果文件",
    "REJECTS": "退回的行",
}
#: Codes that carry a number: 2026-W47, demo-016.
_NUMBERED: Final = (
    (re.compile(r"(\d{4})-W0*(\d+)"), "{}年第{}周"),
    (re.compile(r"demo-0*(\d+)"), "演示数据第{}批"),
    (re.compile(r"case-0*(\d+)"), "督查授权第{}号"),
)

#: Recorded names that are no column with a Chinese name of its own.
FIELDS: Final[dict[str, str]] = {
    # what a reader of the trail, or a search for a person, narrowed by
    "actor": "账号",
    "action": "动作",
    "kind": "对象",
    "number": "对象编号",
    "since": "起始日期",
    "until": "截止日期",
    "name": "姓名",
    "phone": "电话",
    "phone_tail": "电话尾号",
    "week": "周次",
    # what hangs on a household or a visit
    "district": "区",
    "street": "街道",
    "community": "社区",
    "grid": "网格",
    "building": "楼栋",
    "household": "住户",
    "cares": "关爱类别",
    "duties": "走访责任人",
    "matters": "反映的事",
    "met": "见到的人",
    "promise": "答应的事",
    "promise_due": "答应的日期",
    "companions": "同行",
    "lead": "带队的人",
    "guests": "来访人",
    "promise_household": "答应的住户",
}


def reason_words(code: str) -> str:
    """A reason in words; the code itself when it is not known."""
    for pattern, words in _NUMBERED:
        if found := pattern.fullmatch(code):
            return words.format(*found.groups())
    return REASONS.get(code, code)


def field_words(name: str) -> str:
    """A recorded name in words; the name itself when it is not known."""
    return FIELDS.get(name.removesuffix("_id"), name)
