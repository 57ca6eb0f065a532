"""Identify a member with wechatpy as it comes: its address is the real qyapi.weixin.qq.com."""

import json
import sys

from wechatpy.enterprise import WeChatClient

client = WeChatClient("wxCorpId", "SECRET_A")
print(json.dumps(client.oauth.get_user_info(sys.argv[1])))  # noqa: T201  the way back to the test
