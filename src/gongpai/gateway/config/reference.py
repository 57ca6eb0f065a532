"""Every setting with its default and what it is for: the pages of the reference and the example are made from it."""

import re
from collections.abc import Iterable
from dataclasses import replace

from gongpai.gateway.config.reference_parties import PARTY_SETTINGS, Setting

_OF_PARTIES_AND_GATE = frozenset(
    f"parties.NAME.{name}" for name in ("email_domains", "email_template", "groups", "group_limit", "group_names.NAME")
)

REFERENCE = (
    Setting(
        "public_url",
        "",
        "浏览器访问本服务的网址，只有协议、域名和端口。所有链接都由它生成。",
        "Where browsers find this service: scheme, host and port only. All links are made from it.",
    ),
    Setting(
        "storage",
        "sqlite:///var/lib/gongpai/gongpai.db",
        "数据存放处：`sqlite:///` 加绝对路径，或 `postgresql://用户:密码@主机/库`。",
        "Where records are kept: `sqlite:///` with an absolute path, or `postgresql://user:password@host/database`.",
    ),
    Setting(
        "tickets",
        "",
        "可选。一次性登录记录和应用凭证改放 Redis 或 Valkey：`redis://` 或 `rediss://`。",
        "Optional. Keep sign-in attempts and the app token in Redis or Valkey: `redis://` or `rediss://`.",
    ),
    Setting(
        "secret_key",
        "",
        "32 个随机字节的 base64url，用 `gongpai keys new` 生成。保护密钥环、审计链。",
        "32 random bytes in base64url, made by `gongpai keys new`. It protects the key ring and the audit chain.",
    ),
    Setting("secret_key_file", "", "存放 `secret_key` 的文件，二者填一。", "A file that holds `secret_key` instead."),
    Setting(
        "sandbox",
        "false",
        "连接沙箱而不是企业微信；只能在本机回环地址使用。",
        "Talk to the sandbox and not to WeCom; on loopback only.",
    ),
    Setting(
        "private_wecom",
        "false",
        "`hosts` 指向私有部署的企业微信。",
        "The `hosts` are those of a private deployment of WeCom.",
    ),
    Setting("listen", "127.0.0.1:8000", "监听地址。", "Where to listen."),
    Setting(
        "metrics_listen",
        "127.0.0.1:9464",
        "Prometheus 指标的监听地址；`off` 关闭。",
        "Where Prometheus finds the metrics; `off` for none.",
    ),
    Setting(
        "trusted_proxies",
        "",
        "反向代理的地址或网段；只有来自这些地址的 `X-Forwarded-For` 才可信。",
        "Addresses or networks of your reverse proxies; `X-Forwarded-For` is believed from them only.",
    ),
    Setting(
        "starts_per_minute",
        "600",
        "每个来源地址每分钟最多发起多少次登录；0 为不限。",
        "How many sign-ins one address may begin in a minute; 0 sets no limit.",
    ),
    Setting(
        "private_hosts",
        "",
        "退出通知可以发往这些位于内网的依赖方主机；其他内网地址一律不访问。",
        "Hosts of relying parties in private networks that may be told of a logout; no others there are called.",
    ),
    Setting(
        "ca_file",
        "",
        "访问企业微信和通知依赖方退出时信任的私有 CA（PEM）。",
        "A private CA (PEM) to trust when calling WeCom, or telling relying parties of a logout.",
    ),
    Setting("proxy", "", "访问企业微信用的出口代理。", "The outbound proxy for calls to WeCom."),
    Setting("log_level", "info", "`debug`、`info`、`warning` 或 `error`。", "`debug`, `info`, `warning` or `error`."),
    Setting(
        "hosts.all",
        "",
        "把企业微信的四个主机一起换成这个网址（沙箱或私有部署）。",
        "Put all four hosts of WeCom at this address (the sandbox or a private deployment).",
    ),
    Setting("hosts.api", "https://qyapi.weixin.qq.com", "接口主机。", "The host of the API."),
    Setting("hosts.oauth", "https://open.weixin.qq.com", "企业微信内授权页的主机。", "The host of the in-app link."),
    Setting("hosts.login", "https://login.work.weixin.qq.com", "网页登录的主机。", "The host of web login."),
    Setting("hosts.qr", "https://open.work.weixin.qq.com", "旧版扫码登录的主机。", "The host of the old QR page."),
    Setting("apps.NAME.name", "", "显示给人看的名称。", "The name that people see."),
    Setting("apps.NAME.corpid", "", "企业 ID。", "The corp's id."),
    Setting("apps.NAME.agentid", "", "应用的 AgentId。", "The application's AgentId."),
    Setting("apps.NAME.corpsecret", "", "应用的 Secret。", "The application's Secret."),
    Setting("apps.NAME.corpsecret_file", "", "存放 Secret 的文件，二者填一。", "A file that holds the Secret instead."),
    Setting(
        "apps.NAME.trusted_domain",
        "",
        "可选。管理后台里填的可信域名（网页登录的授权回调域应与之相同），启动时与 `public_url` 核对。",
        "Optional. The trusted domain set in the admin console, held against `public_url` at start; "
        "web login's callback domain should be the same.",
    ),
    Setting(
        "apps.NAME.encrypted_ids",
        "false",
        "企业微信给这个应用的是加密编号（区分大小写）。",
        "WeCom gives this application encrypted ids, whose case matters.",
    ),
    Setting(
        "apps.NAME.web_login",
        "page",
        "企业微信之外的浏览器如何登录：`page`、`panel`（内嵌）或 `qr_connect`（旧版）。",
        "How browsers outside WeCom sign in: `page`, `panel` (embedded) or `qr_connect` (the old page).",
    ),
    *(
        Setting(f"{prefix}policy.{name}", "", zh + suffix_zh, en + suffix_en)
        for prefix, suffix_zh, suffix_en in (
            ("", "", ""),
            ("apps.NAME.", "只用于这个应用，代替同名的总设置。", " For this application, in place of the general one."),
            ("gate.hosts.NAME.", "只用于这个站点。", " For this host."),
        )
        for name, zh, en in (
            ("allow_departments", "允许这些部门（含下级）。", "Allow these departments and those below, by id."),
            (
                "deny_departments",
                "拒绝这些部门（含下级）；优先。",
                "Deny these departments and those below; wins.",
            ),
            ("allow_userids", "允许这些成员。", "Allow these members."),
            ("deny_userids", "拒绝这些成员，优先于允许。", "Deny these members; wins over allowing."),
        )
    ),
    Setting("session.idle", "8h", "多久不用就结束。", "A session ends when unused for so long."),
    Setting("session.absolute", "12h", "最长多久结束。", "A session ends after so long in any case."),
    Setting(
        "session.grace",
        "4h",
        "企业微信连不上时，会话最多还保留多久。",
        "How long a session is kept while WeCom cannot be reached.",
    ),
    Setting(
        "session.profile_age",
        "1h",
        "成员资料多旧就要重新读取。",
        "How old a member's profile may grow before WeCom is asked again.",
    ),
    Setting("tokens.access", "10m", "访问令牌的有效期。", "How long an access token is good."),
    Setting(
        "tokens.refresh_idle",
        "14d",
        "刷新令牌多久不用就失效。",
        "A refresh token lapses when unused for so long.",
    ),
    Setting(
        "tokens.refresh_absolute",
        "90d",
        "无论刷新多少次，最长多久必须重新登录。",
        "However often it is refreshed, the person signs in again after so long.",
    ),
    *PARTY_SETTINGS,
    Setting(
        "gate.listen",
        "127.0.0.1:8001",
        "forward-auth 的监听地址，或 `unix:/绝对路径`；只给反向代理使用。",
        "Where forward-auth listens, or `unix:/absolute/path`; for your reverse proxy alone.",
    ),
    Setting(
        "gate.headers",
        "oauth2-proxy",
        "身份请求头的名称：`oauth2-proxy`、`remote`（`Remote-User` 等）或 `own`（自定）。",
        "The names of the identity headers: `oauth2-proxy`, `remote` (`Remote-User` ...) or `own`.",
    ),
    Setting(
        "gate.assertion",
        "false",
        "每个放行的请求带上签名的 `X-Auth-Assertion`，应用可用 JWKS 验证。",
        "Every request that passes carries a signed `X-Auth-Assertion`, which apps verify by the JWKS.",
    ),
    Setting(
        "gate.email",
        "biz_mail",
        "邮箱的来源：`biz_mail`、`template` 或 `none`。",
        "Where the email address comes from: `biz_mail`, `template` or `none`.",
    ),
    *(
        replace(setting, key=setting.key.replace("parties.NAME", "gate", 1))
        for setting in PARTY_SETTINGS
        if setting.key in _OF_PARTIES_AND_GATE
    ),
    *(
        Setting(
            f"gate.own_headers.{name}",
            "",
            f'`headers = "own"` 时，{zh}放在哪个请求头里。',
            f'With `headers = "own"`: the header for the {en}.',
        )
        for name, zh, en in (
            ("subject", "固定不变的随机标识", "random name that never changes"),
            ("username", "用户名", "username"),
            ("name", "姓名", "person's name"),
            ("email", "邮箱", "email address"),
            ("groups", "部门", "departments"),
        )
    ),
    Setting(
        "gate.hosts.NAME.origin",
        "",
        "受保护站点的网址，只有协议、域名和端口。",
        "The address of a protected host: scheme, host and port only.",
    ),
    Setting(
        "gate.hosts.NAME.apps",
        "",
        "经哪些应用登录的人可以进入；只有一个企业时可不填，即全部。",
        "Through which applications people may come; all of them where there is one corp.",
    ),
    Setting(
        "gate.hosts.NAME.rules",
        "",
        "按顺序匹配的路径规则：`skip`（不用登录）、`deny`、`allow` 加路径；`/` 结尾则含其下所有路径。其余都要登录。",
        "Rules by path, the first one counts: `skip` (no sign-in), `deny` or `allow` and a path, which covers all "
        "below it if it ends in `/`. Everything else needs a sign-in.",
    ),
    Setting(
        "gate.hosts.NAME.cookie_domain",
        "",
        "可选。同一上级域名下的站点共用一个 cookie；该域名下任何站点都能看到并冒用它。",
        "Optional. Hosts below this domain share one cookie, which every host below it can then see and use.",
    ),
    Setting(
        "gate.hosts.NAME.web_login",
        "allow",
        "在企业微信之外扫码登录能否打开它：`allow`、`notify`（能，并在企业微信里告诉本人）或 `deny`。",
        "Whether signing in by QR code outside WeCom opens it: `allow`, `notify` (and tells its person) or `deny`.",
    ),
    Setting(
        "gate.hosts.NAME.contact",
        "",
        "进不去的人该找谁。",
        "Whom a person asks who may not enter.",
    ),
    Setting(
        "verify_files.NAME",
        "",
        "`WW_verify_….txt` 的文件名和内容，只能写在文件里。",
        "Name and body of a `WW_verify_….txt`; in the file only.",
    ),
)

_NAMED = ("apps.", "parties.")
_PATTERNS = tuple(
    re.compile(re.escape(setting.key).replace("verify_files\\.NAME", "verify_files\\..+").replace("NAME", "[^.]+"))
    for setting in REFERENCE
)


def is_known(key: str) -> bool:
    """Whether *key* is a setting."""
    return any(pattern.fullmatch(key) for pattern in _PATTERNS)


def known_keys(given: Iterable[str]) -> list[str]:
    """Return all keys there are, with the operator's own names put in, to suggest a spelling."""
    named = {(key.split(".")[0], key.split(".")[1]) for key in given if key.startswith(_NAMED) and key.count(".") > 1}
    others = [setting.key for setting in REFERENCE if not setting.key.startswith(_NAMED)]
    return others + [
        setting.key.replace("NAME", name, 1)
        for section, name in named
        for setting in REFERENCE
        if setting.key.startswith(f"{section}.")
    ]
