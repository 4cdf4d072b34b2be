"""What the domain of a mail address says of its company: nothing where anybody can have an address there.

It must not look into the register (`customers`).
"""

import re
from typing import Final

_PROVIDERS: Final = """
qq.com foxmail.com 163.com 126.com 188.com yeah.net 163.net sina.com sina.cn sina.com.cn sohu.com 139.com 189.cn wo.cn
wo.com.cn 21cn.com 21cn.net tom.com 263.net 263.net.cn aliyun.com alimail.com eyou.com etang.com citiz.net china.com
chinaren.com sogou.com 51.com 2980.com 88.com 111.com email.cn gmail.com googlemail.com windowslive.com passport.com
icloud.com me.com mac.com aol.com aim.com netscape.net ymail.com rocketmail.com yahoomail.com verizon.net mail.com
email.com usa.com post.com europe.com asia.com consultant.com engineer.com myself.com inbox.com proton.me
protonmail.com protonmail.ch pm.me tuta.com tuta.io tutanota.com tutanota.de tutamail.com keemail.me fastmail.com
fastmail.fm hushmail.com hey.com duck.com startmail.com runbox.com posteo.de posteo.net mailbox.org disroot.org
riseup.net mailfence.com zohomail.com zohomail.eu zohomail.in skiff.com simplelogin.com anonaddy.com mozmail.com
mailinator.com guerrillamail.com yopmail.com web.de t-online.de freenet.de arcor.de online.de 1und1.de email.de
mail.de vodafone.de vodafonemail.de unitybox.de kabelmail.de o2online.de o2mail.de magenta.de bluewin.ch hispeed.ch
sunrise.ch aon.at chello.at a1.net orange.fr wanadoo.fr free.fr sfr.fr neuf.fr laposte.net bbox.fr numericable.fr
aliceadsl.fr cegetel.net club-internet.fr libero.it virgilio.it tiscali.it tin.it alice.it tim.it fastwebnet.it
inwind.it iol.it email.it pec.it telefonica.net movistar.es terra.es ono.com sapo.pt mail.pt netcabo.pt clix.pt iol.pt
ziggo.nl kpnmail.nl kpnplanet.nl planet.nl hetnet.nl home.nl xs4all.nl upcmail.nl casema.nl telfort.nl telenet.be
skynet.be proximus.be scarlet.be pt.lu btinternet.com btopenworld.com sky.com talktalk.net virginmedia.com
ntlworld.com blueyonder.co.uk tiscali.co.uk plusnet.com o2.co.uk eircom.net eir.ie telia.com comhem.se bredband.net
spray.se online.no broadpark.no getmail.no mail.dk post.tele.dk stofanet.dk luukku.com elisanet.fi kolumbus.fi
pp.inet.fi suomi24.fi simnet.is wp.pl o2.pl onet.pl onet.eu op.pl poczta.fm interia.pl interia.eu gazeta.pl tlen.pl
vp.pl seznam.cz email.cz post.cz centrum.cz volny.cz atlas.cz azet.sk centrum.sk zoznam.sk pobox.sk freemail.hu
citromail.hu indamail.hu t-online.hu abv.bg mail.bg dir.bg net.hr inet.hr siol.net eunet.rs inbox.lv one.lv mail.ee
hot.ee delfi.lt otenet.gr forthnet.gr in.gr ukr.net i.ua meta.ua bigmir.net tut.by ya.ru mail.ru inbox.ru list.ru
bk.ru internet.ru rambler.ru lenta.ru autorambler.ru myrambler.ru ro.ru pochta.ru naver.com hanmail.net daum.net
kakao.com nate.com hanmir.com dreamwiz.com korea.com docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp
ybb.ne.jp nifty.com biglobe.ne.jp ocn.ne.jp so-net.ne.jp plala.or.jp dion.ne.jp infoseek.jp excite.co.jp goo.jp
hinet.net seed.net.tw pchome.com.tw kimo.com netvigator.com i-cable.com singnet.com.sg starhub.net.sg streamyx.com
tm.net.my jaring.my rediffmail.com rediff.com sify.com indiatimes.com vsnl.com bsnl.in in.com fpt.vn vnn.vn
walla.co.il walla.com netvision.net.il bezeqint.net 012.net.il mynet.com superonline.com ttmail.com emirates.net.ae
maktoob.com comcast.net xfinity.com att.net sbcglobal.net bellsouth.net pacbell.net ameritech.net charter.net
spectrum.net cox.net rr.com twc.com roadrunner.com optonline.net optimum.net earthlink.net mindspring.com juno.com
netzero.net netzero.com frontier.com frontiernet.net windstream.net centurylink.net centurytel.net q.com
embarqmail.com suddenlink.net rogers.com bell.net sympatico.ca shaw.ca telus.net videotron.ca cogeco.ca eastlink.ca
bigpond.com bigpond.net.au optusnet.com.au iinet.net.au internode.on.net tpg.com.au westnet.com.au dodo.com.au
xtra.co.nz slingshot.co.nz orcon.net.nz uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com oi.com.br
r7.com zipmail.com.br prodigy.net.mx telmexmail.com arnet.com.ar speedy.com.ar fibertel.com.ar ciudad.com.ar
mweb.co.za telkomsa.net vodamail.co.za iafrica.com webmail.co.za
"""
SHARED: Final = frozenset(_PROVIDERS.split())
"""Of public providers: of mail, and of lines to homes. What stands below one of them is shared as well: vip.qq.com."""
FAMILY: Final = re.compile(
    r"(yahoo|hotmail|outlook|live|msn|gmx|yandex|zoho)\.([a-z]{2,3}|(co|com|net|org|ne)\.[a-z]{2})"
)
"""Providers with a domain in each country: hotmail.co.uk."""


def mail_domain(address: str) -> str:
    """The domain of an address in small letters, empty where many companies share it."""
    domain = address.rpartition("@")[2].lower()
    labels = domain.split(".")
    parents = [".".join(labels[n:]) for n in range(len(labels))]
    is_shared = any(one in SHARED or FAMILY.fullmatch(one) for one in parents)
    return "" if is_shared else domain
