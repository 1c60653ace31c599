// On every page: what a device keeps belongs to the one who signed in on it. Cheap while nothing is kept.

import { dropLists, dropMine, isShared, possible, remembered, settle, sweep, taps } from "./store.js";

const SIGN_OUT = 'form[action="/accounts/logout/"]';
/** In this tab, while a sign-out is on its way that the page has to clear up after: whose. */
const LEAVING = "lianxin-leaving";

function warnBeforeSignOut(root, waiting) {
  for (const form of root.querySelectorAll(SIGN_OUT)) {
    if (waiting > 0) {
      form.dataset.confirm = `有 ${waiting} 条走访还没有发送，退出登录会把它们从这台设备清除。要留着，请先取消，连上网发送以后再退出。`;
      form.dataset.confirmYes = "仍要退出";
    } else {
      delete form.dataset.confirm;
    }
  }
}

/** Somebody else's taps wait here: this person's sign-out is not to clear them (decision 0061). */
function leaveTheirs(root) {
  for (const form of root.querySelectorAll(SIGN_OUT)) {
    const keep = document.createElement("input");
    keep.type = "hidden";
    keep.name = "keep";
    keep.value = "1";
    form.append(keep);
  }
}

async function look(root) {
  const { owner, epoch } = document.body.dataset;
  root.addEventListener("lianxin:waiting", (event) => warnBeforeSignOut(root, event.detail));
  if (!remembered()) return;
  await sweep(owner ?? null);
  const leaving = sessionStorage.getItem(LEAVING);
  sessionStorage.removeItem(LEAVING);
  if (leaving && !owner) await dropMine(leaving);
  // The answer to a sign-out has the browser clear everything; older ones do not know that word.
  root.addEventListener("submit", (event) => {
    if (!event.target.matches(SIGN_OUT) || event.defaultPrevented) return;
    // The server may ask first: unsent taps go when the next page is nobody's.
    if (owner && event.target.elements.keep) sessionStorage.setItem(LEAVING, owner);
    dropLists().catch(() => {});
  });
  // Timers stand still while a device sleeps or the browser has put the page aside.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") sweep().catch(() => {});
  });
  if (await isShared(owner)) leaveTheirs(root);
  if (!owner) return;
  await settle(owner, epoch);
  warnBeforeSignOut(root, (await taps(owner)).length);
}

export function guardStore(root) {
  if (possible()) look(root).catch(() => {});
}
