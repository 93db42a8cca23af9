/** All people in a video, by number: name, last answer, and the samples of the timeline. */

export class People {
  #people = new Map();
  #names = new Map();
  #same = new Map(); // a number -> that of the same person, as the user says

  /**
   * Take in one frame.
   * @param {import("./faces.js").Faces} result
   * @param {number} timeS
   */
  add(result, timeS) {
    for (const face of result.faces) {
      const id = this.idOf(face.id);
      if (id === null) continue;
      const person = this.#people.get(id) ?? { id, samples: [] };
      person.face = face;
      person.emotions = result.emotions;
      person.seen = timeS;
      person.samples.push({ timeS, row: face.probabilities });
      this.#people.set(id, person);
    }
  }

  /** Drop samples that are older than this, and people who were not seen since. */
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
    const own = this.idOf(id);
    return own === null ? "" : (this.#names.get(own) ?? String(own));
  }

  /** Return the number under which a person is kept, which is another one after a merger. */
  idOf(id) {
    return this.#same.get(id) ?? id;
  }

  /**
   * Set a name; the name of another person merges both.
   * @returns {boolean} Whether two were merged.
   */
  rename(id, name) {
    const other = [...this.#people.keys(), ...this.#names.keys()].find((o) => o !== id && this.nameOf(o) === name);
    if (other !== undefined) this.#merge(id, other);
    else if (name) this.#names.set(id, name);
    else this.#names.delete(id);
    return other !== undefined;
  }

  #merge(from, into) {
    for (const [id, target] of this.#same) if (target === from) this.#same.set(id, into);
    this.#same.set(from, into);
    const [gone, kept] = [this.#people.get(from), this.#people.get(into)];
    this.#people.delete(from);
    this.#names.delete(from);
    if (!gone) return;
    const newest = !kept || gone.seen > kept.seen ? gone : kept;
    const samples = [...gone.samples, ...(kept?.samples ?? [])].sort((a, b) => a.timeS - b.timeS);
    this.#people.set(into, { ...newest, id: into, samples });
  }

  clear() {
    this.#people.clear();
    this.#names.clear();
    this.#same.clear();
  }
}
