// [data-offline-queue]: 待发送 n, sent on arrival, when the line is back, and by its button.

import { WHY, flush } from "./queue.js";
import { dropTap, elsewhere, putTap, sweep, taps } from "./store.js";

const AGAIN = 30_000;

/** `owner` is whose queue it is; `heard({tap, result})` and `changed()` tell the page. */
export function queueBar(owner, { heard = () => {}, changed = () => {} } = {}) {
  const bar = document.querySelector("[data-offline-queue]");
  const why = bar.querySelector("[data-why]");
  const button = bar.querySelector("[data-send]");
  const refusedList = bar.querySelector("[data-refused]");
  const pattern = bar.querySelector("[data-refused-line]");
  let timer = 0;
  let sending = null;

  function say(words, link = "") {
    why.textContent = words;
    if (!link) return;
    const go = document.createElement("a");
    go.href = link;
    go.textContent = "去登录";
    why.append(" ", go);
  }

  function refusedLine(tap) {
    const line = pattern.content.firstElementChild.cloneNode(true);
    const part = (name) => line.querySelector(`[data-${name}]`);
    part("what").textContent = `${tap.what} ${tap.said}`;
    part("reason").textContent = tap.refused;
    part("note").value = tap.note;
    part("change").addEventListener("click", () => {
      part("mend").hidden = false;
      part("note").focus();
    });
    part("resend").addEventListener("click", async () => {
      await putTap(owner, { ...tap, refused: "", note: part("note").value.trim() });
      await send();
    });
    part("drop").addEventListener("click", async () => {
      await dropTap(tap.id);
      await show();
      changed();
    });
    return line;
  }

  async function show() {
    const kept = await taps(owner);
    const refused = kept.filter((tap) => tap.refused);
    const others = await elsewhere(owner);
    bar.hidden = kept.length === 0 && others === 0;
    bar.querySelector("[data-count]").textContent = String(kept.length);
    button.hidden = kept.length === refused.length;
    refusedList.hidden = refused.length === 0;
    refusedList.replaceChildren(...refused.map(refusedLine));
    if (others > 0 && !why.textContent) say(`您的另一岗位还有 ${others} 条，切换岗位后发送`);
    document.dispatchEvent(new CustomEvent("lianxin:waiting", { detail: kept.length }));
    return kept.length - refused.length;
  }

  async function sendNow(byItself) {
    clearTimeout(timer);
    button.setAttribute("aria-disabled", "true");
    let reason = "";
    try {
      reason = await flush(owner, { told: heard, byItself });
      await sweep();
    } finally {
      button.removeAttribute("aria-disabled");
    }
    say(WHY[reason] ?? "", reason === "signedOut" ? bar.dataset.login : "");
    const left = await show();
    // Tapped while the others were on their way: at once; without a line: later.
    if (left > 0) timer = setTimeout(sendByItself, reason ? AGAIN : 0);
    changed();
    return reason;
  }

  function send(byItself = false) {
    sending ??= sendNow(byItself).finally(() => {
      sending = null;
    });
    return sending;
  }

  const sendByItself = () => send(true);
  button.addEventListener("click", () => send());
  window.addEventListener("online", sendByItself);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") sendByItself();
  });
  show().then(sendByItself);
  return { send, show, say };
}
