/** The records of a camera session, bounded so that a tab may stay open for days. */

// An hour at 28 looks a second; the oldest go first.
const MOST_RECORDS = 100_000;

export class SessionLog {
  #records = [];

  /** Whether the beginning had to be dropped. */
  cut = false;

  add(record) {
    this.#records.push(record);
    if (this.#records.length > MOST_RECORDS * 1.1) {
      this.#records = this.#records.slice(-MOST_RECORDS);
      this.cut = true;
    }
  }

  get records() {
    return this.#records;
  }

  get empty() {
    return this.#records.length === 0;
  }

  clear() {
    this.#records = [];
    this.cut = false;
  }
}
