/** A view whose modules come once the first photo no longer waits for them, or when it is shown. */

import { complain } from "./messages.js";

export class LaterView {
  #section;
  #make;
  #loading = null;
  #view = null;

  /**
   * @param {HTMLElement} section It takes no clicks before its view is there.
   * @param {() => Promise<{leave: () => void}>} make Imports the modules and makes the view.
   */
  constructor(section, make) {
    this.#section = section;
    this.#make = make;
    section.inert = true;
  }

  /** Return the view, loaded at the first call. */
  load() {
    this.#loading ??= this.#made();
    return this.#loading;
  }

  /** Load it because it is shown. */
  enter() {
    this.load().catch(complain);
  }

  leave() {
    this.#view?.leave();
  }

  async #made() {
    try {
      this.#view = await this.#make();
      this.#section.inert = false;
      return this.#view;
    } catch {
      this.#loading = null; // so that the next call tries again
      throw new Error("A part of this page cannot be reached; check the connection and try again.");
    }
  }
}
