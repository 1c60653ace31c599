// What the device's clock showed when the server last said the time. A tap takes both along, so that
// a clock that is wrong, or is put right later, moves no visit to another day (decision 0104).

const KEPT = "lianxin-clock";

/** {server, device} in milliseconds as last heard, or null. */
export function lastHeard() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "null");
  } catch {
    return null;
  }
}

/** The server has just said its time, in milliseconds. */
export function heard(server) {
  if (!Number.isFinite(server) || server <= 0) return;
  try {
    localStorage.setItem(KEPT, JSON.stringify({ server: Math.round(server), device: Date.now() }));
  } catch {
    // A full disk: the device's clock alone has to do.
  }
}

export const heardIn = (answer) => heard(Date.parse(answer.headers.get("Date") ?? ""));

/** What the server's clock showed when the device's showed `at`. */
export const trueTime = (at, clock = lastHeard()) => (clock ? at + clock.server - clock.device : at);
