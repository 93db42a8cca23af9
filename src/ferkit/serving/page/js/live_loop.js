/**
 * Sends frames of a running video for recognition: one at a time, and after each answer the latest one.
 *
 * A second frame in progress would only double the delay.
 */

/** Return the picture that is shown now; as a `VideoFrame` it costs nothing here and is converted where it is read. */
async function capture(video) {
  if ("VideoFrame" in window) {
    try {
      return new VideoFrame(video);
    } catch {
      // Not of this video, or not in this browser.
    }
  }
  return createImageBitmap(video);
}

export class LiveLoop {
  #video;
  #ask;
  #onFrame;
  #onAnswer;
  #onError;
  #running = false;
  #busy = false;
  #fresh = false;
  #turn = 0;

  /** How many frames of the video were shown. */
  frames = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {(bitmap: ImageBitmap|VideoFrame) => Promise<object>} ask
   * @param {() => void} onFrame Called while the frame is shown that is sent.
   * @param {(answer: object, delayMs: number, takenMs: number) => void} onAnswer
   * @param {(error: Error) => void} onError Called once; then the loop is stopped.
   */
  constructor(video, ask, { onFrame, onAnswer, onError }) {
    this.#video = video;
    this.#ask = ask;
    this.#onFrame = onFrame;
    this.#onAnswer = onAnswer;
    this.#onError = onError;
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#turn++;
    this.#wait(this.#turn);
  }

  /** No answer comes after this. */
  stop() {
    this.#running = false;
    this.#turn++;
  }

  #wait(turn) {
    const next = () => {
      if (turn !== this.#turn) return;
      this.#fresh = true;
      this.frames++;
      this.#pump(turn);
      this.#wait(turn);
    };
    if ("requestVideoFrameCallback" in this.#video) this.#video.requestVideoFrameCallback(next);
    else requestAnimationFrame(next);
  }

  async #pump(turn) {
    if (this.#busy || !this.#fresh) return;
    this.#busy = true;
    this.#fresh = false;
    const taken = performance.now();
    let bitmap = null;
    try {
      this.#onFrame();
      bitmap = await capture(this.#video);
      const answer = await this.#ask(bitmap);
      if (turn === this.#turn) this.#onAnswer(answer, performance.now() - taken, taken);
    } catch (error) {
      if (turn === this.#turn) {
        this.stop();
        this.#onError(error);
      }
    } finally {
      bitmap?.close(); // where nobody took it
      this.#busy = false;
    }
    if (this.#running) this.#pump(this.#turn);
  }
}
