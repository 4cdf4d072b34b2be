"""What the words of a complaint that came by mail say before a person has read them (CP-3): its language, and whether
safety, law or the press are concerned. Too much is put right by whoever confirms the severity; too little is late.
"""

import re
from typing import Final

SAFETY: Final = re.compile(
    r"受伤|伤人|伤亡|死亡|起火|着火|火灾|冒烟|爆炸|漏电|触电|中毒|烫伤|安全事故|安全隐患"
    r"|\b(?:injur(?:y|ies|ed)|hurt|fire|burn(?:s|t|ed)?|smok(?:e|ing)|explo(?:de[ds]?|sion)"
    r"|electric shock|poison\w*|unsafe|safety (?:hazard|incident))\b",
    re.IGNORECASE,
)
LEGAL: Final = re.compile(
    r"律师|起诉|诉讼|法院|仲裁|市场监管|消费者协会|消协|12315"
    r"|\b(?:lawyers?|attorneys?|lawsuit|sue|court|legal action|arbitration|regulator)\b",
    re.IGNORECASE,
)
PRESS: Final = re.compile(r"媒体|记者|曝光|微博|电视台|\b(?:press|journalists?|newspaper|media)\b", re.IGNORECASE)
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
LOOKED_AT: Final = 20_000
"""Characters of a mail that are looked through."""


def concerns(words: str) -> dict[str, bool]:
    """Which of safety, legal and press are named."""
    looked_at = words[:LOOKED_AT]
    found = {"safety": SAFETY, "legal": LEGAL, "press": PRESS}
    return {name: bool(pattern.search(looked_at)) for name, pattern in found.items()}


def language_of(words: str) -> str:
    """`zh` or `en`: where a tenth of the letters are Chinese it is Chinese; `zh` where there are none at all."""
    looked_at = [letter for letter in words[:LOOKED_AT] if letter.isalpha()]
    chinese = sum(1 for letter in looked_at if CHINESE.match(letter))
    return "zh" if chinese * 10 >= len(looked_at) else "en"
