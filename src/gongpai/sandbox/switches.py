"""What nobody outside WeCom knows for sure, as switches; each default is the best guess of public evidence."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Switches(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Choose how this WeCom behaves where the documents are silent or disagree."""

    fresh_token_each_call: Annotated[
        bool, Meta(description="gettoken gives a new token each time, not the same one while it is valid (WeCom 91039)")
    ] = False
    old_token_survives: Annotated[
        bool, Meta(description="a token stays good until its end although a newer one was given (undocumented)")
    ] = True
    repeated_expires_in: Annotated[
        Literal["full", "remaining"], Meta(description="what a repeated gettoken says: 7200, or what is left")
    ] = "full"
    expired_token_errcode: Annotated[
        Literal[42001, 40014], Meta(description="the answer to an expired token (the help of 40014 claims it too)")
    ] = 42001
    disabled_app_errcode: Annotated[
        Literal[40001, 50003], Meta(description="what gettoken says of a disabled app (both are in WeCom 90313)")
    ] = 40001
    ip_check_on_gettoken: Annotated[
        bool, Meta(description="gettoken, too, looks at the trusted IPs (seen in the field: it does not)")
    ] = False
    trusted_ip_delay_seconds: Annotated[
        int, Meta(ge=0, le=86_400, description="how long a newly trusted IP is still refused (help of 60020)")
    ] = 60
    used_code_errcode: Annotated[
        Literal[40029, 42022], Meta(description="the answer to a code that was used (the table has both)")
    ] = 40029
    expired_code_errcode: Annotated[
        Literal[40029, 42003], Meta(description="the answer to a code older than 300 s (the table has both)")
    ] = 40029
    other_app_code_errcode: Annotated[
        Literal[40029, 50001], Meta(description="the answer to a code of another app of the same corp")
    ] = 40029
    burn_code_on_50001: Annotated[bool, Meta(description="a call that fails with 50001 spends the code")] = False
    burn_code_on_60020: Annotated[bool, Meta(description="a call that fails with 60020 spends the code")] = False
    user_ticket_expires_in: Annotated[
        bool, Meta(description="auth/getuserinfo says expires_in beside user_ticket (seen, not in the table of 91023)")
    ] = True
    legacy_device_id: Annotated[bool, Meta(description="user/getuserinfo, the old path, gives a DeviceId")] = True
    user_doc_ticket: Annotated[
        bool, Meta(description="auth/getuserinfo adds the user_doc_ticket of a grey release of 2025")
    ] = False
    ticket_single_use: Annotated[bool, Meta(description="a user_ticket is good once only (nothing says so)")] = False
    masked_fields: Annotated[
        Literal["empty", "absent"], Meta(description='fields without consent are "", or their keys are missing')
    ] = "empty"
    default_avatar: Annotated[
        bool, Meta(description="without consent avatar is a default picture (text of 2023), else masked (2022)")
    ] = True
    invisible_member_errcode: Annotated[
        Literal[60011, 60111], Meta(description="what user/get says of a member outside the visible range")
    ] = 60011
    faulty_message_errcode: Annotated[
        Literal["of_part", 40058], Meta(description="message/send without a title or the like: its own code, or 40058")
    ] = "of_part"
    success_errcode: Annotated[bool, Meta(description="success says errcode 0; it may be left out (WeCom 90313)")] = (
        True
    )
    reverse_keys: Annotated[bool, Meta(description="answers carry their keys in reverse order (never promised)")] = (
        False
    )
    error_headers: Annotated[bool, Meta(description="failures carry error-code and error-msg headers (seen)")] = True
    hint_style: Annotated[
        Literal["new", "old"], Meta(description="hint: digits only, or seconds_number_hex (both are seen)")
    ] = "new"
    suffix_on_40014: Annotated[bool, Meta(description="40014, too, has hint, IP and help address")] = False
    rate_limits: Annotated[bool, Meta(description="calls are counted and answered 45009 (WeCom 90454)")] = True
    refusal: Annotated[
        Literal["state_only", "stay"],
        Meta(description="refusing on the consent page goes back with state and no code, or stays there"),
    ] = "state_only"
    privateinfo_without_agentid: Annotated[
        Literal["error", "base"],
        Meta(description="snsapi_privateinfo without agentid: an error page, or as base (91022)"),
    ] = "error"
    absent_state: Annotated[
        Literal["omit", "empty"], Meta(description="a link without state comes back without it, or with an empty one")
    ] = "omit"
    qr_callback_appid: Annotated[bool, Meta(description="web login adds appid to the callback (seen)")] = True
    follow_verify_redirects: Annotated[
        bool, Meta(description="the check of WW_verify_*.txt follows redirects (undocumented)")
    ] = False
    wechat_counts_as_client: Annotated[
        bool, Meta(description="WeChat, too, opens the in-app link; else only WeCom does")
    ] = True
