"""The three invented suppliers of the samples: who they are, what they make, how their year went.

It must not hold any real company's data: names, codes, people and numbers are made for the purpose.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Year:
    """One year's accounts in thousands of CNY; the sums are computed, so that they always add up."""

    year: int
    revenue: int
    cost: int
    expenses: int
    tax: int
    current_assets: int
    fixed_assets: int
    liabilities: int

    @property
    def profit(self) -> int:
        """Net profit."""
        return self.revenue - self.cost - self.expenses - self.tax

    @property
    def assets(self) -> int:
        """All assets."""
        return self.current_assets + self.fixed_assets

    @property
    def equity(self) -> int:
        """What belongs to the owners."""
        return self.assets - self.liabilities


@dataclass(frozen=True)
class Company:
    """A supplier, as its papers tell of it."""

    name: str
    english: str
    region: str  # GB/T 2260, the office that registered it
    organisation: str  # eight characters of GB 11714, without the check digit
    legal_person: str
    capital: str
    founded: str
    address: str
    scope: str
    staff: int
    history: tuple[tuple[str, str], ...]
    profile: tuple[str, ...]
    guide: tuple[tuple[str, str], ...]
    products: tuple[tuple[str, str, str, str], ...]  # model, description, precision, price
    years: tuple[Year, Year]
    certificate: str


CHENGLAN = Company(
    name="苏州澄岚精密轴承有限公司",
    english="Suzhou Chenglan Precision Bearing Co., Ltd.",
    region="320500",
    organisation="MAX0CL61",
    legal_person="沈亦澄",
    capital="人民币 1200 万元",
    founded="2011年4月18日",
    address="江苏省苏州市澄岚工业园岚山路 88 号",
    scope="滚动轴承、轴承座及其零部件的研发、生产、销售；精密机械零件加工。",
    staff=146,
    history=(
        ("2011年", "公司成立，租用厂房 2400 平方米，生产深沟球轴承。"),
        ("2014年", "引进自动磨超生产线两条，年产能达到 600 万套。"),
        ("2017年", "通过质量管理体系认证，开始向电机行业供货。"),
        ("2020年", "迁入自建厂房，建成恒温检测室和寿命试验室。"),
        ("2023年", "低噪声系列量产，客户退货率降到万分之三以下。"),
        ("2025年", "年销售额 6830 万元，员工 146 人。"),
    ),
    profile=(
        "公司专业生产内径 10 至 60 毫米的深沟球轴承和角接触球轴承，主要用于中小型电机、水泵和精密传动部件。",
        "现有员工 146 人，其中工程技术人员 23 人、质量检验人员 18 人。",
        "厂房面积 9600 平方米，拥有磨超自动线 9 条、装配线 6 条。",
        "质量控制：来料光谱分析、套圈全数硬度抽检、成品振动值全检，检验记录保存五年。",
        "经营方针：品质第一、准时交付、长期合作。近三年准时交付率为 98.6%、98.9% 和 99.2%。",
        "保密：图纸与价格资料专人管理，与全体技术和销售人员签有保密协议。",
    ),
    guide=(
        ("选型", "按负荷、转速和安装空间选型。转速超过每分钟 12000 转时请选用 P5 级并向我司技术部确认润滑脂。"),
        ("安装", "用套筒压装内圈或加热到 100 摄氏度以内套装，禁止锤击保持架。安装后手动旋转应轻快、无卡滞。"),
        ("储存", "原包装平放于干燥处，相对湿度不超过 60%，自出厂之日起保存期为 12 个月。"),
        ("保修", "自交货之日起 18 个月内，因制造原因失效的免费更换，并在 5 个工作日内提交分析报告。"),
    ),
    products=(
        ("6202-2RS", "深沟球轴承 15×35×11", "P6 / Z2", "6.80 元"),
        ("6204-2RS", "深沟球轴承 20×47×14", "P6 / Z2", "8.90 元"),
        ("6205-2RS", "深沟球轴承 25×52×15", "P6 / Z2", "10.40 元"),
        ("6305-2RS", "深沟球轴承 25×62×17", "P6 / Z2", "15.20 元"),
        ("7204AC", "角接触球轴承 20×47×14", "P5", "32.50 元"),
        ("7206AC", "角接触球轴承 30×62×16", "P5", "41.00 元"),
    ),
    years=(
        Year(2024, 61_420, 46_680, 8_120, 1_650, 31_540, 24_310, 21_900),
        Year(2025, 68_300, 51_400, 8_860, 2_010, 35_280, 26_120, 23_050),
    ),
    certificate="GB/T 19001-2016 质量管理体系认证证书",
)

YUANDUO = Company(
    name="宁波远舵数控装备有限公司",
    english="Ningbo Yuanduo CNC Equipment Co., Ltd.",
    region="330200",
    organisation="MAX7YD20",
    legal_person="陆远舟",
    capital="人民币 5000 万元",
    founded="2008年9月2日",
    address="浙江省宁波市远舵港区舵楼路 6 号",
    scope="数控机床、自动上下料装置的设计、制造、安装和维修；机电产品进出口。",
    staff=312,
    history=(
        ("2008年", "公司成立，从事数控车床改造和维修。"),
        ("2012年", "第一台自主设计的立式加工中心出厂。"),
        ("2016年", "建立海外服务部，机床出口 11 个国家。"),
        ("2019年", "五轴联动加工中心通过用户验收。"),
        ("2022年", "建成装配新厂房，恒温装配面积 14000 平方米。"),
        ("2025年", "累计交付加工中心 2300 余台。"),
    ),
    profile=(
        "公司设计和制造立式、卧式和五轴加工中心，并提供自动上下料和夹具的整体方案。",
        "员工 312 人，其中设计和工艺人员 71 人、现场服务人员 46 人，在六个城市设有服务点，接到报修后 24 小时内到场。",
        "床身铸件自然时效不少于 12 个月，每台机床出厂前做 72 小时连续运转和激光干涉仪检测。",
        "We design and build vertical, horizontal and five-axis machining centres. Export manager: Daniel Okafor.",
    ),
    guide=(
        ("到货", "到货后请检查防倾斜标签。机床就位后 48 小时内由我司人员调平，调平前不得通电。"),
        ("基础", "混凝土基础厚度不小于 400 毫米，养护 28 天；周围 5 米内无冲压设备。"),
        ("培训", "每台机床含 5 天现场培训：操作两天、编程两天、日常保养一天。"),
        ("质保", "整机 24 个月，主轴 36 个月，终身提供备件。"),
    ),
    products=(
        ("VMC-850", "立式加工中心 X800 Y500 Z550", "定位 0.008 mm", "428,000 元"),
        ("VMC-1160", "立式加工中心 X1100 Y600 Z600", "定位 0.008 mm", "566,000 元"),
        ("HMC-500", "卧式加工中心 双工位", "定位 0.006 mm", "1,180,000 元"),
        ("FX-400", "五轴联动加工中心 转台 400 mm", "定位 0.005 mm", "1,590,000 元"),
    ),
    years=(
        Year(2024, 238_600, 176_200, 37_400, 5_900, 152_300, 98_700, 118_400),
        Year(2025, 251_900, 184_700, 39_100, 6_600, 161_800, 103_200, 121_700),
    ),
    certificate="GB/T 19001-2016 质量管理体系认证证书",
)

QINGHE = Company(
    name="无锡青禾岭包装材料有限公司",
    english="Wuxi Qingheling Packaging Co., Ltd.",
    region="320200",
    organisation="MAX3QH57",
    legal_person="何青野",
    capital="人民币 300 万元",
    founded="2019年6月10日",
    address="江苏省无锡市青禾岭路 17 号 3 幢",
    scope="纸箱、气相防锈包装材料的生产和销售。",
    staff=38,
    history=(
        ("2019年", "公司成立，生产三层和五层瓦楞纸箱。"),
        ("2021年", "增加气相防锈纸和防锈袋分切线。"),
        ("2024年", "购入数码印刷机，可接 50 只起的小批量订单。"),
    ),
    profile=(
        "公司为机械零件客户提供瓦楞纸箱、气相防锈纸和防锈袋，员工 38 人，厂房 2100 平方米。",
        "常规纸箱三天交货，防锈袋现货。主要客户为本地机械加工和轴承企业。",
    ),
    guide=(("防锈包装", "零件清洗并干燥后 2 小时内装袋封口，袋内外温差不超过 10 摄氏度。"),),
    products=(
        ("BC-5", "五层瓦楞纸箱 400×300×250", "边压 8.5 kN/m", "6.20 元"),
        ("VCI-P", "气相防锈纸 宽 1000 mm", "60 g", "1.90 元/米"),
        ("VCI-B", "气相防锈袋 300×200", "0.10 mm", "0.85 元"),
    ),
    years=(
        Year(2024, 14_260, 11_340, 2_010, 210, 5_120, 2_380, 3_940),
        Year(2025, 15_880, 12_590, 2_150, 260, 5_630, 2_510, 4_060),
    ),
    certificate="",
)
