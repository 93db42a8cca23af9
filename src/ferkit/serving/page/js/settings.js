/** What the user has chosen; kept for the next visit. */

const KEY = "ferkit-settings";
const NAMES = ["place", "model", "search", "classes"];

export class Settings extends EventTarget {
  #config;
  #values;
  #inBrowser;

  /** @param {object} config What `page.json` says. */
  constructor(config) {
    super();
    this.#config = config;
    this.#inBrowser = config.models.some(({ browser }) => browser);
    this.#values = { place: "browser", model: config.default_model, search: "normal", classes: "usual" };
    for (const [name, value] of Object.entries(stored())) {
      if (NAMES.includes(name) && typeof value === "string") this.#values[name] = value;
    }
    if (!config.server) this.#values.place = "browser";
    if (!this.#inBrowser) this.#values.place = "server";
    this.#chooseUsableModel();
  }

  /** Whether the page itself can compute: a server may offer models that are too large alone. */
  get inBrowser() {
    return this.#inBrowser;
  }

  /** `browser` or `server`. */
  get place() {
    return this.#values.place;
  }

  get model() {
    return this.#values.model;
  }

  /** How faces are found: `normal`, `high`, or `none` where the picture is the face. */
  get search() {
    return this.#values.search;
  }

  /** Which emotions are answered: `usual`, or `all`, with contempt where a model knows it. */
  get classes() {
    return this.#values.classes;
  }

  /** Return a copy of all choices. */
  chosen() {
    return { ...this.#values };
  }

  /** Return all choices as one text, to compare with later ones. */
  snapshot() {
    return JSON.stringify(this.#values);
  }

  /** Change one and tell everybody who listens to `change`. */
  set(name, value) {
    if (this.#values[name] === value) return;
    this.#values[name] = value;
    this.#chooseUsableModel();
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#values));
    } catch {
      // A private window may refuse; then the choice lasts as long as the tab.
    }
    this.dispatchEvent(new CustomEvent("change", { detail: name }));
  }

  /** Large models are for the server alone; and what was chosen long ago may be gone. */
  #chooseUsableModel() {
    const model = this.#config.models.find(({ name }) => name === this.model);
    const usable = model && (model.browser || this.place === "server");
    if (!usable) this.#values.model = this.#config.default_model;
  }
}

/** Return the choices of the last visit. */
export function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}
