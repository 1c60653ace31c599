// Pages that show 待发送 n and do nothing else with the store: 今日, the list of buildings, 待补记.
import { queueBar } from "./offline/bar.js";
import { possible, remembered } from "./offline/store.js";

const { owner } = document.body.dataset;
if (owner && possible() && remembered()) queueBar(owner, {});
