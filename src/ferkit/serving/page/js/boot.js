/**
 * What takes longest begins first: the worker starts while `page.json` is on its way, and the networks are on theirs
 * before the modules of the views are there.
 */

import { startWorker } from "./browser_recognizer.js";
import { RecognizerChoice } from "./recognizer_choice.js";
import { Settings } from "./settings.js";

const worker = startWorker();

async function boot() {
  const response = await fetch("page.json");
  if (!response.ok) throw new Error("The file page.json is missing here; write the page again.");
  const config = await response.json();
  const settings = new Settings(config);
  const recognizer = new RecognizerChoice(config, worker);
  const loading = recognizer.load(settings);
  loading.catch(() => {}); // whoever waits for it tells the user
  return { config, settings, recognizer, loading };
}

/** What all views share: `config`, `settings`, `recognizer`, and `loading`, done once the networks are here. */
export const app = boot();
app.catch(() => {}); // likewise
