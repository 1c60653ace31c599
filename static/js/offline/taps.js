// A tap at a door: into the store first, then said, then sent. Used by the live page and by the shell.

import { holdsTooMuch } from "../modules/room.js";
import { lastHeard } from "./clock.js";
import { dropTap, putTap, taps } from "./store.js";

const LATER = "可能已经送到，有网以后再撤销";

const clock = (at) => new Date(at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });

/** What 撤销 takes back: the tap on this device, or nothing here; else it is the id of a visit. */
const HERE = "here";
const NOTHING = "";

/** Shows one door's state; `said` is such as 14:05 见到了, `note` what is beside it. */
export function showDone(door, said, note, { met = false, undo = NOTHING } = {}) {
  door.dataset.state = "done";
  const tag = door.querySelector("[data-said=done]");
  tag.textContent = said;
  // A tick is for what the server has.
  tag.className = undo === HERE ? "tag tag-due" : "tag tag-good";
  door.querySelector("[data-said=state]").textContent = note;
  door.querySelector("[data-again]").hidden = met;
  const form = door.querySelector("[data-undo]");
  form.elements.undo.value = undo;
  form.hidden = undo === NOTHING;
  // What was never sent is taken back without a question.
  if (undo === HERE) delete form.dataset.confirm;
  else form.dataset.confirm = form.dataset.ask;
}

/** What stands beside a result, in the words of the page. */
function noteOf(tap, first) {
  const words = tap.to_complete ? "已记要点" : "有记录";
  return [first, tap.note ? words : "", tap.to_complete ? "待补记" : ""].filter(Boolean).join("，");
}

function showOpen(door) {
  door.dataset.state = door.querySelector("[data-part=wish]").hidden ? "open" : "wish";
  door.querySelector("[name=client_id]").value = crypto.randomUUID();
}

/** Doors inside `root` (li[data-door]) for `owner` in `building`. */
export function tapDoors(root, { owner, building, place, bar, counted = () => {}, live = true }) {
  let fallBack = false;

  async function tapped(form, button) {
    const door = form.closest("[data-door]");
    const at = Date.now();
    const said = `${clock(at)} ${button.firstChild.textContent.trim()}`;
    const tap = {
      id: form.elements.client_id.value || crypto.randomUUID(),
      household: Number(door.dataset.door),
      building,
      what: `${place} ${door.dataset.what}`,
      result: button.value,
      said,
      at,
      clock: lastHeard(),
      note: form.elements.note.value.trim(),
      to_complete: form.elements.to_complete.checked,
    };
    await putTap(owner, tap);
    showDone(door, said, noteOf(tap, "待发送"), { met: tap.result === "MET", undo: HERE });
    form.reset();
    form.querySelector("details").open = false;
    counted();
    await bar.show();
    bar.send();
  }

  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-tap]") || !event.submitter || fallBack) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    if (holdsTooMuch(form)) return;
    form.dataset.busy = "1";
    tapped(form, event.submitter)
      .catch(() => {
        // The device keeps nothing (private window, full disk): send it as a plain form.
        if (!live) {
          document.querySelector("[data-offline-queue]").hidden = false;
          bar.say("这台设备存不下，刚才这一户没有记上，请用纸记下，有网时再补");
          return;
        }
        fallBack = true;
        form.requestSubmit(event.submitter);
      })
      .finally(() => delete form.dataset.busy);
  });

  root.addEventListener("click", (event) => {
    const again = event.target.closest("[data-again]");
    if (!again) return;
    event.preventDefault();
    const door = again.closest("[data-door]");
    showOpen(door);
    door.dataset.state = "open";
    counted();
    door.querySelector(".round-targets button").focus();
  });

  root.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!form.matches("[data-undo]")) return;
      const isHere = form.elements.undo.value === HERE;
      if (!isHere && navigator.onLine) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const door = form.closest("[data-door]");
      if (isHere) takeBack(door);
      else door.querySelector("[data-said=state]").textContent = LATER;
    },
    { capture: true },
  );

  async function takeBack(door) {
    const mine = (await taps(owner)).filter((tap) => tap.household === Number(door.dataset.door));
    const last = mine.at(-1);
    const note = door.querySelector("[data-said=state]");
    if (last?.tried && !last.refused) {
      note.textContent = LATER;
      return;
    }
    if (last) await dropTap(last.id);
    showOpen(door);
    counted();
    await bar.show();
  }

  async function showWaiting() {
    for (const tap of await taps(owner)) {
      const door = root.querySelector(`[data-door="${tap.household}"]`);
      if (door && !tap.refused) showDone(door, tap.said, noteOf(tap, "待发送"), { met: tap.result === "MET", undo: HERE });
    }
    counted();
  }

  /** The server's answer to one tap. */
  function heard({ tap, result }) {
    const door = root.querySelector(`[data-door="${tap.household}"]`);
    if (!door) return;
    if (result.state === "refused" || result.voided) {
      showOpen(door);
    } else {
      const met = tap.result === "MET";
      if (met) door.querySelector("[data-said=last]").textContent = `上次 ${result.on}`;
      showDone(door, result.said, noteOf(tap, result.corrected ? "手机时钟不准，已按服务器时间记" : ""), {
        met,
        undo: live ? result.visit : NOTHING,
      });
    }
    counted();
  }

  return { heard, showWaiting };
}
