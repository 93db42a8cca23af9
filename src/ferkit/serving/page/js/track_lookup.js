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
    if (!before || !this.#isNear(before, timeS)) return [];
    const after = this.#looks[i + 1];
    const share = after ? (timeS - before.timeS) / (after.timeS - before.timeS) : 0;
    return before.result.faces.map((face) => {
      const later = after?.result.faces.find(({ id }) => id === face.id);
      if (!later || face.id === null) return face;
      return { ...face, box: face.box.map((value, k) => value + (later.box[k] - value) * share) };
    });
  }

  /**
   * Return what to blur at a time: a face of the looks around it may be anywhere between them, and where none is known,
   * the whole picture, since one may have been overlooked, or not been read.
   * @param {number} timeS
   * @param {number[]} size Of the picture.
   * @returns {number[][]} Boxes.
   */
  hidden(timeS, size) {
    const i = this.#last(timeS + 1e-6);
    const near = [this.#looks[i], this.#looks[i + 1]].filter((look) => look && this.#isNear(look, timeS));
    const faces = [...this.at(timeS), ...near.flatMap(({ result }) => result.faces)];
    return faces.length ? faces.map(({ box }) => box) : [[0, 0, ...size]];
  }

  #isNear(look, timeS) {
    return Math.abs(timeS - look.timeS) <= 2 * this.stepS;
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
