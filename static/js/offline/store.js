// The device's own store: lists of doors taken along and taps not sent yet, sealed with AES-GCM.
// The key is a non-extractable CryptoKey per owner ("user.post") that lives beside the rows:
// what that protects and what not is decision 0060.

const NAME = "lianxin-offline";
const HOUR = 3600 * 1000;
export const LIST_AGE = 24 * HOUR;
export const TAP_AGE = 7 * 24 * HOUR;
/** Says, without opening anything, that there is a store: the owner and epoch it was made under. */
const FLAG = "lianxin-offline";

let opened = null;

export function possible() {
  return Boolean(window.isSecureContext && window.indexedDB && window.crypto?.subtle);
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore("keys", { keyPath: "owner" });
      db.createObjectStore("lists", { keyPath: "id" });
      db.createObjectStore("taps", { keyPath: "id" });
    };
    request.onsuccess = () => {
      const db = request.result;
      const forget = () => {
        opened = null;
      };
      db.onversionchange = () => {
        db.close();
        forget();
      };
      db.onclose = forget;
      resolve(db);
    };
    request.onerror = () => reject(request.error);
  }).catch((error) => {
    opened = null;
    throw error;
  });
  return opened;
}

async function at(name, mode, act) {
  const db = await open();
  const transaction = db.transaction(name, mode);
  const result = await done(act(transaction.objectStore(name)));
  if (mode === "readonly") return result;
  // Written is what the disk has, not what was asked of it.
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
    transaction.commit?.();
  });
  return result;
}

const read = (name, key) => at(name, "readonly", (rows) => rows.get(key));
const readAll = (name) => at(name, "readonly", (rows) => rows.getAll());
const write = (name, row) => at(name, "readwrite", (rows) => rows.put(row));
const erase = (name, key) => at(name, "readwrite", (rows) => rows.delete(key));

async function keyOf(owner) {
  const kept = await read("keys", owner);
  if (kept) return kept.key;
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  try {
    await at("keys", "readwrite", (rows) => rows.add({ owner, key }));
  } catch {
    return (await read("keys", owner)).key; // another tab was quicker
  }
  return key;
}

// What is sealed opens only as what it is: this owner's, of this kind, under this id.
const bound = (owner, kind, id) => new TextEncoder().encode(`${owner}/${kind}/${id}`);

async function seal(owner, kind, id, value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const key = await keyOf(owner);
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound(owner, kind, id) }, key, plain);
  return { id, owner, iv, data };
}

async function unseal(kind, row) {
  const kept = await read("keys", row.owner);
  if (!kept) return null;
  try {
    const plain = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: row.iv, additionalData: bound(row.owner, kind, row.id) },
      kept.key,
      row.data,
    );
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

/** `list` is {building, name, doors}; kept for 24 hours from now. */
export async function putList(owner, list, taken = Date.now()) {
  const id = `${owner}/${list.building}`;
  await write("lists", { ...(await seal(owner, "list", id, list)), taken });
}

export async function lists(owner) {
  const rows = (await readAll("lists")).filter((row) => row.owner === owner && Date.now() - row.taken < LIST_AGE);
  const found = await Promise.all(rows.map(async (row) => ({ taken: row.taken, ...(await unseal("list", row)) })));
  return found.filter((list) => list.doors);
}

export async function listOf(owner, building) {
  return (await lists(owner)).find((list) => list.building === building) ?? null;
}

export async function dropList(owner, building) {
  await erase("lists", `${owner}/${building}`);
  await sweep();
}

// ---- taps ----

/** `tap` is {id, household, building, what, result, said, at, note, to_complete} and its fate. */
export async function putTap(owner, tap) {
  await write("taps", { ...(await seal(owner, "tap", tap.id, tap)), at: tap.at });
}

/** The own taps in the order in which they were made. */
export async function taps(owner) {
  const rows = (await readAll("taps")).filter((row) => row.owner === owner).sort((a, b) => a.at - b.at);
  return (await Promise.all(rows.map((row) => unseal("tap", row)))).filter(Boolean);
}

/** How many taps of the same person wait under another post. */
export async function elsewhere(owner) {
  const person = owner.split(".")[0];
  const rows = await readAll("taps");
  return rows.filter((row) => row.owner !== owner && row.owner.split(".")[0] === person).length;
}

export const dropTap = (id) => erase("taps", id);

// ---- going away ----

/** Drop what is too old, lists that are not `only` this owner's, and keys that open nothing. */
export async function sweep(only = null) {
  const now = Date.now();
  for (const row of await readAll("lists")) {
    if (now - row.taken >= LIST_AGE || row.taken > now + HOUR || (only && row.owner !== only)) await erase("lists", row.id);
  }
  for (const row of await readAll("taps")) {
    if (now - row.at >= TAP_AGE) await erase("taps", row.id);
  }
  const used = new Set([...(await readAll("lists")), ...(await readAll("taps"))].map((row) => row.owner));
  for (const { owner } of await readAll("keys")) if (!used.has(owner)) await erase("keys", owner);
}

/** All lists go; taps stay (decision 0061). */
async function dropLists() {
  for (const row of await readAll("lists")) await erase("lists", row.id);
  await sweep();
}
