"""What can be wrong with a configuration and what it names: the problem and the remedy, in two languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gongpai.wecom.errcodes import Text

Language = Literal["zh", "en"]


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


class ConfigError(Exception):
    """The configuration has faults, all of which are in ``faults``; mend them and start again."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.key}: {fault.kind}" for fault in faults))
        self.faults = tuple(faults)


_Text = dict[Language, tuple[str, str]]


def _text(zh: str, zh_remedy: str, en: str, en_remedy: str) -> _Text:
    return {"zh": (zh, zh_remedy), "en": (en, en_remedy)}


_TEXTS: dict[str, _Text] = {
    "file_unreadable": _text(
        "读不了这个文件（{detail}）",
        "检查路径和权限",
        "this file cannot be read ({detail})",
        "check its path and its permissions",
    ),
    "no_file": _text(
        "{detail} 里没有 gongpai.toml，环境变量也不够",
        "用 --config 指定配置文件；或用 gongpai config example 生成一个",
        "there is no gongpai.toml in {detail}, and the environment does not suffice",
        "name the file with --config, or make one with: gongpai config example",
    ),
    "not_toml": _text(
        "不是合法的 TOML：{detail}", "改正这一行", "this is not TOML: {detail}", "mend the line that it names"
    ),
    "unknown_key": _text(
        "没有这个设置项{detail}",
        "改正拼写或删除",
        "there is no such setting{detail}",
        "mend the spelling or delete it",
    ),
    "missing": _text("没有填写", "填上它", "it is not set", "set it"),
    "wrong_type": _text("应为{detail}", "改用这种类型的值", "it should be a {detail}", "give a value of this type"),
    "not_an_origin": _text(
        "应为 https:// 加域名（可带端口），不带路径",
        "例如 https://sso.example.com",
        "it should be https:// and a host, with a port at most and no path",
        "for example https://sso.example.com",
    ),
    "needs_https": _text(
        "只有本机回环地址可以用 http", "改用 https", "only a loopback address may use plain http", "use https"
    ),
    "not_storage": _text(
        "应为 sqlite:///绝对路径 或 postgresql://…",
        "例如 sqlite:///var/lib/gongpai/gongpai.db",
        "it should be sqlite:/// with an absolute path, or postgresql://",
        "for example sqlite:///var/lib/gongpai/gongpai.db",
    ),
    "not_redis": _text(
        "应为 redis:// 或 rediss://",
        "改正网址，或删除此项",
        "it should be redis:// or rediss://",
        "mend the URL, or delete the setting",
    ),
    "not_a_key": _text(
        "应为 32 个随机字节的 base64url",
        "用 gongpai keys new 生成",
        "it should be 32 random bytes in base64url",
        "make one with: gongpai keys new",
    ),
    "published": _text(
        "这个密钥在公开的文档或示例里出现过，人人都知道",
        "换成自己的：gongpai keys new，或在企业微信管理后台重置 Secret",
        "this secret is published in documents or examples, so everybody knows it",
        "use one of your own: gongpai keys new, or reset the Secret in WeCom's admin console",
    ),
    "both_given": _text(
        "值和 {detail} 只能填一个", "删除其中一个", "give either the value or {detail}, not both", "delete one of them"
    ),
    "no_apps": _text(
        "至少要有一个应用",
        "加上 [apps.main]，填 corpid、agentid 和 corpsecret_file",
        "there must be at least one application",
        "add [apps.main] with corpid, agentid and corpsecret_file",
    ),
    "bad_name": _text(
        "名称只能用小写字母、数字，中间可用 - 或 _，最多 32 个字符",
        "例如 main",
        "a name has lower-case letters and digits, with - or _ between them, at most 32 characters",
        "for example main",
    ),
    "bad_id": _text(
        "不是合法的编号{detail}",
        "从企业微信管理后台复制",
        "this is not a valid id{detail}",
        "copy it from WeCom's admin console",
    ),
    "same_app": _text(
        "与 {detail} 是同一个应用",
        "删除其中一个",
        "this is the same application as {detail}",
        "delete one of them",
    ),
    "domain_mismatch": _text(
        "企业微信会拒绝跳回 {detail}",
        "改正此项或 public_url；管理后台里的可信域名和授权回调域须与 public_url 的主机和端口完全一致",
        "WeCom would refuse to lead back to {detail}",
        "mend this or public_url; in WeCom's admin console the trusted domain and web login's callback domain must be "
        "exactly the host and port of public_url",
    ),
    "panel_needs_wecom": _text(
        "内嵌登录组件需要 https 的 public_url 和企业微信自己的域名",
        '改用 web_login = "page"',
        "the embedded panel needs an https public_url and WeCom's own hosts",
        'use web_login = "page"',
    ),
    "not_one_of": _text("应为以下之一：{detail}", "选一个", "it should be one of: {detail}", "choose one"),
    "not_a_duration": _text(
        "应为时长，例如 30m、8h、7d，且在 {detail} 之间",
        "改正此值",
        "it should be a duration such as 30m, 8h or 7d, within {detail}",
        "mend the value",
    ),
    "idle_too_long": _text(
        "idle 不能长于 absolute", "缩短 idle", "idle must not be longer than absolute", "make idle shorter"
    ),
    "several_corps": _text(
        "有多个企业时，部门和成员编号必须按应用分别填写",
        "移到 [apps.名称.policy]",
        "with several corps, ids of departments and members belong to one application",
        "move them to [apps.NAME.policy]",
    ),
    "not_a_network": _text(
        "{detail} 不是 IP 地址或网段",
        "例如 10.0.0.0/8",
        "{detail} is not an address or a network",
        "for example 10.0.0.0/8",
    ),
    "trusts_everyone": _text(
        "{detail} 等于相信任何人自称的来源地址",
        "只写反向代理自己的地址",
        "{detail} would believe whatever address anyone claims",
        "name only the addresses of your own proxies",
    ),
    "not_gate_listen": _text(
        "应为 地址:端口 或 unix:/绝对路径",
        "例如 127.0.0.1:8001",
        "it should be address:port or unix:/absolute/path",
        "for example 127.0.0.1:8001",
    ),
    "not_an_address": _text(
        "应为 地址:端口", "例如 127.0.0.1:8000", "it should be address:port", "for example 127.0.0.1:8000"
    ),
    "not_a_proxy": _text(
        "应为 http:// 或 https:// 开头的代理网址",
        "改正网址",
        "it should be the http:// or https:// URL of a proxy",
        "mend the URL",
    ),
    "not_verify_name": _text(
        "文件名应为 WW_verify_ 加字母数字再加 .txt",
        "照抄管理后台给的文件名",
        "the name should be WW_verify_, letters and digits, and .txt",
        "copy the name that WeCom's admin console gave",
    ),
    "not_verify_body": _text(
        "内容应为 1 到 1024 个可见 ASCII 字符",
        "照抄下载到的文件内容",
        "the body should have 1 to 1024 visible ASCII characters",
        "copy the body of the downloaded file",
    ),
    "no_gate_hosts": _text(
        "至少要有一个受保护的站点",
        "加上 [gate.hosts.名称]，填 origin",
        "there must be at least one host to protect",
        "add [gate.hosts.NAME] with its origin",
    ),
    "gate_needs_proxies": _text(
        "forward-auth 只相信 trusted_proxies 里的反向代理",
        "填 trusted_proxies，或让 listen 使用 unix: 套接字",
        "forward-auth believes only the proxies named in trusted_proxies",
        "set trusted_proxies, or listen on a unix: socket",
    ),
    "same_host": _text(
        "与 {detail} 是同一个站点", "删除其中一个", "this is the same host as {detail}", "delete one of them"
    ),
    "unknown_app": _text(
        "没有名为 {detail} 的应用", "改正名称", "there is no application named {detail}", "mend the name"
    ),
    "host_needs_apps": _text(
        "有多个企业时，要写明哪些应用的人可以进入",
        "填 apps，且只填同一个企业的应用",
        "with several corps, it must be said whose people may enter",
        "set apps, to applications of one corp",
    ),
    "not_a_rule": _text(
        "{detail} 不是规则",
        "写成 allow、deny 或 skip 加路径，例如 skip /public/",
        "{detail} is not a rule",
        "write allow, deny or skip and a plain path, for example: skip /public/",
    ),
    "not_cookie_domain": _text(
        "应为此站点的上级域名，且至少有两段",
        "例如 example.com",
        "it should be a domain above this host, of two labels at least",
        "for example example.com",
    ),
    "not_a_header": _text(
        "{detail} 不能用作身份请求头的名称",
        "用字母、数字和 -，例如 X-User，不要重复",
        "{detail} cannot be the name of an identity header",
        "use letters, digits and -, for example X-User, and no name twice",
    ),
    "not_certificates": _text(
        "{detail} 里没有 PEM 格式的证书",
        "填写 CA 证书文件，其中有一行 -----BEGIN CERTIFICATE-----",
        "{detail} holds no certificate in PEM",
        "name the file of your CA's certificate, which has a line -----BEGIN CERTIFICATE-----",
    ),
    "sandbox_in_public": _text(
        "sandbox = true 只能用于本机回环地址的 public_url",
        "正式使用请删除 sandbox；试用请用 http://127.0.0.1:8000",
        "sandbox = true is for a public_url on loopback only",
        "delete sandbox to go live, or try it at http://127.0.0.1:8000",
    ),
    "sandbox_needs_hosts": _text(
        "sandbox = true 需要把 hosts 指向沙箱；TLS 模式则需要 ca_file",
        "填 [hosts] all = 沙箱的网址",
        "sandbox = true needs hosts that lead to the sandbox, or its ca_file in TLS mode",
        "set [hosts] all to the sandbox's address",
    ),
    "sandbox_or_private": _text(
        "sandbox 和 private_wecom 不能同时为 true",
        "只留一个",
        "sandbox and private_wecom exclude each other",
        "keep one of them",
    ),
    "not_a_redirect_uri": _text(
        "不能登记为回跳地址：{detail}",
        "写完整的 https:// 网址；本机程序可用 http://127.0.0.1",
        "this cannot be registered: {detail}",
        "give the whole https:// URL; a program on the person's own machine may use http://127.0.0.1",
    ),
    "public_needs_pkce": _text(
        "没有密钥的应用必须使用 PKCE",
        "删除 without_pkce",
        "a party without a secret must use PKCE",
        "delete without_pkce",
    ),
    "no_secret_wanted": _text(
        "这种 auth_method 不用密钥", "删除密钥", "this auth_method has no secret", "delete the secret"
    ),
    "weak_secret": _text(
        "密钥应为 {detail} 到 256 个可见 ASCII 字符",
        "用 gongpai keys new 生成",
        "a secret has {detail} to 256 visible ASCII characters",
        "make one with: gongpai keys new",
    ),
    "not_a_template": _text(
        "模板应在 @ 之前含有一次 {{userid}}",
        "例如 {{userid}}@corp.example",
        "a template has {{userid}} once, before its @",
        "for example {{userid}}@corp.example",
    ),
    "foreign_hosts": _text(
        "这些主机不是企业微信的",
        "私有部署请填 private_wecom = true；沙箱请填 sandbox = true",
        "these hosts are not WeCom's",
        "set private_wecom = true for a private WeCom, or sandbox = true for the sandbox",
    ),
}

# What only shows when a command uses what the configuration names.
_TEXTS |= {
    "storage_failed": _text(
        "数据库出错：{detail}", "查看数据库的日志和磁盘", "the database failed: {detail}", "see its log and its disk"
    ),
    "storage_locked": _text(
        "数据库文件被别的进程锁住：{detail}",
        "用 fuser 找出并结束占用该文件的进程；文件须放在本机磁盘上，不能放在网络盘上",
        "another process has locked the database file: {detail}",
        "find that process with fuser and end it; the file must lie on a disk of this machine, not on a network's",
    ),
    "storage_file": _text(
        "用不了数据库文件 {detail}",
        "建好所在目录，让运行 gongpai 的用户可写；并看看磁盘是否已满",
        "the database file cannot be used: {detail}",
        "make its folder, writable for the user that runs gongpai, and see whether the disk is full",
    ),
    "storage_not_ours": _text(
        "这不是 gongpai 的数据库：{detail}",
        "storage 改用另一个文件或空数据库；文件若已损坏，从备份恢复",
        "this is no database of gongpai's: {detail}",
        "name another file or an empty database in storage; if the file is broken, restore a back-up",
    ),
    "storage_of_other_world": _text(
        "这个数据库属于 {detail}，与配置里的 sandbox 不符",
        "storage 改用另一个数据库；沙箱和真实企业微信不能共用",
        "this database belongs to the world {detail}, which is not that of the setting sandbox",
        "name another database in storage; the sandbox and the real WeCom never share one",
    ),
    "storage_unreachable": _text(
        "连不上数据库服务器 {detail}",
        "启动它；检查 storage 里的主机、端口，以及防火墙",
        "the database server does not answer: {detail}",
        "start it; check the host and port in storage, and the firewall",
    ),
    "storage_refused": _text(
        "数据库服务器拒绝：{detail}",
        "检查 storage 里的用户、密码和库名，以及该用户的权限",
        "the database server refuses: {detail}",
        "check user, password and database name in storage, and what that user may do",
    ),
    "tickets_unreachable": _text(
        "连不上 Redis 或 Valkey（{detail}）",
        "启动它并检查此网址；或删除此项，改由数据库保存",
        "Redis or Valkey does not answer ({detail})",
        "start it and check this URL, or delete the setting: the database can keep tickets too",
    ),
    "wrong_secret_key": _text(
        "这个数据库是用另一个 secret_key 建的",
        "换回原来的密钥；若已丢失，只能改用空数据库，所有人需重新登录",
        "this database was made with another secret_key",
        "put that key back; if it is lost, begin with an empty database, and everybody signs in again",
    ),
    "system_refused": _text(
        "操作系统拒绝：{detail}",
        "检查磁盘空间、权限和资源限制",
        "the system refuses: {detail}",
        "see to disk space, permissions and limits",
    ),
    "address_taken": _text(
        "{detail} 已被别的程序占用，也许 gongpai 已在运行",
        "用 ss -ltnp 查看是谁；结束它，或改用别的端口",
        "{detail} is taken by another program; perhaps gongpai runs already",
        "see whose it is with ss -ltnp; end that, or set another port",
    ),
    "address_not_here": _text(
        "本机没有地址 {detail}",
        "改用 127.0.0.1，或 ip addr 列出的地址",
        "this machine has no address {detail}",
        "use 127.0.0.1, or an address that ip addr shows",
    ),
    "address_forbidden": _text(
        "没有权限监听 {detail}",
        "1024 以下的端口需要特权；改用 8000 之类，由反向代理转来",
        "listening on {detail} is not allowed",
        "ports below 1024 need a privilege; use one such as 8000, behind a proxy",
    ),
}

KINDS = frozenset(_TEXTS)
