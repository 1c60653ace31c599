// <form data-draft-url>: what is typed is kept on the server after a short rest, and at the last
// moment when the page goes away. [data-draft-state] says so. Nothing is kept in the browser.

const REST = 1200;

const SAID = {
  signedOut: "登录已过期，写的内容已存好。点保存后重新登录，会接着显示。",
  offline: "网络不通，还没存上；内容在这一页，请先别关。",
};

export function keepDraft(form) {
  const url = form.dataset.draftUrl;
  const state = form.querySelector("[data-draft-state]");
  let timer = 0;
  let unsent = false;
  let leaving = false;

  const say = (words) => {
    if (state) state.textContent = words;
  };

  async function save() {
    clearTimeout(timer);
    if (!unsent || leaving) return;
    unsent = false;
    try {
      const answer = await fetch(url, { method: "POST", body: new FormData(form) });
      const told = await answer.json();
      if (answer.ok) say(told.saved ? `草稿已存 ${told.saved}` : "");
      else if (told.signed_out) say(told.kept ? SAID.signedOut : SAID.offline);
      else say(told.error ?? SAID.offline);
    } catch {
      unsent = true;
      if (!leaving) say(SAID.offline);
    }
  }

  function leave() {
    if (unsent && !leaving) navigator.sendBeacon(url, new FormData(form));
    unsent = false;
  }

  form.addEventListener("input", () => {
    unsent = true;
    clearTimeout(timer);
    timer = setTimeout(save, REST);
  });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    leaving = true;
    clearTimeout(timer);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
  });
  window.addEventListener("pagehide", leave);
  window.addEventListener("online", save);
}
