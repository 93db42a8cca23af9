/** The picture that the last answer is about: on a later one, a face may have moved out of its box. */
export class AnsweredFrame {
  #asked = document.createElement("canvas");
  #answered = document.createElement("canvas");
  #kept = false;

  /** The picture of the last answer, or null if it was not kept. */
  picture = null;

  /**
   * Keep the picture that is sent for recognition now.
   * @param {HTMLVideoElement|null} video Null where the picture is not needed.
   */
  keep(video) {
    this.#kept = video !== null;
    if (!this.#kept) return;
    this.#asked.width = video.videoWidth;
    this.#asked.height = video.videoHeight;
    this.#asked.getContext("2d").drawImage(video, 0, 0);
  }

  /** The answer to the picture that was kept has come. */
  answer() {
    if (this.#kept) [this.#asked, this.#answered] = [this.#answered, this.#asked];
    this.picture = this.#kept ? this.#answered : null;
  }
}
