// On every page: what a device keeps belongs to the one who signed in on it. Cheap while nothing is kept.

import { possible, remembered, settle, sweep, taps } from "./store.js";

function warnBeforeSignOut(root, waiting) {
  for (const form of root.querySelectorAll('form[action="/accounts/logout/"]')) {
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
  if (!owner) return;
  await settle(owner, epoch);
  warnBeforeSignOut(root, (await taps(owner)).length);
}

export function guardStore(root) {
  if (possible()) look(root).catch(() => {});
}
