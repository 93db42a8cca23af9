/** Smoothing of probabilities over time: the port of `ferkit.inference.video.smoothing`. */

// People who were not seen for this many time constants are forgotten.
const FORGOTTEN = 20;

export class Smoother {
  #smoothS;
  #known = new Map(); // id -> { row, timeS }

  /** @param {number} smoothS Time constant in seconds; 0 turns smoothing off. */
  constructor(smoothS) {
    this.#smoothS = smoothS;
  }

  /** Return the smoothed rows of one frame's faces. */
  update(ids, rows, timeS) {
    if (!this.#smoothS) return rows;
    const smooth = rows.map((row, i) => {
      const before = this.#known.get(ids[i]);
      const result = before?.row.length === row.length ? this.#mixed(before, row, timeS) : row;
      this.#known.set(ids[i], { row: result, timeS });
      return result;
    });
    for (const [id, { timeS: then }] of this.#known) {
      if (timeS - then > FORGOTTEN * this.#smoothS) this.#known.delete(id);
    }
    return smooth;
  }

  #mixed(before, row, timeS) {
    const weight = Math.exp(-Math.max(timeS - before.timeS, 0) / this.#smoothS);
    return row.map((value, k) => weight * before.row[k] + (1 - weight) * value);
  }
}
