/** Tracking: which face of a frame is which person of the frames before. */

import { overlapShare } from "./engine/overlap.js";

// Faces of one person overlap at least so much from one look to the next.
const LEAST_OVERLAP = 0.15;
// Or, where somebody moves fast, their centres are nearer than so many sides of the box, and so many more for each
// second that has gone.
const NEAR = 0.7;
const FARTHER = 1.5;
const MOST_NEAR = 1.4;
// On a slow device a look takes longer than a face may be hidden: it may then be missed once, within so many seconds.
const MOST_PATIENCE_S = 6;

export class Tracker {
  #lostS;
  #people = []; // { id, box, speed, seen }
  #next = 1;
  #last = 0;

  /** @param {number} lostS Seconds for which a face may be hidden and keep its number. */
  constructor(lostS) {
    this.#lostS = lostS;
  }

  /**
   * Return the number of each face, from 1.
   * @param {number[][]} boxes Of one frame.
   * @param {number} timeS Not before the last one.
   */
  update(boxes, timeS) {
    const patienceS = Math.max(this.#lostS, Math.min(2 * (timeS - this.#last), MOST_PATIENCE_S));
    this.#last = timeS;
    this.#people = this.#people.filter(({ seen }) => timeS - seen <= patienceS);
    const ids = new Array(boxes.length).fill(null);
    for (const { person, i } of this.#pairs(boxes, timeS)) {
      if (person.taken === timeS || ids[i] !== null) continue;
      person.taken = timeS;
      person.speed = speed(person, boxes[i], timeS);
      person.box = boxes[i];
      person.seen = timeS;
      ids[i] = person.id;
    }
    boxes.forEach((box, i) => {
      if (ids[i] !== null) return;
      ids[i] = this.#next++;
      this.#people.push({ id: ids[i], box, speed: [0, 0], seen: timeS, taken: timeS });
    });
    return ids;
  }

  /** Return all pairs that may be the same person, the most likely first. */
  #pairs(boxes, timeS) {
    const pairs = [];
    for (const person of this.#people) {
      const expected = moved(person, timeS);
      const near = Math.min(NEAR + FARTHER * (timeS - person.seen), MOST_NEAR);
      boxes.forEach((box, i) => {
        const share = overlapShare(expected, box);
        const gap = distance(expected, box);
        if (share >= LEAST_OVERLAP || gap < near) pairs.push({ person, i, cost: gap - share });
      });
    }
    return pairs.sort((a, b) => a.cost - b.cost);
  }
}

/** Return the expected box of a person at constant speed, which holds only for a short time. */
function moved({ box, speed: [x, y], seen }, timeS) {
  const time = Math.min(timeS - seen, 0.3);
  return [box[0] + x * time, box[1] + y * time, box[2] + x * time, box[3] + y * time];
}

function speed(person, box, timeS) {
  const time = timeS - person.seen;
  if (time <= 0) return person.speed;
  const [x, y] = centre(box);
  const [oldX, oldY] = centre(person.box);
  return [(x - oldX) / time, (y - oldY) / time];
}

function centre([x1, y1, x2, y2]) {
  return [(x1 + x2) / 2, (y1 + y2) / 2];
}

/** Return the distance between the centres, in sides of the larger box. */
function distance(one, other) {
  const [x, y] = centre(one);
  const [x2, y2] = centre(other);
  const side = Math.max(one[2] - one[0], one[3] - one[1], other[2] - other[0], other[3] - other[1], 1);
  return Math.hypot(x - x2, y - y2) / side;
}
