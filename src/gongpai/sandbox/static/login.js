// The login page: asks for the status of its QR code, and speaks with the page around it when it is a panel.
// Protocol: @wecom/jssdk 2.4.4, useIframeClient (the other side of what is written here).
"use strict";

const page = document.getElementById("login");
const settings = page.dataset;
const isFramed = window.parent !== window;
const POLL_MILLISECONDS = 700;
const FAILURES_SHOWN_AFTER = 3;

let port = null;
let calls = 0;
const waiting = [];

function post(message) {
  if (port) {
    port.postMessage(JSON.stringify(message));
  } else if (settings.parentOrigin) {
    window.parent.postMessage(JSON.stringify(message), settings.parentOrigin);
  }
}

function call(name, payload) {
  if (!isFramed) return;
  const uid = `gongpai-${++calls}`;
  const message = { type: "ww-iframe-handle:call", uid, args: { type: "call", name, payload } };
  if (waiting.isOpen) post(message);
  else waiting.push(message);
}

function open() {
  waiting.isOpen = true;
  waiting.splice(0).forEach(post);
}

function hear(event) {
  if (event.source !== window.parent || event.origin !== settings.parentOrigin) return;
  let message = event.data;
  if (typeof message === "string") {
    try {
      message = JSON.parse(message);
    } catch {
      return;
    }
  }
  if (message?.type === "ww-iframe-handle:init") {
    post({ type: "ww-iframe-handle:ready", supportChannel: true });
  } else if (message?.type === "ww-iframe-handle:set-port") {
    port = message.port;
    port.start();
    open();
  }
}

function show(name) {
  for (const over of document.querySelectorAll(".qr .over")) over.hidden = over.dataset.on !== name;
  for (const text of document.querySelectorAll("[data-status]")) text.hidden = text.dataset.status !== name;
}

function leave(url) {
  if (settings.redirectType === "top" && isFramed) window.top.location.href = url;
  else window.location.href = url;
}

function finish(code) {
  show("QRCODE_SCAN_SUCC");
  if (settings.redirectType === "callback" && isFramed) call("onLoginSuccess", { code });
  else leave(settings.beforeCode + encodeURIComponent(code) + settings.afterCode);
}

function refused() {
  show("QRCODE_SCAN_FAIL");
  if (!(settings.redirectType === "callback" && isFramed)) leave(settings.refusedUrl);
}

async function ask(key) {
  const query = new URLSearchParams({
    callback: "jsonpCallback", key, redirect_uri: settings.redirectUri, appid: settings.appid, _: Date.now(),
  });
  const answer = await fetch(`${settings.pollUrl}?${query}`, { cache: "no-store" });
  const text = await answer.text();
  return JSON.parse(text.slice(text.indexOf("(") + 1, text.lastIndexOf(")")));
}

async function watch(key) {
  let failures = 0;
  for (;;) {
    try {
      const { status, auth_code: code } = await ask(key);
      failures = 0;
      if (status === "QRCODE_SCAN_SUCC") return finish(code);
      if (status === "QRCODE_SCAN_FAIL") return refused();
      show(status);
      if (status === "QRCODE_SCAN_ERR") return undefined;
    } catch {
      failures += 1;
      if (failures >= FAILURES_SHOWN_AFTER) show("lost");
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}

async function refresh() {
  const answer = await fetch(window.location.href, { headers: { Accept: "application/json" }, cache: "no-store" });
  const { key, image, phone } = await answer.json();
  const picture = document.querySelector(".qr img");
  picture.src = image;
  document.getElementById("to-phone").href = phone;
  page.dataset.key = key;
  show("QRCODE_SCAN_NEVER");
  watch(key);
}

if (isFramed) {
  window.addEventListener("message", hear);
  call("onCheckWeComLogin", { isWeComLogin: false });
}
if (settings.failCode) {
  call("onLoginFail", { errCode: Number(settings.failCode), errMsg: settings.failMessage });
} else {
  for (const button of document.querySelectorAll("[data-refresh]")) button.addEventListener("click", refresh);
  document.getElementById("to-phone").addEventListener("click", () => call("onOpenInWecom"));
  watch(settings.key);
}
