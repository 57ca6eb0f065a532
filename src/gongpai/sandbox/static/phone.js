// The phone: keeps the list of waiting QR codes fresh. Without scripts a reload does the same.
"use strict";

const POLL_MILLISECONDS = 1500;
const list = document.getElementById("waiting");

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(list.dataset.url, { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = await answer.text();
  if (fresh === list.dataset.shown) return;
  const held = document.activeElement?.closest("#waiting") ? document.activeElement.getAttribute("href") : null;
  list.dataset.shown = fresh;
  list.innerHTML = fresh;
  if (held) list.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus();
}

if (list) {
  refresh();
  setInterval(() => refresh().catch(() => undefined), POLL_MILLISECONDS);
}
