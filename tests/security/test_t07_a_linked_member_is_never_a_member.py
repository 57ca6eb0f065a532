"""T7, from the wire on: what a linked corp's member is told as, and what no spelling can do."""

import pytest

from gongpai.sandbox import Corner
from gongpai.wecom import App, Hosts, LinkedMember, Member, UsageError, WeComClient


def test_a_linked_member_stays_one_even_if_their_corp_is_ours_too(wecom_sandbox: Corner) -> None:
    corp = wecom_sandbox.read_world().corps[0]
    home, userid = corp.linked[0].corpid, corp.linked[0].members[0].userid
    app = App(corp.corpid, corp.apps[0].agentid, corp.apps[0].secret)
    with WeComClient(app, hosts=Hosts.at(wecom_sandbox.url), sandbox=True) as wecom:
        who = wecom.identify(wecom_sandbox.mint_code(app.agentid, f"{home}/{userid}"))
    assert who == LinkedMember(corp.corpid, home, userid)
    assert who.key not in {Member(home, userid).key, Member(corp.corpid, userid).key}


@pytest.mark.parametrize("userid", ["ＬＩＳＩ", "lisi\u200b", "\u212aevin", "lisi ", "\u0131van", "wpB/lisi\u0000"])
def test_no_spelling_outside_ascii_folds_onto_somebody(userid: str) -> None:
    with pytest.raises(UsageError):
        Member("ww1", userid)
