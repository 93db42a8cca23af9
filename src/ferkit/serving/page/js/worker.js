/**
 * The worker in which everything is computed, so that the page never stutters.
 *
 * ONNX Runtime is asked for first and compiled while all modules are on their way. Nothing is imported above, since
 * this script would begin only after the answer, and what the answer imports.
 */

const address = new URL("../page.json", import.meta.url);
const config = fetch(address).then((response) => response.json());
const tasks = import("./worker_tasks.js");
const engine = import("./engine/runtime.js");

async function beginRuntime() {
  const { models, runtime } = await config;
  if (!models.some(({ browser }) => browser)) return;
  const url = new URL(runtime.url, address).href;
  const answer = fetch(url);
  answer.catch(() => {}); // `loadRuntime` says so
  const { loadRuntime } = await engine;
  await loadRuntime(url, () => {}, answer);
}

beginRuntime().catch(() => {}); // whoever loads a model learns why
// An error of the worker is what the page waits for.
tasks.catch((error) => setTimeout(() => { throw error; }));

self.addEventListener("message", async ({ data }) => (await tasks).take(data));
