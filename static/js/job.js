// The page of a background job: look again by itself. Without it a link does the same.
import { watchJob } from "./modules/watch-job.js";

watchJob(document);
