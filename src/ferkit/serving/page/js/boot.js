/** What the views share; the networks are on their way before the modules of the views are there. */

import { firstWorker } from "./first_worker.js";
import { RecognizerChoice } from "./recognizer_choice.js";
import { Settings } from "./settings.js";

async function boot() {
  const response = await fetch("page.json");
  if (!response.ok) throw new Error("The file page.json is missing on this server; write the page again.");
  const config = await response.json();
  const settings = new Settings(config);
  const recognizer = new RecognizerChoice(config, firstWorker);
  const loading = recognizer.load(settings);
  loading.catch(() => {}); // whoever waits for it tells the user
  return { config, settings, recognizer, loading };
}

/** What all views share: `config`, `settings`, `recognizer`, and `loading`, done once the networks are here. */
export const app = boot();
app.catch(() => {}); // likewise
