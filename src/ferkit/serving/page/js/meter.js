/** How fast answers come: frames a second and delay, over the last two seconds. */

const SPAN_MS = 2000;

export class Meter {
  #answers = []; // { at, delay }

  /** @param {number} delay From the frame to its answer, in milliseconds. */
  add(delay) {
    const at = performance.now();
    this.#answers.push({ at, delay });
    while (at - this.#answers[0].at > SPAN_MS) this.#answers.shift();
  }

  get framesPerSecond() {
    const span = this.#answers.length > 1 ? this.#answers.at(-1).at - this.#answers[0].at : 0;
    return span ? ((this.#answers.length - 1) * 1000) / span : 0;
  }

  /** Median, in milliseconds. */
  get delay() {
    const delays = this.#answers.map(({ delay }) => delay).sort((a, b) => a - b);
    return delays[delays.length >> 1] ?? 0;
  }

  clear() {
    this.#answers = [];
  }
}
