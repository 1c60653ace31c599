// htmx: a bar while the server is asked, and a plain sentence when it cannot be reached.

const FAILED = {
  network: "连不上服务器，刚才的操作没有保存。请检查网络后再试一次。",
  server: "服务器没能完成刚才的操作，内容没有保存。请稍后再试；一直不行请联系管理员。",
  refused: "当前岗位不能这样操作，或登录已过期。请刷新页面后再试。",
};

function say(text) {
  const place = document.getElementById("messages");
  if (!place) return;
  const notice = document.createElement("div");
  notice.className = "notice notice-overdue";
  const words = document.createElement("p");
  words.textContent = text;
  notice.append(words);
  place.replaceChildren(notice);
  notice.scrollIntoView({ block: "nearest" });
}

export function showProgress(root) {
  const bar = document.getElementById("request-bar");
  let running = 0;
  const count = (step) => {
    running = Math.max(0, running + step);
    if (bar) bar.hidden = running === 0;
  };
  root.addEventListener("htmx:beforeRequest", () => count(1));
  root.addEventListener("htmx:afterRequest", () => count(-1));
  root.addEventListener("htmx:sendError", () => say(FAILED.network));
  root.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    say(status >= 500 ? FAILED.server : FAILED.refused);
  });
}
