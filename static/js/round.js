// 扫楼, one building with a line: taps go through the device's queue, the list may be taken along.
import { queueBar } from "./offline/bar.js";
import { carryBuilding, registerWorker, tellList } from "./offline/carry.js";
import { heard } from "./offline/clock.js";
import { possible, settle, sweep } from "./offline/store.js";
import { tapDoors } from "./offline/taps.js";

const page = document.querySelector("[data-round]");
const { owner, epoch } = document.body.dataset;

function count() {
  const doors = [...page.querySelectorAll("[data-door]")];
  const done = doors.filter((door) => door.dataset.state === "done").length;
  document.querySelector("[data-knocked]").textContent = String(done);
  const wished = doors.filter((door) => door.dataset.state === "wish").length;
  document.querySelector("[data-to-knock]").textContent = String(doors.length - wished);
}

async function begin() {
  heard(Number(page.dataset.now) * 1000);
  await settle(owner, epoch);
  await sweep(owner);
  const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  await tellList(page, owner);
  let doors = { heard() {}, showWaiting: async () => {} };
  const bar = queueBar(owner, { heard: (one) => doors.heard(one) });
  doors = tapDoors(page, { owner, building: Number(page.dataset.round), place: page.dataset.name, bar, counted: count });
  await doors.showWaiting();
  page.dataset.ready = "";
  registerWorker();
  await carryBuilding(page, { owner, token });
}

// Where the browser keeps nothing, the page's plain forms do the work.
if (page && owner && possible()) begin().catch(() => {});
