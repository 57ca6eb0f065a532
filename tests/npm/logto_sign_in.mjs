// Signs in with @logto/connector-wecom, unmodified: `qr` as an ordinary browser, `in_app` as WeCom's own.
// For `qr` the login page goes to stdout, and the sign-in goes on when a line comes in: somebody has confirmed.
import { createInterface } from "node:readline";

import createConnector from "@logto/connector-wecom";

const WECOM = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) wxwork/4.1.30 MicroMessenger/7.0.1 Language/zh";
const BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
const way = process.argv[2];
const userAgent = way === "qr" ? BROWSER : WECOM;

const connector = await createConnector({
  getConfig: async () => ({ corpId: "wxCorpId", appSecret: "SECRET_A", agentId: "1000000" }),
});
const link = await connector.getAuthorizationUri(
  { state: "aState", redirectUri: "http://api.3dept.com/callback", headers: { userAgent } },
  async () => {},
);

async function finishQr() {
  const page = await (await fetch(link)).text();
  console.log(page.replaceAll("\n", " "));
  await new Promise((resolve) => createInterface({ input: process.stdin }).once("line", resolve));
  const poll = new URL("/wwopen/sso/l/qrConnect", link);
  poll.search = new URLSearchParams({ callback: "jsonpCallback", key: /data-key="([0-9a-f]+)"/.exec(page)[1] });
  const answer = await (await fetch(poll)).text();
  return JSON.parse(answer.slice("jsonpCallback(".length, -1)).auth_code;
}

async function finishInApp() {
  const answer = await fetch(link, { redirect: "manual", headers: { "User-Agent": userAgent } });
  return new URL(answer.headers.get("location")).searchParams.get("code");
}

const code = await (way === "qr" ? finishQr() : finishInApp());
const person = await connector.getUserInfo({ code }, async () => ({}));
console.log(JSON.stringify({ link, person }));
process.exit(0);
