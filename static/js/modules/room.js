// [data-most="200"] on a text field: how much can still be written, near the end and beyond it.
// Nothing that is typed is cut off: what is too long is refused by the server, beside its field.

const REST = 1000;
const lines = new WeakMap();

/** As the server counts: characters without blanks around them, a new line as the two it is sent as. */
const lengthOf = (field) => [...field.value.trim().replace(/\r?\n/g, "\r\n")].length;

const left = (field) => Number(field.dataset.most) - lengthOf(field);

function lineOf(field) {
  if (!lines.has(field)) {
    const line = document.createElement("p");
    line.className = "form-text room";
    const shown = document.createElement("span");
    shown.setAttribute("aria-hidden", "true");
    // A screen reader is told when the fingers rest, not at each key.
    const said = document.createElement("span");
    said.className = "visually-hidden";
    said.setAttribute("role", "status");
    line.append(shown, said);
    (field.closest("label") ?? field).after(line);
    lines.set(field, { line, shown, said, timer: 0 });
  }
  return lines.get(field);
}

function show(field) {
  const most = Number(field.dataset.most);
  const room = left(field);
  const isNear = room < most && room <= Math.max(10, Math.min(100, most / 10));
  if (!isNear && !lines.has(field)) return;
  const words = !isNear ? "" : room < 0 ? `超出 ${-room} 字，请删短` : `还可写 ${room} 字`;
  const parts = lineOf(field);
  parts.line.hidden = !isNear;
  parts.line.classList.toggle("is-over", room < 0);
  parts.shown.textContent = words;
  clearTimeout(parts.timer);
  parts.timer = setTimeout(() => {
    parts.said.textContent = words;
  }, REST);
}

/** Whether more stands in a field than may: it is shown then, and what was typed stays. */
export function holdsTooMuch(form) {
  const field = [...form.querySelectorAll("[data-most]")].find((one) => left(one) < 0);
  if (!field) return false;
  const fold = field.closest("details");
  if (fold) fold.open = true;
  show(field);
  field.focus();
  return true;
}

export function countRoom(root) {
  root.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-most]")) show(event.target);
  });
  root.addEventListener("reset", (event) => {
    setTimeout(() => event.target.querySelectorAll("[data-most]").forEach(show));
  });
  root.querySelectorAll("[data-most]").forEach(show);
}
