// 带上这栋楼: the list of a building for the way, at a tap; on a registered device by itself.

import { heardIn } from "./clock.js";
import { LIST_AGE, SWEPT, changeList, dropList, listOf, putList } from "./store.js";

const FRESH = 4 * 3600 * 1000;

export async function registerWorker() {
  const kept = await navigator.serviceWorker?.register("/sw.js", { scope: "/" }).catch(() => null);
  // A browser that wakes /sw.js by itself has old lists looked for without a page.
  kept?.periodicSync?.register("lianxin-wipe", { minInterval: LIST_AGE / 2 }).catch(() => {});
  return kept;
}

export async function carryBuilding(page, { owner, token }) {
  const box = page.querySelector("[data-carry]");
  if (!box) return;
  const building = Number(page.dataset.round);
  const said = box.querySelector("[data-carry-said]");
  const takeButton = box.querySelector("[data-carry-take]");
  const dropButton = box.querySelector("[data-carry-drop]");

  async function show() {
    const list = await listOf(owner, building);
    takeButton.hidden = Boolean(list);
    dropButton.hidden = !list;
    const until = list && new Date(list.taken + LIST_AGE);
    const hour = until?.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
    said.textContent = list ? `已带上，断网、关掉再开都能记；名单加密存在这台设备，到明天 ${hour}。` : "";
    return list;
  }

  async function take() {
    said.textContent = "正在带上…";
    try {
      const answer = await fetch(page.dataset.take, { method: "POST", headers: { "X-CSRFToken": token }, redirect: "error" });
      heardIn(answer);
      if (!answer.ok) throw new Error(String(answer.status));
      const list = await answer.json();
      await putList(owner, list);
      if (await registerWorker()) await navigator.serviceWorker.ready;
      await show();
    } catch {
      await show();
      said.textContent = "没有带上：网络不通或登录已过期。请重新打开这一页再试。";
    }
  }

  takeButton.addEventListener("click", take);
  dropButton.addEventListener("click", async () => {
    await dropList(owner, building);
    await show();
    takeButton.focus();
  });
  document.addEventListener(SWEPT, async () => {
    if (!dropButton.hidden && !(await listOf(owner, building))) await show();
  });
  box.hidden = false;
  const list = await show();
  const old = !list || Date.now() - list.taken > FRESH;
  if ("ownDevice" in page.dataset && old && navigator.onLine) await take();
}

/** What the page knows is done, the list taken along knows too. */
export async function tellList(page, owner) {
  const building = Number(page.dataset.round);
  const list = await listOf(owner, building);
  if (!list) return;
  for (const door of list.doors) {
    const shown = page.querySelector(`[data-door="${door.id}"]`);
    if (shown) door.done = shown.dataset.state === "done" ? shown.querySelector("[data-said=done]").textContent : "";
  }
  await changeList(owner, list);
}
