// The shell without a line: the lists taken along, door by door, from the encrypted store.
import { queueBar } from "./offline/bar.js";
import { LIST_AGE, SWEPT, lists, possible, remembered, sweep } from "./offline/store.js";
import { showDone, tapDoors } from "./offline/taps.js";

const shell = document.querySelector("[data-shell]");
const part = (name) => document.querySelector(`[data-shell-${name}]`);
const pattern = document.querySelector("[data-door-template]");

function doorOf(entry) {
  const door = pattern.content.firstElementChild.cloneNode(true);
  const say = (name, words) => {
    door.querySelector(`[data-said=${name}]`).textContent = words;
  };
  door.id = `door-${entry.id}`;
  door.dataset.door = String(entry.id);
  door.dataset.what = `${entry.unit}${entry.room}`;
  say("room", entry.room);
  say("people", entry.people);
  say("last", entry.last ? `上次 ${entry.last}` : "从未走访");
  say("wish", entry.wish);
  door.querySelector("[data-part=wish]").hidden = !entry.wish;
  door.dataset.state = entry.wish ? "wish" : "open";
  if (entry.done) showDone(door, entry.done, "", { met: entry.done.endsWith("见到了") });
  return door;
}

function unitOf(name, doors) {
  const section = document.createElement("section");
  if (name) {
    const heading = document.createElement("h2");
    heading.className = "round-unit";
    heading.textContent = name;
    section.append(heading);
  }
  const list = document.createElement("ul");
  list.className = "round-doors";
  list.append(...doors.map(doorOf));
  section.append(list);
  return section;
}

function buildingLink(list) {
  const link = document.createElement("a");
  link.className = "btn btn-secondary btn-block";
  link.href = `/contacts/visits/round/offline/#b${list.building}`;
  link.textContent = `${list.name}（${list.doors.length} 户）`;
  return link;
}

function asked() {
  const found = location.pathname.match(/\/round\/(\d+)\//) ?? location.hash.match(/^#b(\d+)$/);
  return found ? Number(found[1]) : null;
}

// Asked for another page without a line, one gets this one.
const elsewhere = !location.pathname.startsWith("/contacts/visits/round/");
const OFFLINE = "照常一户一点，记录存在这台设备上，有网以后自动发送。";
let sent = 0;

function tellNet() {
  const on = navigator.onLine || sent > 0;
  part("notice").className = on ? "notice notice-good" : "notice notice-due";
  part("off").hidden = on;
  part("on").hidden = !on;
  if (!on) {
    part("net").textContent = "网络不通";
    part("words").textContent = elsewhere ? `要看的那一页现在打不开，现在能做的是扫楼：${OFFLINE}` : OFFLINE;
    return;
  }
  part("net").textContent = sent > 0 ? `已发送 ${sent} 条` : "网络通了";
  part("words").textContent = "下面是带在这台设备上的名单，可以接着记。";
}

function nothingHere() {
  part("heading").textContent = "扫楼";
  part("lead").textContent = "这台设备上没有带名单。";
  part("more").textContent = "名单只保留24小时。有网时打开“扫楼”里的一栋楼，点“带上这栋楼”。";
}

function draw(list, owner) {
  const box = part("doors");
  const names = [...new Set(list.doors.map((door) => door.unit))];
  const inside = (name) => list.doors.filter((door) => door.unit === name);
  box.replaceChildren(...names.map((name) => unitOf(name, inside(name))));
  part("heading").textContent = list.name;

  function count() {
    const doors = [...box.querySelectorAll("[data-door]")];
    const is = (state) => doors.filter((door) => door.dataset.state === state).length;
    part("lead").textContent = `已敲 ${is("done")}/${doors.length - is("wish")}`;
  }
  return { box, count };
}

/** No name stays on the screen longer than in the store. */
function leaveInTime(chosen, owner) {
  document.addEventListener(SWEPT, async () => {
    if (Date.now() - chosen.taken < LIST_AGE) return;
    part("doors").replaceChildren();
    nothingHere();
    part("buildings").replaceChildren(...(await lists(owner)).map(buildingLink));
  });
}

async function begin() {
  const known = remembered();
  // Opened by somebody signed in: only the own.
  const owner = document.body.dataset.owner ?? known?.owner;
  if (!owner) return nothingHere();
  await sweep();
  const kept = await lists(owner);
  const chosen = kept.find((list) => list.building === asked()) ?? (kept.length === 1 ? kept[0] : null);
  part("buildings").replaceChildren(...kept.filter((list) => list !== chosen).map(buildingLink));
  let doors = { heard() {} };
  function heard(one) {
    if (one.result.state !== "refused") sent += 1;
    tellNet();
    doors.heard(one);
  }
  const bar = queueBar(owner, { heard });
  if (kept.length === 0) nothingHere();
  if (chosen) {
    const { box, count } = draw(chosen, owner);
    doors = tapDoors(box, { owner, building: chosen.building, place: chosen.name, bar, counted: count, live: false });
    await doors.showWaiting();
    leaveInTime(chosen, owner);
  }
  shell.dataset.ready = "";
  return null;
}

window.addEventListener("online", tellNet);
window.addEventListener("offline", () => {
  sent = 0;
  tellNet();
});
window.addEventListener("hashchange", () => location.reload());
tellNet();
if (possible()) begin().catch(nothingHere);
else nothingHere();
