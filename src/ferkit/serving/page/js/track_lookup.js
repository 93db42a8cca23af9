/** The faces of a video at any time, also between two analysed frames. */

export class TrackLookup {
  #looks = []; // { timeS, result } in order of time

  /** @param {number} stepS Seconds between two analysed frames; frames older than two steps are ignored. */
  constructor(stepS) {
    this.stepS = stepS;
  }

  add(look) {
    this.#looks.push(look);
  }

  get looks() {
    return this.#looks;
  }

  /**
   * Return the faces at a time; boxes are interpolated between analysed frames.
   * @param {number} timeS
   * @returns {import("./faces.js").Face[]}
   */
  at(timeS) {
    const i = this.#last(timeS + 1e-6);
    const before = this.#looks[i];
    if (!before || timeS - before.timeS > 2 * this.stepS) return [];
    const after = this.#looks[i + 1];
    const share = after ? (timeS - before.timeS) / (after.timeS - before.timeS) : 0;
    return before.result.faces.map((face) => {
      const later = after?.result.faces.find(({ id }) => id === face.id);
      if (!later || face.id === null) return face;
      return { ...face, box: face.box.map((value, k) => value + (later.box[k] - value) * share) };
    });
  }

  /** Return the index of the last analysed frame that is not after this time. */
  #last(timeS) {
    let low = 0;
    let high = this.#looks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#looks[middle].timeS <= timeS) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
