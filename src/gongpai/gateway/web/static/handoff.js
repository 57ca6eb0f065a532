// Watches what becomes of the QR code on this page, and goes on as soon as the phone has answered.
"use strict";

const handoff = document.getElementById("handoff");
const status = document.getElementById("handoff-status");

function show(state) {
  if (status.dataset.state === state) return;
  status.dataset.state = state;
  status.textContent = status.dataset[state];
  handoff.classList.toggle("gp-handoff_over", !["waiting", "opened", "answered"].includes(state));
}

async function look() {
  let state = status.dataset.state;
  try {
    const answer = await fetch(handoff.dataset.watch, { cache: "no-store" });
    if (answer.ok) state = (await answer.json()).state;
    else if (answer.status === 404) state = "over";
  } catch {
    // The network may be back the next time.
  }
  show(state);
  if (state === "answered") location.replace(handoff.dataset.done);
  else if (state === "waiting" || state === "opened") setTimeout(look, 1500);
}

look();
