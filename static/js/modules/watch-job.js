// [data-watch="address"]: fetch that part again while the job is under way. The server leaves the
// mark out when it is over. X-Background: looking does not keep the session alive.

const EVERY = 1500;
const LOST = "暂时连不上服务器，任务在后台照常进行。稍后会再看。";
const OUT = "登录已过期，任务在后台照常进行。请刷新页面重新登录。";

async function again(part) {
  const answer = await fetch(part.dataset.watch, { headers: { "X-Background": "1" } });
  if (answer.redirected || !answer.ok) return null;
  const made = document.createElement("template");
  made.innerHTML = await answer.text();
  return made.content.querySelector(".job-status");
}

function tell(part, words) {
  const status = part.querySelector("[role=status]");
  if (status && status.textContent !== words) status.textContent = words;
}

function replace(part, next) {
  // Whoever stands on a button keeps standing there, and what is said is said once.
  const same = part.dataset.state === next.dataset.state;
  if (!same) {
    if (part.hasAttribute("data-reload")) {
      location.reload();
      return part;
    }
    part.replaceWith(next);
    return next;
  }
  const [old, now] = [part, next].map((one) => one.querySelector(".meter"));
  if (old && now) old.replaceWith(now);
  return part;
}

export function watchJob(root) {
  let part = root.querySelector("[data-watch]");
  const look = async () => {
    if (!part?.isConnected || !part.hasAttribute("data-watch")) return;
    try {
      const next = document.hidden ? part : await again(part);
      if (next === null) {
        tell(part, OUT);
        return;
      }
      if (next !== part) part = replace(part, next);
    } catch {
      tell(part, LOST);
    }
    setTimeout(look, EVERY);
  };
  if (part) setTimeout(look, EVERY);
}
