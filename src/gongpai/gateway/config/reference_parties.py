"""The settings of a relying party, for the reference (pure)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; ``NAME`` in its key stands for a name of the operator's choice."""

    key: str
    default: str
    zh: str
    en: str


def _party(name: str, default: str, zh: str, en: str) -> Setting:
    return Setting(f"parties.NAME.{name}", default, zh, en)


PARTY_SETTINGS = (
    _party(
        "name", "", "显示给人看的名称；`NAME` 就是 client_id。", "The name that people see; `NAME` is the client_id."
    ),
    _party(
        "auth_method",
        "secret",
        "依赖方如何证明自己：`secret`、`private_key_jwt` 或 `none`（没有密钥的程序）。",
        "How it proves itself: `secret`, `private_key_jwt`, or `none` for a program that cannot keep one.",
    ),
    _party("client_secret", "", "密钥，24 到 256 个字符。", "Its secret, 24 to 256 characters."),
    _party("client_secret_file", "", "存放密钥的文件，二者填一。", "A file that holds the secret instead."),
    _party("old_client_secret", "", "更换密钥期间仍然有效的旧密钥。", "The secret before, good while it is exchanged."),
    _party("old_client_secret_file", "", "存放旧密钥的文件。", "A file that holds the secret before."),
    _party(
        "jwks_file",
        "",
        "`private_key_jwt` 的公钥（JWK Set）文件。",
        "Its public keys for `private_key_jwt`, a JWK Set.",
    ),
    _party("redirect_uris", "", "回跳地址，逐字比较。", "Where browsers are sent back to, compared whole."),
    _party("post_logout_redirect_uris", "", "退出后可回到的地址。", "Where browsers may be sent after signing out."),
    _party(
        "origins",
        "",
        "哪些网页可以从浏览器直接调用令牌和用户信息接口（CORS）。",
        "Whose pages may call the token and userinfo endpoints from a browser (CORS).",
    ),
    _party(
        "scopes",
        "openid, profile",
        "可以申请的 scope：openid、profile、email、phone、address、groups、offline_access。",
        "What it may ask for: openid, profile, email, phone, address, groups, offline_access.",
    ),
    _party(
        "grant_types",
        "authorization_code",
        "可用的授权方式：authorization_code、refresh_token、device_code。",
        "What it may use: authorization_code, refresh_token, device_code.",
    ),
    _party("trusted", "false", "不询问成员是否同意。", "Ask nobody for consent."),
    _party("without_pkce", "false", "依赖方不会 PKCE 时才打开。", "Only for a party that cannot do PKCE."),
    _party("id_token_alg", "RS256", "ID token 签名算法：RS256、ES256 或 EdDSA。", "RS256, ES256 or EdDSA."),
    _party(
        "access_token_format",
        "opaque",
        "访问令牌：`opaque`（随机字符串）或 `jwt`（RFC 9068）。",
        "Access tokens: `opaque`, a random word, or `jwt` (RFC 9068).",
    ),
    _party(
        "subject_type",
        "public",
        "`public`：所有依赖方看到同一个 sub；`pairwise`：每个 sector 各不相同。",
        "`public`: one sub for all parties; `pairwise`: each sector has its own.",
    ),
    _party("sector", "", "pairwise 时代表这个依赖方的主机名。", "The host that stands for it in pairwise subjects."),
    _party("claims_in_id_token", "false", "把资料也放进 ID token。", "Put the claims into the ID token as well."),
    _party(
        "email",
        "biz_mail",
        "email 的来源：`biz_mail`、`personal`、`template` 或 `none`。",
        "Where email comes from: `biz_mail`, `personal`, `template` or `none`.",
    ),
    _party("email_domains", "", "只给出这些域名的企业邮箱。", "Tell a biz_mail in these domains only."),
    _party("verified_domains", "", "这些域名的企业邮箱算已验证。", "A biz_mail in these domains counts as verified."),
    _party(
        "email_template",
        "",
        "例如 `{userid}@corp.example`；允许多个企业时还要有 `{corpid}`，例如 `{userid}.{corpid}@corp.example`。",
        "For example `{userid}@corp.example`; with several corps, `{userid}.{corpid}@corp.example`.",
    ),
    _party(
        "owns_mailboxes",
        "false",
        "模板生成的邮箱全部归您所有，可算已验证。",
        "You own every mailbox the template can name, so they count as verified.",
    ),
    _party(
        "disclosure",
        "ask",
        "email、phone、address 需要而通讯录没有的资料，是否请成员在企业微信里授权：`ask` 或 `never`。",
        "Whether people are asked in WeCom for what email, phone and address need: `ask` or `never`.",
    ),
    _party("groups", "", "只给出这些部门编号。", "Tell these departments only, by id."),
    _party("group_limit", "50", "最多给出多少个组。", "How many groups at most."),
    _party("corp_qualified", "false", "用户名带上企业编号。", "Usernames carry the corp."),
    _party(
        "backchannel_logout_uri", "", "成员退出时通知这个地址。", "Told when somebody signs out (back-channel logout)."
    ),
    _party("contact", "", "被拒绝的人该找谁。", "Whom a person asks who is turned away."),
    _party("group_names.NAME", "", "部门编号对应的组名，代替 `dept:编号`。", "A department's name, for `dept:ID`."),
    _party("policy.corpids", "", "允许哪些企业；有多个企业时必填。", "Which corps; needed where there are several."),
    _party("policy.apps", "", "允许从哪些应用登录。", "Through which apps people may sign in."),
    _party("policy.ways", "", "允许的登录方式：in_app、web、qr。", "By which ways: in_app, web, qr."),
    _party(
        "policy.web_login",
        "allow",
        "在企业微信之外扫码登录能否打开它：`allow`、`notify`（能，并在企业微信里告诉本人）或 `deny`。",
        "Whether signing in by QR code outside WeCom opens it: `allow`, `notify` (and tells its person) or `deny`.",
    ),
    _party("policy.allow_departments", "", "只允许这些部门（含下级）。", "Only these departments and those below."),
    _party("policy.deny_departments", "", "拒绝这些部门（含下级）；优先。", "Not these departments; wins."),
    _party("policy.allow_userids", "", "允许这些成员。", "These members."),
    _party("policy.deny_userids", "", "拒绝这些成员；优先。", "Not these members; wins."),
)
