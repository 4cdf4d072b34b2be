"""What each key figure is called, means and rests on (RP-2): the one place that says so, in both languages.

What a view counts stands in database/figure_sources.py; how it is measured, in `measuring`. It must not measure.
"""

from datetime import timedelta
from typing import Final

from crm_workflows.business.figures.approvals import APPROVALS
from crm_workflows.business.figures.attention import ATTENTION
from crm_workflows.business.figures.kpi import Kind, Kpi

SV, ON, CB, CP = "supplier-vetting", "customer-onboarding", "periodic-callbacks", "complaint-resolution"

EVERY_PROCESS: Final = (
    Kpi(
        "lead_time", "RP-2", "办理周期 / Lead time",
        "本期结案的案件，从立案到结案的天数 / Cases closed in the period: days from opening to closing",
        Kind.DAYS, less_is_better=True,
    ),
    Kpi(
        "opened", "RP-2", "新立案件 / Cases opened",
        "本期立案的案件数 / Cases opened in the period", Kind.COUNT,
    ),
    Kpi(
        "on_time", "RP-2", "按时率 / On time",
        "期限在本期的审批和任务中，期限前办结的比例；期限按工作时间计算 / "
        "Approvals and tasks due in the period: the share done before they were due, in working time",
        Kind.SHARE,
    ),
    Kpi(
        "first_pass", "RP-2", "一次通过率 / First-pass yield",
        "本期结案的案件中，从未退回的比例 / Cases closed in the period: the share that never went back",
        Kind.SHARE,
    ),
    Kpi(
        "send_backs", "RP-2", "退回及原因 / Send-backs and why",
        "本期的退回次数，按退回的规则和原因 / How often cases went back in the period, by rule and reason",
        Kind.COUNT, less_is_better=True,
    ),
    Kpi(
        "approvals", "RP-2", "答复途径 / Approvals by channel",
        "本期有效的审批决定，按途径；“逾期”即无人答复 / "
        "Effective decisions on approvals in the period, by channel; silence means that nobody answered",
        Kind.COUNT,
    ),
    Kpi(
        "passed_on_silence", "G-3", "由人决定的审批 / Not passed on silence",
        "本期的审批决定中，由人决定而非逾期自动通过的比例 / "
        "Decisions on approvals in the period: the share not passed by silence",
        Kind.SHARE, reads="approvals",
    ),
)  # fmt: skip

SUPPLIERS: Final = (
    Kpi(
        "sv_days_to_recognition", "SV-7", "从申请到认定的天数 / Days from request to recognition",
        "本期分配了供应商代码的案件，从申请到认定批准的天数，按级别 / "
        "Cases given a supplier code in the period: days from request to the approval of recognition, by class",
        Kind.DAYS, process=SV, less_is_better=True,
    ),
    Kpi(
        "sv_decided", "SV-7", "认定通过率及原因 / Approved and rejected, and why",
        "本期结案的申请中通过的比例，按结案原因 / Requests closed in the period: the share approved, by reason",
        Kind.SHARE, process=SV,
    ),
    Kpi(
        "sv_certificates_valid", "SV-12", "证照有效的供应商 / Suppliers with valid certificates",
        "在册供应商（含暂停）中，没有证照过期的比例；目前状况 / "
        "Suppliers in the register, those on hold included: the share without an expired certificate, now",
        Kind.SHARE_NOW, process=SV,
    ),
    Kpi(
        "sv_reevaluations_overdue", "SV-12", "复评逾期的供应商 / Re-evaluations overdue",
        "在册供应商中，认定有效期已过而未复评的家数；目前状况 / "
        "Suppliers in the register whose recognition has ended without a re-evaluation, now",
        Kind.OVERDUE_NOW, process=SV, less_is_better=True,
    ),
    Kpi(
        "sv_purchases_unrecognised", "SV-12", "向未认定供应商的采购 / Purchases from unrecognised suppliers",
        "本期收货中，收货当日未入册、暂停、禁用或认定已到期的供应商的笔数；应为零 / "
        "Goods received in the period from suppliers that were on that day not in the register, on hold, barred, or "
        "past the end of their recognition: how many lines; it should be none",
        Kind.AMISS, process=SV, less_is_better=True,
    ),
    Kpi(
        "sv_purchases_unrecognised_amount", "SV-12", "未认定采购的金额 / Amount of such purchases",
        "上述收货的金额之和，按当日状况 / The sum of the amounts of these, by how the supplier stood",
        Kind.MONEY, process=SV, less_is_better=True, reads="sv_purchases_unrecognised", amiss_only=True,
    ),
)  # fmt: skip

CUSTOMERS: Final = (
    Kpi(
        "on_days_to_order", "ON-8", "到可以下单的天数 / Days to first order possible",
        "本期分配了客户代码的案件，从立案到分配代码的天数，按等级 / "
        "Cases given a customer code in the period: days from opening to the code, by tier",
        Kind.DAYS, process=ON, less_is_better=True,
    ),
    Kpi(
        "on_complete_at_first", "ON-1", "首次提交即完整 / Complete at first submission",
        "本期首次提交的档案中，达到制度要求的完整度的比例；尚未提交的不计 / "
        "Archives submitted for the first time in the period: the share as complete as the policy asks for; one that "
        "is still being filled in does not count",
        Kind.SHARE, process=ON, reaches="archive_complete",
    ),
    Kpi(
        "on_duplicates_stopped", "ON-2", "拦下的重复客户 / Duplicates stopped",
        "本期结案、疑似重复的申请中，并入已有客户的比例 / "
        "Applications closed in the period that looked like a known customer: the share merged with it",
        Kind.SHARE, process=ON,
    ),
    Kpi(
        "on_limits_asked", "ON-6", "申请的信用额度 / Credit asked for",
        "本期分配了客户代码的案件，申请的信用额度之和 / "
        "Cases given a customer code in the period: the sum of the limits asked for",
        Kind.MONEY, process=ON, reads="on_limits", only="asked",
    ),
    Kpi(
        "on_limits_granted", "ON-6", "核定的信用额度 / Credit granted",
        "本期分配了客户代码的案件，核定的信用额度之和 / "
        "Cases given a customer code in the period: the sum of the limits granted",
        Kind.MONEY, process=ON, reads="on_limits", only="granted",
    ),
    Kpi(
        "on_first_callback", "ON-11", "三日内首次回访 / First callback in time",
        "期限在本期的首次回访中，按时（三个工作日内）记录的比例 / "
        "First callbacks due in the period: the share recorded in time, within three working days",
        Kind.SHARE, process=ON,
    ),
    Kpi(
        "customers_won", "RP-2", "客户增长 / Customers won",
        "本期登记的客户数，按等级 / Customers entered in the period, by tier", Kind.COUNT, process=ON,
    ),
    Kpi(
        "turnover", "RP-2", "订单金额 / Value of orders",
        "本期下单的订单金额之和，按等级 / Orders placed in the period: the sum of their amounts, by tier",
        Kind.MONEY, process=ON,
    ),
    Kpi(
        "turnover_growth", "RP-2", "订单金额增长 / Growth of orders",
        "订单金额比上年同期增减的百分比，按等级；进行中的期间比到同一天；其他币种的订单不计 / "
        "By how much the orders are worth more than in the same period a year before, by tier; a period that is not "
        "over is held against the same days; orders in another currency are left out",
        Kind.GROWN, process=ON, reads="turnover",
    ),
    Kpi(
        "customers_lost", "RP-2", "客户流失 / Customers lost",
        "最近一次订单在本期满一年的客户数，按等级 / "
        "Customers whose last order became a year old in the period, by tier",
        Kind.COUNT, process=ON, less_is_better=True, reads="last_orders", later=timedelta(days=365),
    ),
    Kpi(
        "churn", "RP-2", "客户流失率 / Churn",
        "本期之前一年内或本期内下过订单的客户中，最近一次订单在本期满一年的比例，按等级 / "
        "Of the customers with an order in the year before the period or in it: the share whose last order became a "
        "year old in it, by tier",
        Kind.CHURN, process=ON, less_is_better=True, reads="last_orders", later=timedelta(days=365),
    ),
)  # fmt: skip

CALLBACKS: Final = (
    Kpi(
        "cb_coverage", "CB-1", "回访覆盖率 / Coverage",
        "可联系的在册客户中，未超过其等级允许的未联系天数的比例；目前状况，按等级 / "
        "Customers that may be contacted: the share within the silence that their tier allows, now, by tier",
        Kind.COVERED_NOW, process=CB,
    ),
    Kpi(
        "cb_in_time", "CB-7", "按时回访 / Callbacks done in time",
        "期限在本期的回访中，按时记录的比例；其余为错过 / "
        "Callbacks due in the period: the share recorded in time; the others were missed",
        Kind.SHARE, process=CB,
    ),
    Kpi(
        "cb_reached", "CB-5", "联系上的比例 / Reach rate",
        "本期每次回访尝试中联系上的比例 / Tries of the period: the share that reached somebody", Kind.SHARE, process=CB,
    ),
    Kpi(
        "cb_satisfaction", "CB-4", "客户满意率 / Satisfaction",
        "本期回访和调查的评分中 4 分和 5 分的比例；制度目标 99% / "
        "Grades given in callbacks and surveys of the period: the share of 4 and 5; the rule book aims at 99%",
        Kind.SHARE, process=CB,
    ),
    Kpi(
        "cb_waiting", "CB-3", "等待安排的回访 / Callbacks that wait for capacity",
        "到期而尚未安排的回访，按回访人；每人每日的量由制度规定 / "
        "Callbacks that are due and not handed out, by who calls; the policy says how many a day",
        Kind.WAITING_NOW, process=CB, less_is_better=True,
    ),
    Kpi(
        "cb_promises", "CB-4", "兑现的承诺 / Promises kept",
        "回访中的承诺，确认期限（承诺日后一个工作日）在本期的，已兑现的比例；没有确认的算未兑现，按等级 / "
        "Promises made in callbacks that were to be confirmed in the period, a working day after their day: the share "
        "kept; what nobody has confirmed counts as not kept; by tier",
        Kind.SHARE, process=CB,
    ),
)  # fmt: skip

MEASURED: Final = (SV, ON, CB, CP)
"""The processes that have figures of their own, in the order of reports."""
COMPLAINTS: Final = (
    Kpi(
        "cp_acknowledged", "CP-2", "及时受理回执 / Acknowledged in time",
        "立案后一小时在本期届满、有邮箱的投诉中，收到后一小时内受理回执已寄出的比例，按严重程度；"
        "并入其他投诉的和由表格导入的不计 / "
        "Complaints from somebody with an address, joined and imported ones apart, whose first hour ended in the "
        "period: the share whose acknowledgement left within an hour of receipt, by severity",
        Kind.SHARE, process=CP, within=timedelta(hours=1), later=timedelta(hours=1),
    ),
    Kpi(
        "cp_answered_in_time", "CP-3", "按时首次答复 / First answer in time",
        "首次答复时限在本期的投诉中按时答复的比例，按严重程度；等客户回复的时间不计，导入前已超时的不计 / "
        "Complaints whose first answer was due in the period: the share answered in time, by severity; "
        "pauses do not count, nor does what was overdue before it was imported",
        Kind.SHARE, process=CP,
    ),
    Kpi(
        "cp_solved_in_time", "CP-3", "按时解决 / Solved in time",
        "解决时限在本期的投诉中按时解决的比例，按严重程度；以执行完处理措施为准，每次重开另计，"
        "重新计时前已超时的仍计，导入前已超时的不计 / "
        "Complaints due to be solved in the period: the share whose remedy was carried out in time, by severity; "
        "each reopening counts again, a limit missed before the hours began anew stays missed; what was overdue before "
        "it was imported does not count",
        Kind.SHARE, process=CP,
    ),
    Kpi(
        "cp_reopened", "CP-11", "重新处理的投诉 / Reopened",
        "本期结案的投诉中，因客户不满意而重新处理过的比例；并入其他投诉的不计 / "
        "Complaints closed in the period, joined ones apart: the share that the customer's answer opened again",
        Kind.SHARE, process=CP, less_is_better=True,
    ),
    Kpi(
        "cp_upheld", "CP-7", "成立的投诉 / Upheld",
        "本期结案的投诉中，成立或部分成立的比例，按结论 / "
        "Complaints closed in the period: the share upheld in full or in part, by verdict",
        Kind.SHARE, process=CP, less_is_better=True,
    ),
    Kpi(
        "cp_kinds", "CP-12", "投诉类别 / Complaints by kind",
        "本期立案的投诉数，按类别，并入其他投诉的不计；九十天内第三次同类投诉另立纠正措施 / "
        "Complaints of the period by kind, joined ones apart; the third alike in 90 days opens a corrective action",
        Kind.COUNT, process=CP, less_is_better=True,
    ),
    Kpi(
        "cp_causes", "CP-6", "查明的原因 / Causes found",
        "本期查明原因的投诉数，按原因类别；不成立的不计，每件只计最后一次分析 / "
        "Complaints whose cause was found in the period, by kind of cause; each by its last analysis, not upheld ones "
        "apart",
        Kind.COUNT, process=CP, less_is_better=True,
    ),
    Kpi(
        "cp_causes_of_products", "CP-6", "查明的原因，按产品 / Causes found, by product",
        "同上，按产品和原因类别；未写明产品的不分 / "
        "The same by product and kind of cause; where no product was named, not told apart",
        Kind.COUNT, process=CP, less_is_better=True, reads="cp_causes", beside="product",
    ),
    Kpi(
        "cp_causes_of_departments", "CP-6", "查明的原因，按责任部门 / Causes found, by department in charge",
        "同上，按责任部门和原因类别 / The same by department in charge and kind of cause",
        Kind.COUNT, process=CP, less_is_better=True, reads="cp_causes", beside="department",
    ),
    Kpi(
        "cp_repeat_causes", "CP-12", "重复原因 / Repeat causes",
        "本期查明的原因中，同一产品此前在政策规定的天数内已查明过同类原因的比例，按原因类别；未写明产品的不算重复 / "
        "Causes found in the period: the share that had been found for the same product within the days before that "
        "the policy says, by kind of cause; where no product was named, none repeats",
        Kind.SHARE, process=CP, less_is_better=True, reads="cp_causes", again_within="complaint_alike_days",
    ),
    Kpi(
        "cp_satisfaction", "CP-11", "结案后满意率 / Satisfaction after closing",
        "本期对投诉处理的评分中 4 分和 5 分的比例 / "
        "Grades given in the period for how complaints were dealt with: the share of 4 and 5",
        Kind.SHARE, process=CP,
    ),
    Kpi(
        "cp_cost", "CP-7", "处理费用 / Cost of remedies",
        "本期结案的投诉各轮处理费用之和，按处理措施 / "
        "Complaints closed in the period: the sum of what each of their rounds cost, by remedy",
        Kind.MONEY, process=CP, less_is_better=True,
    ),
    Kpi(
        "cp_paused", "CP-14", "暂停时间占比 / Share of time paused",
        "本期解决的投诉，解决时钟中等待客户答复的时间所占比例，导入前已超时的不计 / "
        "Complaints solved in the period, those overdue before they were imported apart: of the time until then, the "
        "share that waited for the customer's answer",
        Kind.PAUSED, process=CP, less_is_better=True,
    ),
)  # fmt: skip

KPIS: Final = (*EVERY_PROCESS, *APPROVALS, *SUPPLIERS, *CUSTOMERS, *CALLBACKS, *ATTENTION, *COMPLAINTS)


def kpis_of(process: str) -> tuple[Kpi, ...]:
    """What is measured of a process: its own figures, then those of every process, of its approvals last."""
    return (*(kpi for kpi in KPIS if kpi.process == process), *EVERY_PROCESS, *APPROVALS)
