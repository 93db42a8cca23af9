/**
 * The worker in which everything is computed, so that the page never stutters.
 *
 * ONNX Runtime is fetched and compiled while the other modules are on their way.
 */

import { loadRuntime } from "./engine/runtime.js";

async function beginRuntime() {
  const address = new URL("../page.json", import.meta.url);
  const { models, runtime } = await (await fetch(address)).json();
  if (models.some(({ browser }) => browser)) await loadRuntime(new URL(runtime.url, address).href);
}

beginRuntime().catch(() => {}); // whoever loads a model learns why
const tasks = import("./worker_tasks.js");
// An error of the worker is what the page waits for.
tasks.catch((error) => setTimeout(() => { throw error; }));

self.addEventListener("message", async ({ data }) => (await tasks).take(data));
