/** Recognition in this tab, by messages to the worker. */

import { makeFaces } from "./faces.js";
import { startWorker } from "./start_worker.js";

// Larger frames take longer without a benefit for the network.
const MOST_LIVE = 960;

export class BrowserRecognizer {
  #config;
  #spare;
  #worker = null;
  #waiting = new Map();
  #next = 1;
  #loaded = null; // { model, promise }

  /**
   * @param {object} config What `page.json` says.
   * @param {?Worker} [worker] One that was started for it.
   */
  constructor(config, worker = null) {
    this.#config = config;
    this.#spare = worker;
  }

  /** Load what this model needs; returns at once where it is there. */
  load(model, onProgress) {
    if (this.#loaded?.model !== model) {
      const promise = this.#ask({ type: "load", model }, [], onProgress);
      this.#loaded = { model, promise };
      promise.catch(() => (this.#loaded = null));
    }
    return this.#loaded.promise;
  }

  /** Recognise a picture file. */
  async photo(blob, settings) {
    const loading = this.load(settings.model);
    const options = this.#options(settings, settings.search === "high" ? "high" : "normal");
    // It goes along at once, and is decoded while the networks load.
    const [answer] = await Promise.all([this.#ask({ type: "photo", blob, options }), loading]);
    return this.#faces(settings, answer);
  }

  /** Recognise a frame, an `ImageBitmap` or a `VideoFrame`, which is used up. */
  async frame(bitmap, settings) {
    // Again if another one was chosen while this one was loading: it would answer in its place.
    do await this.load(settings.model);
    while (this.#loaded?.model !== settings.model);
    // A camera is searched fast; videos have more time, and their faces are often smaller.
    const options = { ...this.#options(settings, settings.live ? "live" : "video"), most: MOST_LIVE };
    return this.#faces(settings, await this.#ask({ type: "frame", bitmap, options }, [bitmap]));
  }

  /** As in Python, photos are averaged with their mirror images; cameras are not, for speed. */
  #options({ search, classes }, detail) {
    const flip = detail === "normal" || detail === "high";
    return { detector: search === "none" ? "none" : "yunet", detail, flip, all: classes === "all" };
  }

  #faces({ model, classes }, { size, faces }) {
    const entry = this.#config.models.find(({ name }) => name === model);
    const emotions = classes === "all" ? entry.known : entry.emotions;
    return makeFaces(size, emotions, entry.uncertain_below, faces);
  }

  #ask(message, transfer = [], onProgress = () => {}) {
    this.#worker ??= this.#start();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress });
      this.#worker.postMessage({ id, ...message }, transfer);
    });
  }

  #start() {
    const worker = this.#spare?.failed ? startWorker() : (this.#spare ?? startWorker());
    this.#spare = null;
    worker.addEventListener("message", ({ data }) => this.#answer(data));
    worker.addEventListener("error", () => this.#fail());
    worker.postMessage({ id: 0, type: "configure", config: absolute(this.#config) });
    return worker;
  }

  #answer({ id, result, error, progress }) {
    const asked = this.#waiting.get(id);
    if (!asked) return;
    if (progress !== undefined) return asked.onProgress(progress);
    this.#waiting.delete(id);
    if (error === undefined) asked.resolve(result);
    else asked.reject(new Error(error));
  }

  /** Reject all pending requests when the worker has ended; the next request starts a new one. */
  #fail() {
    const message = "This browser cannot run the networks; open the page in a browser of 2023 or later.";
    for (const { reject } of this.#waiting.values()) reject(new Error(message));
    this.#waiting.clear();
    this.#worker.terminate();
    this.#worker = this.#loaded = null;
  }
}

/** The worker has an address of its own, so those of the files are given in full. */
function absolute(config) {
  const full = (entry) => ({ ...entry, url: new URL(entry.url, document.baseURI).href });
  return {
    ...config,
    runtime: full(config.runtime),
    detector: full(config.detector),
    models: config.models.map(full),
  };
}
