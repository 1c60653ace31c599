// [data-offline-queue]: 待发送 n, sent on arrival, when the line is back, and by its button.

import { holdsTooMuch } from "../modules/room.js";
import { WHY, flush } from "./queue.js";
import { LIST_AGE, SWEPT, TAP_AGE, dropTap, elsewhere, forgetLost, lost, putTap, sweep, taps } from "./store.js";

const AGAIN = 30_000;

const day = (at) => new Date(at).toLocaleDateString("zh-CN", { month: "long", day: "numeric" });
const moment = (at) =>
  `${day(at)} ${new Date(at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false })}`;

/** `owner` is whose queue it is; `heard({tap, result})` and `changed()` tell the page. */
export function queueBar(owner, { heard = () => {}, changed = () => {} } = {}) {
  const bar = document.querySelector("[data-offline-queue]");
  const why = bar.querySelector("[data-why]");
  const button = bar.querySelector("[data-send]");
  const refusedList = bar.querySelector("[data-refused]");
  const pattern = bar.querySelector("[data-refused-line]");
  const until = bar.querySelector("[data-until]");
  const lostLine = bar.querySelector("[data-lost]");
  let timer = 0;
  let sending = null;
  let lostSaid = 0;

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
      if (holdsTooMuch(line)) return;
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

  /** Nothing that was tapped goes without a word: when it will, and that it did. */
  function showEnds(kept, gone) {
    const oldest = kept[0]?.at ?? Date.now();
    const isOld = Date.now() - oldest >= LIST_AGE;
    until.hidden = !isOld;
    until.textContent = isOld ? `最早的一条只留到 ${moment(oldest + TAP_AGE)}，请在那以前连上网发送。` : "";
    lostSaid = gone?.count ?? 0;
    lostLine.hidden = !gone;
    if (!gone) return;
    const days = day(gone.from) === day(gone.to) ? day(gone.from) : `${day(gone.from)}至${day(gone.to)}`;
    lostLine.querySelector("[data-lost-said]").textContent =
      `有 ${gone.count} 条走访（${days}点的）满7天没有发送，已从这台设备清除，没有记上。请想一想走过哪几户，重新记。`;
  }

  async function show() {
    const kept = await taps(owner);
    const refused = kept.filter((tap) => tap.refused);
    const others = await elsewhere(owner);
    const gone = await lost(owner);
    bar.hidden = kept.length === 0 && others === 0 && !gone;
    showEnds(kept, gone);
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
  lostLine.querySelector("button").addEventListener("click", async () => {
    await forgetLost(owner);
    await show();
  });
  document.addEventListener(SWEPT, async () => {
    const gone = await lost(owner);
    // A line that is being mended stays as it is typed.
    if ((gone?.count ?? 0) === lostSaid) showEnds(await taps(owner), gone);
    else await show();
  });
  window.addEventListener("online", sendByItself);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") sendByItself();
  });
  show().then(sendByItself);
  return { send, show, say };
}
