// On every page: what a device keeps belongs to the one who signed in on it. Cheap while nothing is kept.

import { dropLists, possible, remembered, settle, sweep, taps } from "./store.js";

const SIGN_OUT = 'form[action="/accounts/logout/"]';

function warnBeforeSignOut(root, waiting) {
  for (const form of root.querySelectorAll(SIGN_OUT)) {
    if (waiting > 0) {
      form.dataset.confirm = `有 ${waiting} 条走访还没有发送，退出登录会把它们从这台设备清除。`;
      form.dataset.confirmYes = "仍要退出";
    } else {
      delete form.dataset.confirm;
    }
  }
}

async function look(root) {
  const { owner, epoch } = document.body.dataset;
  root.addEventListener("lianxin:waiting", (event) => warnBeforeSignOut(root, event.detail));
  if (!remembered()) return;
  await sweep(owner ?? null);
  // The answer to a sign-out has the browser clear everything; older ones do not know that word.
  root.addEventListener("submit", (event) => {
    if (event.target.matches(SIGN_OUT) && !event.defaultPrevented) dropLists().catch(() => {});
  });
  // Timers stand still while a device sleeps or the browser has put the page aside.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") sweep().catch(() => {});
  });
  if (!owner) return;
  await settle(owner, epoch);
  warnBeforeSignOut(root, (await taps(owner)).length);
}

export function guardStore(root) {
  if (possible()) look(root).catch(() => {});
}
