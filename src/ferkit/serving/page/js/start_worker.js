/** Starts the worker in which everything is computed. */

/** @returns {Worker} It begins to load what it computes with at once. */
export function startWorker() {
  const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("error", () => (worker.failed = true));
  return worker;
}
