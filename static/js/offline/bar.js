// [data-offline-queue]: 待发送 n, sent on arrival, when the line is back, and by its button.

import { holdsTooMuch } from "../modules/room.js";
import { trueTime } from "./clock.js";
import { WHY, flush } from "./queue.js";
import { SWEPT, dropElsewhere, dropTap, elsewhere, putTap, sweep, taps } from "./store.js";

const AGAIN = 30_000;
const DAY = 24 * 3600 * 1000;
/** From then on each unsent tap is named, to be sent or dropped by its author. */
const WEEK = 7 * DAY;

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
  const since = bar.querySelector("[data-since]");
  const elsewhereLine = bar.querySelector("[data-elsewhere]");
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

  const age = (at) => trueTime(Date.now()) - at;
  const tappedAt = (tap) => trueTime(tap.at, tap.clock ?? null);
  const isOld = (tap) => age(tappedAt(tap)) >= WEEK;

  /** One that was refused, or that could not be sent for a week. */
  function leftLine(tap) {
    const line = pattern.content.firstElementChild.cloneNode(true);
    const part = (name) => line.querySelector(`[data-${name}]`);
    part("what").textContent = `${tap.what} ${tap.said}`;
    part("reason").textContent = tap.refused || `${moment(tappedAt(tap))}点的，满7天没有发送，还没有记上。请连上网发送；不要了的，弃掉。`;
    part("change").hidden = !tap.refused;
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

  /** How long the oldest has been waiting: from the second day on, without being asked. */
  function showSince(kept) {
    const oldest = Math.min(...kept.map(tappedAt));
    since.hidden = !kept.length || age(oldest) < DAY;
    since.textContent = since.hidden ? "" : `最早的一条是 ${moment(oldest)}点的，还没有记上，请尽快连上网发送。`;
  }

  /** Of another post: told, and after a week dropped by its author, who may not hold it any more. */
  async function showElsewhere() {
    const others = await elsewhere(owner);
    elsewhereLine.hidden = others.count === 0;
    elsewhereLine.querySelector("button").hidden = age(others.from) < WEEK;
    elsewhereLine.querySelector("[data-said]").textContent =
      `您的另一岗位还有 ${others.count} 条（最早 ${day(others.from)}），切换岗位后发送。`;
    return others.count;
  }

  async function show() {
    const kept = await taps(owner);
    const refused = kept.filter((tap) => tap.refused);
    const left = kept.filter((tap) => tap.refused || isOld(tap));
    const others = await showElsewhere();
    bar.hidden = kept.length === 0 && others === 0;
    showSince(kept);
    bar.querySelector("[data-count]").textContent = String(kept.length);
    button.hidden = kept.length === refused.length;
    refusedList.hidden = left.length === 0;
    // A line that is being mended stays as it is typed.
    if (!refusedList.querySelector("textarea:focus")) refusedList.replaceChildren(...left.map(leftLine));
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
  elsewhereLine.querySelector("button").addEventListener("click", async () => {
    await dropElsewhere(owner);
    await show();
  });
  document.addEventListener(SWEPT, async () => showSince(await taps(owner)));
  window.addEventListener("online", sendByItself);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") sendByItself();
  });
  show().then(sendByItself);
  return { send, show, say };
}
