/** Recording the camera: its picture without boxes as a video, and the rows of that time as CSV. */

import { blurFaces } from "./annotate.js";
import { startRecorder } from "./video_recorder.js";

export class CameraRecording {
  #video;
  #canvas = document.createElement("canvas");
  #recorder = null;

  /** @param {HTMLVideoElement} video What is recorded. */
  constructor(video) {
    this.#video = video;
  }

  get running() {
    return this.#recorder !== null;
  }

  /** @param {number[][]} hidden Boxes to blur in the first picture. */
  start(hidden) {
    this.#canvas.width = this.#video.videoWidth;
    this.#canvas.height = this.#video.videoHeight;
    this.draw(this.#video, hidden);
    this.#recorder = startRecorder(this.#canvas.captureStream());
  }

  /**
   * Record a picture.
   * @param {CanvasImageSource} picture Of the camera, in its size.
   * @param {number[][]} hidden Boxes to blur.
   */
  draw(picture, hidden) {
    const context = this.#canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    blurFaces(context, picture, hidden, { size: [this.#canvas.width, this.#canvas.height] });
  }

  /** @returns {Promise<{blob: Blob, suffix: string}>} */
  stop() {
    const recorder = this.#recorder;
    this.#recorder = null;
    return recorder.stop();
  }
}
