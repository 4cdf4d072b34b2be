"""A company name taken apart, as it is compared. It must not take any apart (`names`)."""

from dataclasses import dataclass, field

from crm_workflows.business.duplicates.words import Place
from crm_workflows.business.duplicates.writing import HAN


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A name taken apart; all parts are simplified, half width and in lower case."""

    written: str
    text: str
    """Without blanks and punctuation."""
    core: str
    """Trade name and business in one."""
    trade: str
    business: tuple[str, ...] = ()
    """In English words, so that 轴承 and Bearings are the same."""
    segments: tuple[str, ...] = ()
    """Place, trade name and terms of business, from which people make short forms."""
    places: frozenset[Place] = frozenset()
    """Where it may be; empty when the name does not say."""
    form: str = ""
    unit: str = ""
    """The number of a works, department or branch."""
    is_branch: bool = False
    is_traditional: bool = False
    spoken: tuple[str, ...] = ()
    """The core, a syllable each; a Latin name is one piece."""
    trade_sound: str = ""
    blocks: frozenset[str] = field(default=frozenset(), repr=False)
    """Names that are alike have one of these in common with what the other seeks (`blocks.sought`)."""

    @property
    def is_chinese(self) -> bool:
        return bool(HAN.search(self.core))

    @property
    def core_sound(self) -> str:
        return "".join(self.spoken)
