// The device's own store: lists of doors taken along and taps not sent yet, sealed with AES-GCM.
// Each row has a key of its own that no script can take out and that goes with the row; `owner` is
// "user.post". What that protects and what not: decisions 0060 and 0099.

import { trueTime } from "./clock.js";
import "./rows.js";

const { LIST_AGE, erase, read, readAll, wipe, write } = globalThis.deviceRows;

export { LIST_AGE };
/** Says, without opening anything, that there is a store: the owner and epoch it was made under. */
const FLAG = "lianxin-offline";
/** On the document after each look for what is too old. */
export const SWEPT = "lianxin:swept";
const LONGEST_TIMER = 2 ** 31 - 1;

export function possible() {
  return Boolean(window.isSecureContext && window.indexedDB && window.crypto?.subtle);
}

const text = (words) => new TextEncoder().encode(words);
const random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

// What is sealed opens only as what it is: this owner's, of this kind, under this id.
const bound = (owner, kind, id) => text(`${owner}/${kind}/${id}`);

async function seal(key, additionalData, value) {
  const iv = random(12);
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, text(JSON.stringify(value)));
  return { iv, data };
}

async function unseal(key, additionalData, { iv, data }) {
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, data);
    return JSON.parse(new TextDecoder().decode(plain));
  } catch {
    return null;
  }
}

// ---- who ----

/** {owner, epoch} of the last signed-in page, or null when nothing was ever kept here. */
export function remembered() {
  try {
    return JSON.parse(localStorage.getItem(FLAG) ?? "null");
  } catch {
    return null;
  }
}

/** Somebody else, another post, or a sign-out elsewhere since: no list of the former stays. */
export async function settle(owner, epoch) {
  const known = remembered();
  if (known && (known.owner !== owner || known.epoch !== epoch)) await dropLists();
  localStorage.setItem(FLAG, JSON.stringify({ owner, epoch }));
}

// ---- lists ----
// Half of a list's key lies beside it and cannot be taken out; the other half is a cookie that the
// browser itself forgets after a day. One without the other opens nothing.

const half = (building) => `round-list-${building}`;

function halfOf(building) {
  const start = `${half(building)}=`;
  const found = document.cookie.split("; ").find((one) => one.startsWith(start));
  return found ? found.slice(start.length) : "";
}

function keepHalf(building, value, seconds) {
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${half(building)}=${value}; Max-Age=${seconds}; Path=/; SameSite=Strict${secure}`;
}

function listKey({ owner, id, key, building }) {
  const whole = { name: "HKDF", hash: "SHA-256", salt: text(halfOf(building)), info: bound(owner, "list", id) };
  return crypto.subtle.deriveKey(whole, key, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

async function writeList(row, { building, name, doors }) {
  const sealed = await seal(await listKey(row), bound(row.owner, "list", row.id), { building, name, doors });
  await write("lists", { ...row, ...sealed });
}

/** `list` is {building, name, doors}; kept for 24 hours from now, under a new key. */
export async function putList(owner, list) {
  const { building } = list;
  const key = await crypto.subtle.importKey("raw", random(32), "HKDF", false, ["deriveKey"]);
  const value = [...random(16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  keepHalf(building, value, LIST_AGE / 1000);
  await writeList({ id: `${owner}/${building}`, owner, building, key, taken: Date.now() }, list);
  await sweep();
}

/** What happened at a door, into the list that is there; its 24 hours run on. */
export async function changeList(owner, list) {
  const row = await read("lists", `${owner}/${list.building}`);
  if (row && halfOf(row.building)) await writeList(row, list);
}

async function readList(row) {
  if (!halfOf(row.building)) return null;
  const list = await unseal(await listKey(row), bound(row.owner, "list", row.id), row);
  return list && { ...list, taken: row.taken };
}

export async function lists(owner) {
  const rows = (await readAll("lists")).filter((row) => row.owner === owner && Date.now() - row.taken < LIST_AGE);
  return (await Promise.all(rows.map(readList))).filter(Boolean);
}

export async function listOf(owner, building) {
  return (await lists(owner)).find((list) => list.building === building) ?? null;
}

export async function dropList(owner, building) {
  await drop((row) => row.id === `${owner}/${building}`);
}

// ---- taps ----

/** `tap` is {id, household, building, what, result, said, at, clock, note, to_complete} and its fate. */
export async function putTap(owner, tap) {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const sealed = await seal(key, bound(owner, "tap", tap.id), tap);
  await write("taps", { id: tap.id, owner, at: trueTime(tap.at, tap.clock), key, ...sealed });
}

/** The own taps in the order in which they were made. */
export async function taps(owner) {
  const rows = (await readAll("taps")).filter((row) => row.owner === owner).sort((a, b) => a.at - b.at);
  return (await Promise.all(rows.map((row) => unseal(row.key, bound(owner, "tap", row.id), row)))).filter(Boolean);
}

const person = (owner) => owner.split(".")[0];
const isElsewhere = (owner) => (row) => row.owner !== owner && person(row.owner) === person(owner);

/** {count, from} of the taps of the same person that wait under another post. */
export async function elsewhere(owner) {
  const rows = (await readAll("taps")).filter(isElsewhere(owner));
  return { count: rows.length, from: Math.min(...rows.map((row) => row.at)) };
}

/** Whether taps wait on this device that are not surely this owner's ("": of whom nothing is known). */
export async function isShared(owner) {
  return (await readAll("taps")).some((row) => !owner || person(row.owner) !== person(owner));
}

export const dropTap = (id) => erase("taps", id);

export const dropElsewhere = (owner) => wipe({ isDeadTap: isElsewhere(owner) });

// ---- going away ----

let timer = 0;

/** Drop what is too old, lists whose second half is gone; and again in time. */
async function drop(isDead, isDeadTap = null) {
  const { gone, next } = await wipe({ isDead: (row) => isDead(row) || !halfOf(row.building), isDeadTap });
  for (const row of gone) keepHalf(row.building, "", 0);
  clearTimeout(timer);
  if (next) timer = setTimeout(() => sweep().catch(() => {}), Math.min(Math.max(next - Date.now(), 0), LONGEST_TIMER));
  document.dispatchEvent(new CustomEvent(SWEPT));
}

/** All lists go; taps stay (decision 0061). */
export const dropLists = () => drop(() => true);

/** What a sign-out leaves on a device where somebody else's taps wait: those, and nothing else. */
export const dropMine = (owner) => drop(() => true, (row) => person(row.owner) === person(owner));

/** What is too old goes, and with `only` the lists that are not this owner's. */
export const sweep = (only = null) => drop((row) => only && row.owner !== only);
