/** The worker, started before the other modules of the page are there: what it does takes longest. */

import { stored } from "./settings.js";
import { startWorker } from "./start_worker.js";

/** Null where the user has the server compute. */
export const firstWorker = stored().place === "server" ? null : startWorker();
