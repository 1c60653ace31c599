// Sending what was tapped: written to the store first, removed only when the server has said that it
// has it. The same id sent again is the same visit, so an answer that got lost costs nothing.

import { heardIn } from "./clock.js";
import { changeList, dropList, dropTap, listOf, putTap, taps } from "./store.js";

const BATCH = 50;
const PATIENCE = 20_000;

/** Words for why nothing was sent. */
export const WHY = {
  offline: "网络不通，有网以后自动发送",
  signedOut: "登录已过期，请登录后发送",
  other: "这台设备现在登录的是另一个账号或岗位，请换回来再发送",
  refused: "服务器没有收下，请重新打开这一页再发送",
  server: "服务器暂时没有收下，稍后自动再试",
};

class NotSent extends Error {
  constructor(why) {
    super(why);
    this.why = why;
  }
}

async function ask(options = {}) {
  let answer;
  try {
    answer = await fetch(document.querySelector("[data-offline-queue]").dataset.sync, { ...options, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  } catch {
    throw new NotSent("offline");
  }
  heardIn(answer);
  if (answer.status === 401 || answer.type === "opaqueredirect") throw new NotSent("signedOut");
  if (answer.status === 409) throw new NotSent("other");
  if (answer.status === 400 || answer.status === 403) throw new NotSent("refused");
  if (!answer.ok) throw new NotSent("server");
  try {
    return await answer.json();
  } catch {
    throw new NotSent("server");
  }
}

function plain({ id, household, result, at, clock, note, to_complete }) {
  return { id, household, result, at, note, to_complete, ...(clock && { clock }) };
}

async function sendSome(owner, some, headers, told) {
  // From here on the server may have it: no local undo any more.
  for (const tap of some) if (!tap.tried) await putTap(owner, { ...tap, tried: true });
  const answer = await ask({
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ owner, sent: Date.now(), entries: some.map(plain) }),
  });
  const results = new Map((answer.results ?? []).map((result) => [result.id, result]));
  for (const tap of some) {
    const result = results.get(tap.id);
    if (result?.state === "saved" || result?.state === "known") {
      await markDone(owner, tap, result);
      await dropTap(tap.id);
      told({ tap, result });
    } else if (result?.state === "refused") {
      await putTap(owner, { ...tap, tried: false, refused: result.reason });
      told({ tap, result });
    }
  }
}

/** The list taken along learns of it, and goes when no door of it is left (decision 0060). */
async function markDone(owner, tap, result) {
  const list = await listOf(owner, tap.building);
  if (!list) return;
  const door = list.doors.find((one) => one.id === tap.household);
  if (door) {
    door.done = result.voided ? "" : result.said;
    if (tap.result === "MET" && !result.voided) door.last = result.on;
  }
  if (list.doors.every((one) => one.done || one.wish)) await dropList(owner, tap.building);
  else await changeList(owner, list);
}

async function sendAll(owner, told, headers) {
  const waiting = (await taps(owner)).filter((tap) => !tap.refused);
  if (waiting.length === 0) return "";
  try {
    const who = await ask({ headers });
    if (who.owner !== owner) return "other";
    for (let first = 0; first < waiting.length; first += BATCH) {
      await sendSome(owner, waiting.slice(first, first + BATCH), { ...headers, "X-CSRFToken": who.token }, told);
    }
  } catch (error) {
    if (error instanceof NotSent) return error.why;
    throw error;
  }
  return "";
}

/**
 * Send everything of this owner; why not, or "". `told({tap, result})` hears of each answer.
 * What the page sends by itself (`byItself`) does not keep a sign-in alive.
 */
export function flush(owner, { told = () => {}, byItself = false } = {}) {
  const headers = byItself ? { "X-Background": "1" } : {};
  const go = () => sendAll(owner, told, headers);
  // One tab sends at a time.
  return navigator.locks ? navigator.locks.request("lianxin-send", go) : go();
}
