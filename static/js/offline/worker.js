// The service worker's work; /sw.js says version, page and files in self.SHELL and imports this after
// rows.js. It keeps the shell and what it is drawn with, and nothing that was answered to a person.

const { version, page, files, rounds } = self.SHELL;
const CACHE = `lianxin-shell-${version}`;
const PATIENCE = 8_000;

self.addEventListener("install", (event) => {
  const keep = async () => {
    const cache = await caches.open(CACHE);
    // Without cookies: the shell of nobody.
    const wanted = [page, ...files].map((url) => new Request(url, { credentials: "omit", cache: "no-cache" }));
    await cache.addAll(wanted);
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("lianxin-shell-") && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

// Whenever it wakes it looks for what is too old, so that no page of ours need be opened for it.
for (const wake of ["activate", "fetch", "message", "periodicsync"]) {
  self.addEventListener(wake, (event) => {
    if (event.request && event.request.mode !== "navigate") return;
    event.waitUntil(self.deviceRows.wipe().catch(() => {}));
  });
}

const shell = async () => (await caches.match(page, { cacheName: CACHE })) ?? Response.error();

async function visit(request, path) {
  const asked = fetch(request);
  if (!path.startsWith(rounds)) return asked.catch(shell);
  // In a stairwell a line is often there and carries nothing.
  const late = new Promise((resolve) => {
    setTimeout(() => resolve(null), PATIENCE);
  });
  const answer = await Promise.race([asked.catch(() => null), late]);
  return answer ?? shell();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(visit(request, url.pathname));
  } else if (files.includes(url.pathname)) {
    event.respondWith(caches.match(url.pathname, { cacheName: CACHE }).then((kept) => kept ?? fetch(request)));
  }
});
