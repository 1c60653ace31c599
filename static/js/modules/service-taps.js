// [data-taps] holds forms [data-tap-form]: a tap is sent without leaving the page, one after the
// other. What did not arrive is said, and its button can be tapped again.

import { holdsTooMuch } from "./room.js";

const LOST = "网络不通，刚才这一次没有记上。连上以后请再点一次。";

function say(holder, words) {
  let line = holder.querySelector("[data-tap-error]");
  if (!line) {
    line = document.createElement("p");
    line.dataset.tapError = "";
    line.className = "notice notice-overdue";
    line.setAttribute("role", "alert");
    holder.prepend(line);
  }
  line.textContent = words;
}

export function tapByTap(holder) {
  let queue = Promise.resolve();

  async function send(url, data) {
    try {
      const answer = await fetch(url, { method: "POST", body: data, headers: { "X-Requested-With": "fetch" } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const wasOpen = holder.querySelector("details")?.open;
      holder.innerHTML = await answer.text();
      const list = holder.querySelector("details");
      if (list && wasOpen) list.open = true;
    } catch {
      say(holder, LOST);
    }
  }

  holder.addEventListener(
    "submit",
    (event) => {
      const form = event.target.closest("[data-tap-form]");
      if (!form) return;
      event.preventDefault();
      event.stopPropagation();
      if (holdsTooMuch(form)) return;
      const data = new FormData(form, event.submitter);
      if (data.has("item")) data.set("client_id", crypto.randomUUID?.() ?? data.get("client_id"));
      queue = queue.then(() => send(form.action, data));
      form.reset();
    },
    true,
  );
}
