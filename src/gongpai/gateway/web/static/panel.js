// Shows WeCom's login panel through its own, unmodified JavaScript SDK and takes the code to our callback.
"use strict";

const panel = document.getElementById("panel");
const status = document.getElementById("panel-status");
const params = JSON.parse(panel.dataset.params);

const login = ww.createWWLoginPanel({
  el: panel,
  params: {
    ...params,
    // Not "top": a browser stops a frame of another site that navigates the page without a click in it.
    redirect_type: "callback",
    panel_size: window.innerWidth < 560 ? "small" : "middle",
    color_scheme: "auto",
  },
  onLoginSuccess({ code }) {
    status.textContent = panel.dataset.finishing;
    const callback = new URL(panel.dataset.callback);
    callback.searchParams.set("code", code);
    callback.searchParams.set("state", params.state);
    location.assign(callback);
  },
  onLoginFail({ errCode }) {
    status.textContent = panel.dataset.failed.replace("{code}", errCode);
  },
});

login.el.title = panel.dataset.frameTitle;
login.el.addEventListener("load", () => {
  status.textContent = "";
});
