/** Boxes over a moving picture, painted for every frame of the screen, so that they glide rather than jump. */

import { blurFaces, drawFaces } from "./annotate.js";

// Time constant in milliseconds with which a box moves to its new position.
const GLIDE_MS = 60;

export class Overlay {
  #canvas;
  #video;
  #faces = [];
  #shown = new Map(); // id -> box on the screen
  #then = 0;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLVideoElement} video What lies below.
   */
  constructor(canvas, video) {
    this.#canvas = canvas;
    this.#video = video;
  }

  /** Set what is seen now. */
  set(faces) {
    this.#faces = faces;
    const ids = new Set(faces.map(({ id }) => id));
    for (const id of this.#shown.keys()) if (!ids.has(id)) this.#shown.delete(id);
  }

  /**
   * Paint.
   * @param {object} view `mirrored`, `nameOf`, and `hidden`: boxes to blur with the faces, or null to blur nothing.
   */
  paint({ mirrored = false, nameOf, hidden = null }) {
    const now = performance.now();
    const step = 1 - Math.exp(-(now - this.#then) / GLIDE_MS);
    this.#then = now;
    const { videoWidth, videoHeight } = this.#video;
    if (!videoWidth) return;
    const size = [videoWidth, videoHeight];
    fit(this.#canvas, size);
    const context = this.#canvas.getContext("2d");
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const faces = this.#faces.map((face) => ({ ...face, box: this.#glide(face, step) }));
    // Between two frames, a face may be anywhere between its last and its shown position.
    const near = [...faces, ...this.#faces].map(({ box }) => box);
    if (hidden) blurFaces(context, this.#video, [...hidden, ...near], { size, mirrored });
    drawFaces(context, faces, { size, mirrored, nameOf });
  }

  #glide(face, step) {
    const from = this.#shown.get(face.id) ?? face.box;
    const box = from.map((value, i) => value + (face.box[i] - value) * step);
    if (face.id !== null) this.#shown.set(face.id, box);
    return box;
  }
}

/** Set the canvas to the resolution of the screen and the aspect ratio of the video. */
function fit(canvas, [width, height]) {
  const ratio = window.devicePixelRatio || 1;
  const scale = Math.min(canvas.clientWidth / width, canvas.clientHeight / height) * ratio;
  const wanted = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  if (canvas.width === wanted[0] && canvas.height === wanted[1]) return;
  [canvas.width, canvas.height] = wanted;
}
