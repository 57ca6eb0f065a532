import pytest

from gongpai.gateway.oidc.acr import ACR_VALUES, acr_of, wished_way


def test_each_way_has_a_context_of_its_own() -> None:
    assert ACR_VALUES == ("urn:gongpai:wecom:in_app", "urn:gongpai:wecom:web", "urn:gongpai:wecom:qr")
    assert acr_of("web") == ACR_VALUES[1]


@pytest.mark.parametrize(
    ("acr_values", "way"),
    [
        ((), None),
        (("urn:mace:incommon:iap:silver",), None),
        (("urn:gongpai:wecom:pigeon", "urn:gongpai:wecom:qr"), "qr"),
        (("urn:gongpai:wecom:web", "urn:gongpai:wecom:in_app"), "web"),
    ],
)
def test_the_first_way_of_ours_is_the_one_that_is_wished(acr_values: tuple[str, ...], way: str | None) -> None:
    assert wished_way(acr_values) == way
