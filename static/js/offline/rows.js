// The database on the device and what goes from it by its age (decisions 0060, 0061, 0099, 0104).
// Pages import this file and /sw.js reads it by importScripts, which know no export in common: it
// leaves one object, `deviceRows`.

globalThis.deviceRows = (() => {
  const NAME = "lianxin-offline";
  const HOUR = 3600 * 1000;
  const LIST_AGE = 24 * HOUR;
  const STORES = { lists: "id", taps: "id" };

  let opened = null;

  function done(request) {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  function prepare(request, { oldVersion }) {
    // Only a page begins a store: /sw.js, awake after a sign-out, finds none and makes none.
    if (oldVersion === 0 && !globalThis.document) return request.transaction.abort();
    for (const name of [...request.result.objectStoreNames]) request.result.deleteObjectStore(name);
    for (const [name, keyPath] of Object.entries(STORES)) request.result.createObjectStore(name, { keyPath });
    return null;
  }

  function open() {
    opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 2);
      request.onupgradeneeded = (event) => prepare(request, event);
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

  /** `act` on stores of one transaction; its result once it is on the disk. */
  async function at(names, mode, act) {
    const db = await open();
    const transaction = db.transaction(names, mode);
    const written = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    written.catch(() => {}); // told below, or by the request that failed
    const result = await act(transaction);
    if (mode === "readonly") return result;
    transaction.commit?.();
    await written;
    return result;
  }

  const one = (name, mode, act) => at([name], mode, (all) => done(act(all.objectStore(name))));
  const read = (name, key) => one(name, "readonly", (rows) => rows.get(key));
  const readAll = (name) => one(name, "readonly", (rows) => rows.getAll());
  const write = (name, row) => one(name, "readwrite", (rows) => rows.put(row));
  const erase = (name, key) => one(name, "readwrite", (rows) => rows.delete(key));

  const tooOld = (row, now) => now - row.taken >= LIST_AGE || row.taken > now + HOUR;

  /**
   * Drop lists that are too old or that `isDead` names; each row's key goes with it. Taps are never
   * too old: of them only what `isDeadTap` names goes. `gone` are the dropped lists, at `next` the
   * first of what is left ends (0: nothing is).
   */
  function wipe({ isDead = () => false, isDeadTap = null } = {}) {
    return at(["lists", "taps"], "readwrite", async (all) => {
      const now = Date.now();
      const [lists, taps] = ["lists", "taps"].map((name) => all.objectStore(name));
      const held = await done(lists.getAll());
      const gone = held.filter((row) => tooOld(row, now) || isDead(row));
      for (const row of gone) await done(lists.delete(row.id));
      const waiting = isDeadTap ? await done(taps.getAll()) : [];
      for (const row of waiting.filter(isDeadTap ?? (() => false))) await done(taps.delete(row.id));
      const ends = held.filter((row) => !gone.includes(row)).map((row) => row.taken + LIST_AGE);
      return { gone, next: ends.length ? Math.min(...ends) : 0 };
    });
  }

  return { LIST_AGE, erase, read, readAll, wipe, write };
})();
