/** What the user has chosen; kept for the next visit. */

const KEY = "ferkit-settings";
const NAMES = ["place", "model", "search"];

export class Settings extends EventTarget {
  #values;

  /** @param {object} config What `page.json` says. */
  constructor(config) {
    super();
    this.#values = { place: "browser", model: config.default_model, search: "normal" };
    for (const [name, value] of Object.entries(stored())) {
      if (NAMES.includes(name) && typeof value === "string") this.#values[name] = value;
    }
    if (!config.server) this.#values.place = "browser";
    if (!config.models.some(({ name }) => name === this.model)) {
      this.#values.model = config.default_model;
    }
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
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#values));
    } catch {
      // A private window may refuse; then the choice lasts as long as the tab.
    }
    this.dispatchEvent(new CustomEvent("change", { detail: name }));
  }
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}
