"""What can be wrong with what a configuration names, the database above all: the texts, in two languages."""

from typing import Literal

Language = Literal["zh", "en"]
Saying = dict[Language, tuple[str, str]]


def saying(zh: str, zh_remedy: str, en: str, en_remedy: str) -> Saying:
    """Return a problem and its remedy in both languages; ``{detail}`` stands for a word about the value."""
    return {"zh": (zh, zh_remedy), "en": (en, en_remedy)}


TROUBLES: dict[str, Saying] = {
    "storage_failed": saying(
        "数据库出错：{detail}",
        "用 df -h 看看磁盘是否已满，并查看数据库的日志",
        "the database failed: {detail}",
        "see with df -h whether its disk is full, and read its log",
    ),
    "storage_locked": saying(
        "数据库文件被别的进程锁住：{detail}",
        "用 fuser 找出并结束占用该文件的进程；文件须放在本机磁盘上，不能放在网络盘上",
        "another process has locked the database file: {detail}",
        "find that process with fuser and end it; the file must lie on a disk of this machine, not on a network's",
    ),
    "storage_file": saying(
        "用不了数据库文件 {detail}",
        "建好所在目录，让运行 gongpai 的用户可写；并看看磁盘是否已满",
        "the database file cannot be used: {detail}",
        "make its folder, writable for the user that runs gongpai, and see whether the disk is full",
    ),
    "storage_not_ours": saying(
        "这不是 gongpai 的数据库：{detail}",
        "storage 改用另一个文件或空数据库；文件若已损坏，从备份恢复",
        "this is no database of gongpai's: {detail}",
        "name another file or an empty database in storage; if the file is broken, restore a back-up",
    ),
    "storage_of_other_world": saying(
        "这个数据库属于 {detail}，与配置里的 sandbox 不符",
        "storage 改用另一个数据库；沙箱和真实企业微信不能共用",
        "this database belongs to the world {detail}, which is not that of the setting sandbox",
        "name another database in storage; the sandbox and the real WeCom never share one",
    ),
    "storage_unreachable": saying(
        "连不上数据库服务器 {detail}",
        "启动它；检查 storage 里的主机、端口，以及防火墙",
        "the database server does not answer: {detail}",
        "start it; check the host and port in storage, and the firewall",
    ),
    "storage_refused": saying(
        "数据库服务器拒绝：{detail}",
        "检查 storage 里的用户、密码和库名，以及该用户的权限",
        "the database server refuses: {detail}",
        "check user, password and database name in storage, and what that user may do",
    ),
    "storage_of_other_version": saying(
        "文件的数据库结构是另一个版本（{detail}）",
        "先用 gongpai migrate 升级这个文件",
        "the file has another version of the schema ({detail})",
        "bring the file up to date first, with: gongpai migrate",
    ),
    "storage_behind": saying(
        "数据库还没有升级到本版本的结构（缺 {detail}）",
        "先运行 gongpai migrate，或启动一次网关",
        "the database is not at the schema of this version (pending: {detail})",
        "run gongpai migrate first, or start the gateway once",
    ),
    "storage_in_use": saying(
        "目标数据库已在使用：表 {detail} 不是空的",
        "storage 改用一个空数据库",
        "the target is in use: the table {detail} is not empty",
        "name an empty database in storage",
    ),
    "copy_of_other_world": saying(
        "这个文件属于 {detail}，与目标数据库不符",
        "沙箱的数据不能搬进真实企业微信的数据库，反之亦然；换一个文件",
        "the file belongs to the world {detail}, which is not that of the target",
        "the sandbox's never moves to the real WeCom's, nor back: name another file",
    ),
    "not_sqlite": saying(
        "storage 不是 SQLite 文件",
        "PostgreSQL 请用 pg_dump 备份",
        "storage is no SQLite file",
        "back PostgreSQL up with pg_dump",
    ),
    "not_postgresql": saying(
        "storage 不是 PostgreSQL 数据库",
        "先在 storage 里填上要搬去的数据库",
        "storage is no PostgreSQL database",
        "name in storage the database to copy to, first",
    ),
    "file_exists": saying(
        "{detail} 已存在", "换一个文件名，或先移走它", "{detail} exists already", "name another file, or move it away"
    ),
    "file_missing": saying(
        "没有 {detail} 这个文件",
        "检查 storage；网关启动过一次才会有它",
        "there is no file {detail}",
        "check storage; a gateway that was started once has made it",
    ),
    "folder_missing": saying(
        "没有 {detail} 这个目录",
        "先建好它，或换一个位置",
        "there is no folder {detail}",
        "make it, or name another place",
    ),
    "party_taken": saying(
        "已有名为 {detail} 的依赖方",
        "换一个 client_id；现有的可用 gongpai parties show 查看",
        "there is a party of the name {detail} already",
        "choose another client_id; look at the one that is there with: gongpai parties show",
    ),
    "party_missing": saying(
        "没有名为 {detail} 的依赖方",
        "用 gongpai parties list 列出全部",
        "there is no such party: {detail}",
        "list all of them with: gongpai parties list",
    ),
    "party_of_file": saying(
        "{detail} 写在配置文件里",
        "请在文件里改",
        "{detail} stands in the configuration file",
        "change it there",
    ),
    "party_changed": saying(
        "{detail} 刚被别人改过，这次没有改动",
        "看看它现在的样子，再试一次",
        "{detail} was changed by somebody else meanwhile; nothing was done",
        "look at it and try again",
    ),
    "party_without_secret": saying(
        "{detail} 没有密钥",
        "它以别的方式证明自己（auth_method），无需轮换",
        "{detail} has no secret",
        "it proves itself in another way (auth_method): there is nothing to rotate",
    ),
    "set_without_value": saying(
        "{detail} 不是 KEY=VALUE",
        "例如 --set trusted=true",
        "{detail} is not KEY=VALUE",
        "for example --set trusted=true",
    ),
    "set_twice": saying(
        "{detail} 与前面的 --set 冲突：同一个名称不能既有值又有下级设置",
        "去掉其中一个",
        "{detail} contradicts another --set: a name has a value, or settings below it",
        "leave one of them out",
    ),
    "no_session": saying(
        "{detail} 没有登录在任何地方",
        "检查 userid，须与通讯录里的一致",
        "{detail} is signed in nowhere",
        "check the userid: it is the one of WeCom's address book",
    ),
    "session_missing": saying(
        "此人没有编号为 {detail} 的登录，没有结束任何登录",
        "用 gongpai sessions list 列出全部；请写完整的编号",
        "the person has no such session: {detail}; none was ended",
        "list all of them with gongpai sessions list, and give the whole id",
    ),
    "app_missing": saying(
        "配置里没有名为 {detail} 的应用",
        "配置里 apps.NAME 的 NAME 就是应用的名字",
        "there is no such application in the configuration: {detail}",
        "it is the NAME of an apps.NAME in the configuration",
    ),
    "key_missing": saying(
        "没有编号为 {detail} 的密钥",
        "用 gongpai keys list 列出全部；请写完整的编号",
        "there is no such key: {detail}",
        "list all of them with gongpai keys list, and give the whole id",
    ),
    "purpose_with_signing": saying(
        "签名密钥没有 {detail} 这种用途",
        "--signing 与用途只写一个",
        "keys that sign have no purpose {detail}",
        "give --signing or a purpose, not both",
    ),
    "audit_broken": saying(
        "审计链断在 {detail}：这条记录被改过，或它之前缺了记录",
        "与日志中同一节点、同一序号的事件对照；若每条链都断在 1，可能是 secret_key 不对",
        "the audit chain breaks at {detail}: the record was changed, or one before it is missing",
        "compare with the log's events of that node and number; if every chain breaks at 1, see to secret_key",
    ),
    "tickets_unreachable": saying(
        "连不上 Redis 或 Valkey（{detail}）",
        "启动它并检查此网址；或删除此项，改由数据库保存",
        "Redis or Valkey does not answer ({detail})",
        "start it and check this URL, or delete the setting: the database can keep tickets too",
    ),
    "wrong_secret_key": saying(
        "这个数据库是用另一个 secret_key 建的",
        "换回原来的密钥；若已丢失，只能改用空数据库，所有人需重新登录",
        "this database was made with another secret_key",
        "put that key back; if it is lost, begin with an empty database, and everybody signs in again",
    ),
    "system_refused": saying(
        "操作系统拒绝：{detail}",
        "检查磁盘空间、权限和资源限制",
        "the system refuses: {detail}",
        "see to disk space, permissions and limits",
    ),
    "address_taken": saying(
        "{detail} 已被别的程序占用，也许 gongpai 已在运行",
        "用 ss -ltnp 查看是谁；结束它，或改用别的端口",
        "{detail} is taken by another program; perhaps gongpai runs already",
        "see whose it is with ss -ltnp; end that, or set another port",
    ),
    "address_not_here": saying(
        "本机没有地址 {detail}",
        "改用 127.0.0.1，或 ip addr 列出的地址",
        "this machine has no address {detail}",
        "use 127.0.0.1, or an address that ip addr shows",
    ),
    "address_forbidden": saying(
        "没有权限监听 {detail}",
        "1024 以下的端口需要特权；改用 8000 之类，由反向代理转来",
        "listening on {detail} is not allowed",
        "ports below 1024 need a privilege; use one such as 8000, behind a proxy",
    ),
    "socket_taken": saying(
        "已有程序在 {detail} 上应答，也许 gongpai 已在运行",
        "用 ss -lxp 查看是谁；结束它，或改用别的路径",
        "a program answers at {detail} already; perhaps gongpai runs",
        "see whose it is with ss -lxp; end that, or set another path",
    ),
    "not_a_socket": saying(
        "{detail} 是别的文件，不是套接字",
        "换一个路径；gongpai 只替换没有程序使用的旧套接字",
        "{detail} is a file of another kind",
        "set another path; only a socket that no program uses is replaced",
    ),
    "socket_forbidden": saying(
        "无法在 {detail} 建立套接字",
        "检查所在目录是否存在、服务用户能否写入；systemd 的 RuntimeDirectory= 会建好它",
        "no socket can be made at {detail}",
        "its folder must exist, and the service's user write there; systemd makes it with RuntimeDirectory=",
    ),
}
