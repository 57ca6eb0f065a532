"""What can be wrong with a configuration and what it names: the problem and the remedy, in two languages."""

from collections.abc import Sequence
from dataclasses import dataclass

from gongpai.gateway.config.troubles import TROUBLES, Language, Saying, saying
from gongpai.gateway.errors import SetUpError
from gongpai.wecom.errcodes import Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the key it is at, what kind of fault, and a word about the value (never a secret)."""

    key: str
    kind: str
    detail: str | Text = ""

    def render(self, language: Language) -> str:
        """Return the problem and the remedy in one line each."""
        problem, remedy = _TEXTS[self.kind][language]
        detail = self.detail if isinstance(self.detail, str) else self.detail.in_language(language)
        arrow = "  解决办法：" if language == "zh" else "  remedy: "
        where = f"{self.key}: " if self.key else ""
        return f"{where}{problem.format(detail=detail)}\n{arrow}{remedy.format(detail=detail)}"


class ConfigError(SetUpError):
    """The configuration has faults, all of which are in ``faults``; mend them and start again."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.key}: {fault.kind}" for fault in faults))
        self.faults = tuple(faults)


_TEXTS: dict[str, Saying] = TROUBLES | {
    "file_unreadable": saying(
        "读不了这个文件（{detail}）",
        "检查路径和权限",
        "this file cannot be read ({detail})",
        "check its path and its permissions",
    ),
    "no_file": saying(
        "{detail} 里没有 gongpai.toml，环境变量也不够",
        "用 --config 指定配置文件；或用 gongpai config example 生成一个",
        "there is no gongpai.toml in {detail}, and the environment does not suffice",
        "name the file with --config, or make one with: gongpai config example",
    ),
    "not_toml": saying(
        "不是合法的 TOML：{detail}", "改正这一行", "this is not TOML: {detail}", "mend the line that it names"
    ),
    "unknown_key": saying(
        "没有这个设置项{detail}",
        "改正拼写或删除",
        "there is no such setting{detail}",
        "mend the spelling or delete it",
    ),
    "unknown_variable": saying(
        "环境变量 {detail} 不对应任何设置项",
        "改正拼写或取消它；若是 Kubernetes 为 Service gongpai 自动加的，在 Pod 中设 enableServiceLinks: false",
        "the environment variable {detail} names no setting",
        "mend its spelling or unset it; where Kubernetes made it for a Service called gongpai, set "
        "enableServiceLinks: false in the pod",
    ),
    "missing": saying("没有填写", "填上它", "it is not set", "set it"),
    "wrong_type": saying("应为{detail}", "改用这种类型的值", "it should be a {detail}", "give a value of this type"),
    "not_an_origin": saying(
        "应为 https:// 加域名（可带端口），不带路径",
        "例如 https://sso.example.com",
        "it should be https:// and a host, with a port at most and no path",
        "for example https://sso.example.com",
    ),
    "needs_https": saying(
        "只有本机回环地址可以用 http", "改用 https", "only a loopback address may use plain http", "use https"
    ),
    "not_storage": saying(
        "应为 sqlite:///绝对路径 或 postgresql://…",
        "例如 sqlite:///var/lib/gongpai/gongpai.db",
        "it should be sqlite:/// with an absolute path, or postgresql://",
        "for example sqlite:///var/lib/gongpai/gongpai.db",
    ),
    "not_redis": saying(
        "应为 redis:// 或 rediss://",
        "改正网址，或删除此项",
        "it should be redis:// or rediss://",
        "mend the URL, or delete the setting",
    ),
    "not_a_key": saying(
        "应为 32 个随机字节的 base64url",
        "用 gongpai keys new 生成",
        "it should be 32 random bytes in base64url",
        "make one with: gongpai keys new",
    ),
    "published": saying(
        "这个密钥在公开的文档或示例里出现过，人人都知道",
        "换成自己的：gongpai keys new，或在企业微信管理后台重置 Secret",
        "this secret is published in documents or examples, so everybody knows it",
        "use one of your own: gongpai keys new, or reset the Secret in WeCom's admin console",
    ),
    "both_given": saying(
        "值和 {detail} 只能填一个", "删除其中一个", "give either the value or {detail}, not both", "delete one of them"
    ),
    "no_apps": saying(
        "至少要有一个应用",
        "加上 [apps.main]，填 corpid、agentid 和 corpsecret_file",
        "there must be at least one application",
        "add [apps.main] with corpid, agentid and corpsecret_file",
    ),
    "bad_name": saying(
        "名称只能用小写字母、数字，中间可用 - 或 _，最多 32 个字符",
        "例如 main",
        "a name has lower-case letters and digits, with - or _ between them, at most 32 characters",
        "for example main",
    ),
    "bad_id": saying(
        "不是合法的编号{detail}",
        "从企业微信管理后台复制",
        "this is not a valid id{detail}",
        "copy it from WeCom's admin console",
    ),
    "same_app": saying(
        "与 {detail} 是同一个应用",
        "删除其中一个",
        "this is the same application as {detail}",
        "delete one of them",
    ),
    "domain_mismatch": saying(
        "企业微信会拒绝跳回 {detail}",
        "改正此项或 public_url；管理后台里的可信域名和授权回调域须与 public_url 的主机和端口完全一致",
        "WeCom would refuse to lead back to {detail}",
        "mend this or public_url; in WeCom's admin console the trusted domain and web login's callback domain must be "
        "exactly the host and port of public_url",
    ),
    "panel_needs_wecom": saying(
        "内嵌登录组件需要 https 的 public_url 和企业微信自己的域名",
        '改用 web_login = "page"',
        "the embedded panel needs an https public_url and WeCom's own hosts",
        'use web_login = "page"',
    ),
    "not_one_of": saying("应为以下之一：{detail}", "选一个", "it should be one of: {detail}", "choose one"),
    "not_a_duration": saying(
        "应为时长，例如 30m、8h、7d，且在 {detail} 之间",
        "改正此值",
        "it should be a duration such as 30m, 8h or 7d, within {detail}",
        "mend the value",
    ),
    "idle_too_long": saying(
        "idle 不能长于 absolute", "缩短 idle", "idle must not be longer than absolute", "make idle shorter"
    ),
    "several_corps": saying(
        "有多个企业时，部门和成员编号必须按应用分别填写",
        "移到 [apps.名称.policy]",
        "with several corps, ids of departments and members belong to one application",
        "move them to [apps.NAME.policy]",
    ),
    "not_a_network": saying(
        "{detail} 不是 IP 地址或网段",
        "例如 10.0.0.0/8",
        "{detail} is not an address or a network",
        "for example 10.0.0.0/8",
    ),
    "trusts_everyone": saying(
        "{detail} 等于相信任何人自称的来源地址",
        "只写反向代理自己的地址",
        "{detail} would believe whatever address anyone claims",
        "name only the addresses of your own proxies",
    ),
    "not_gate_listen": saying(
        "应为 地址:端口 或 unix:/绝对路径",
        "例如 127.0.0.1:8001",
        "it should be address:port or unix:/absolute/path",
        "for example 127.0.0.1:8001",
    ),
    "not_an_address": saying(
        "应为 地址:端口", "例如 127.0.0.1:8000", "it should be address:port", "for example 127.0.0.1:8000"
    ),
    "not_a_proxy": saying(
        "应为 http:// 或 https:// 开头的代理网址",
        "改正网址",
        "it should be the http:// or https:// URL of a proxy",
        "mend the URL",
    ),
    "not_verify_name": saying(
        "文件名应为 WW_verify_ 加字母数字再加 .txt",
        "照抄管理后台给的文件名",
        "the name should be WW_verify_, letters and digits, and .txt",
        "copy the name that WeCom's admin console gave",
    ),
    "not_verify_body": saying(
        "内容应为 1 到 1024 个可见 ASCII 字符",
        "照抄下载到的文件内容",
        "the body should have 1 to 1024 visible ASCII characters",
        "copy the body of the downloaded file",
    ),
    "no_gate_hosts": saying(
        "至少要有一个受保护的站点",
        "加上 [gate.hosts.名称]，填 origin",
        "there must be at least one host to protect",
        "add [gate.hosts.NAME] with its origin",
    ),
    "gate_needs_proxies": saying(
        "forward-auth 只相信 trusted_proxies 里的反向代理",
        "填 trusted_proxies，或让 listen 使用 unix: 套接字",
        "forward-auth believes only the proxies named in trusted_proxies",
        "set trusted_proxies, or listen on a unix: socket",
    ),
    "same_host": saying(
        "与 {detail} 是同一个站点", "删除其中一个", "this is the same host as {detail}", "delete one of them"
    ),
    "unknown_app": saying(
        "没有名为 {detail} 的应用", "改正名称", "there is no application named {detail}", "mend the name"
    ),
    "host_needs_apps": saying(
        "有多个企业时，要写明哪些应用的人可以进入",
        "填 apps，且只填同一个企业的应用",
        "with several corps, it must be said whose people may enter",
        "set apps, to applications of one corp",
    ),
    "not_a_rule": saying(
        "{detail} 不是规则",
        "写成 allow、deny 或 skip 加路径，例如 skip /public/",
        "{detail} is not a rule",
        "write allow, deny or skip and a plain path, for example: skip /public/",
    ),
    "not_cookie_domain": saying(
        "应为此站点的上级域名，且至少有两段",
        "例如 example.com",
        "it should be a domain above this host, of two labels at least",
        "for example example.com",
    ),
    "not_a_header": saying(
        "{detail} 不能用作身份请求头的名称",
        "用字母、数字和 -，例如 X-User，不要重复",
        "{detail} cannot be the name of an identity header",
        "use letters, digits and -, for example X-User, and no name twice",
    ),
    "not_certificates": saying(
        "{detail} 里没有 PEM 格式的证书",
        "填写 CA 证书文件，其中有一行 -----BEGIN CERTIFICATE-----",
        "{detail} holds no certificate in PEM",
        "name the file of your CA's certificate, which has a line -----BEGIN CERTIFICATE-----",
    ),
    "sandbox_in_public": saying(
        "sandbox = true 只能用于本机回环地址的 public_url",
        "正式使用请删除 sandbox；试用请用 http://127.0.0.1:8000",
        "sandbox = true is for a public_url on loopback only",
        "delete sandbox to go live, or try it at http://127.0.0.1:8000",
    ),
    "sandbox_needs_hosts": saying(
        "sandbox = true 需要把 hosts 指向沙箱；TLS 模式则需要 ca_file",
        "填 [hosts] all = 沙箱的网址",
        "sandbox = true needs hosts that lead to the sandbox, or its ca_file in TLS mode",
        "set [hosts] all to the sandbox's address",
    ),
    "sandbox_or_private": saying(
        "sandbox 和 private_wecom 不能同时为 true",
        "只留一个",
        "sandbox and private_wecom exclude each other",
        "keep one of them",
    ),
    "not_a_redirect_uri": saying(
        "不能登记为回跳地址：{detail}",
        "写完整的 https:// 网址；本机程序可用 http://127.0.0.1",
        "this cannot be registered: {detail}",
        "give the whole https:// URL; a program on the person's own machine may use http://127.0.0.1",
    ),
    "public_needs_pkce": saying(
        "没有密钥的依赖方必须使用 PKCE",
        "删除 without_pkce",
        "a party without a secret must use PKCE",
        "delete without_pkce",
    ),
    "no_secret_wanted": saying(
        "这种 auth_method 不用密钥", "删除密钥", "this auth_method has no secret", "delete the secret"
    ),
    "weak_secret": saying(
        "密钥应为 {detail} 到 256 个可见 ASCII 字符",
        "用 gongpai keys new 生成",
        "a secret has {detail} to 256 visible ASCII characters",
        "make one with: gongpai keys new",
    ),
    "not_a_template": saying(
        "模板应在 @ 之前含有一次 {{userid}}",
        "例如 {{userid}}@corp.example",
        "a template has {{userid}} once, before its @",
        "for example {{userid}}@corp.example",
    ),
    "template_needs_corpid": saying(
        "有多个企业的人使用时，模板还应含有 {{corpid}}，否则两个企业里 userid 相同的人，后登录的没有邮箱",
        "例如 {{userid}}.{{corpid}}@corp.example；或在 policy.corpids 里只留一个企业",
        "with people of several corps it needs {{corpid}} too, or the later of two who share a userid gets no email",
        "for example {{userid}}.{{corpid}}@corp.example; or leave one corp in policy.corpids",
    ),
    "foreign_hosts": saying(
        "这些主机不是企业微信的",
        "私有部署请填 private_wecom = true；沙箱请填 sandbox = true",
        "these hosts are not WeCom's",
        "set private_wecom = true for a private WeCom, or sandbox = true for the sandbox",
    ),
}

KINDS = frozenset(_TEXTS)
