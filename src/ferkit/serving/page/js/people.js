/** Everybody who was seen, by number: name, last answer, and the samples of their timeline. */

export class People {
  #people = new Map();
  #names = new Map();

  /**
   * Take in one frame.
   * @param {import("./faces.js").Faces} result
   * @param {number} timeS
   */
  add(result, timeS) {
    for (const face of result.faces) {
      if (face.id === null) continue;
      const person = this.#people.get(face.id) ?? { id: face.id, samples: [] };
      person.face = face;
      person.emotions = result.emotions;
      person.seen = timeS;
      person.samples.push({ timeS, row: face.probabilities });
      this.#people.set(face.id, person);
    }
  }

  /** Forget what is older than this, and who has not been seen since. */
  forget(before) {
    for (const person of this.#people.values()) {
      const keep = person.samples.findIndex(({ timeS }) => timeS >= before);
      if (keep < 0) this.#people.delete(person.id);
      else if (keep > 0) person.samples.splice(0, keep);
    }
  }

  /** Return all, in the order in which they came. */
  all() {
    return [...this.#people.values()].sort((a, b) => a.id - b.id);
  }

  nameOf(id) {
    return this.#names.get(id) ?? `Person ${id}`;
  }

  /** Return what is written at a box: the name that was given, else the number. */
  labelOf(id) {
    if (id === null) return "";
    return this.#names.get(id) ?? String(id);
  }

  rename(id, name) {
    if (name) this.#names.set(id, name);
    else this.#names.delete(id);
  }

  clear() {
    this.#people.clear();
    this.#names.clear();
  }
}
