/** Recognition in this tab or on the server, as the user has chosen. */

import { BrowserRecognizer } from "./browser_recognizer.js";
import { ServerRecognizer } from "./server_recognizer.js";

export class RecognizerChoice {
  #places;

  /**
   * @param {object} config What `page.json` says.
   * @param {?Worker} worker One that was started for it.
   */
  constructor(config, worker) {
    this.#places = { browser: new BrowserRecognizer(config, worker), server: new ServerRecognizer(config) };
  }

  load(settings, onProgress = () => {}) {
    return this.#places[settings.place].load(settings.model, onProgress);
  }

  photo(blob, settings) {
    return this.#places[settings.place].photo(blob, settings.chosen());
  }

  frame(bitmap, settings, search = "live") {
    return this.#places[settings.place].frame(bitmap, { ...settings.chosen(), live: search === "live" });
  }

  video(file, chosen, signal, onProgress) {
    return this.#places.server.video(file, chosen, signal, onProgress);
  }

  /** Release the resources of a live session. */
  endLive() {
    this.#places.server.endLive();
  }
}
